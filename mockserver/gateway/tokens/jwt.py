"""Is a JSON Web Token genuine and in force, and what does it say?

Which algorithms fit is said by the key, never by the token alone: a public key of RSA is no
password of HMAC. Time is the caller's affair: nothing here asks the system's clock.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jwt import PyJWK, PyJWS, PyJWTError
from jwt.algorithms import Algorithm, get_default_algorithms

from mockserver.evidence import Evidence, Fact

if TYPE_CHECKING:
    from mockserver.gateway.expressions.library.credentials import Jwt

FACTS = (
    Fact(
        "Tokens are signed with HS256, HS384 or HS512 and a key in the policy, or with RS256,"
        " RS512, PS256 or ES256 and a public key.",
        Evidence.PUBLISHED,
        "the page on validate-jwt, where the symmetric ones are named as those of encryption",
    ),
    Fact(
        "The text for an expired token is that of the .NET library, with both moments.",
        Evidence.CAPTURED,
        "a response in the samples of Dynamics 365 Fraud Protection, of 2019",
    ),
    Fact(
        "The texts for a wrong audience or issuer are the library's; a signature that does not fit"
        " is told in a sentence of its own; a token that is not in force yet, lacks its expiration"
        " or is none at all is JwtInvalid.",
        Evidence.ASSUMED,
        "such tokens on a live gateway would settle it; azure-docs#12552 shows that of an issuer",
    ),
)

SYMMETRIC = frozenset({"HS256", "HS384", "HS512"})
_BY_TYPE: Mapping[str, frozenset[str]] = {
    "RSA": frozenset({"RS256", "RS512", "PS256"}),
    "EC": frozenset({"ES256"}),
}
_USUAL = {"RSA": "RS256", "EC": "ES256"}
_ALGORITHMS = get_default_algorithms()
_JWS = PyJWS()
_PUBLIC_MEMBERS = ("kty", "n", "e", "crv", "x", "y")
_BROKEN = "JWT is not well formed."
_LATEST = 253_402_300_799
"""The last second of the year 9999."""


class TokenRefused(Exception):
    """A token does not pass. `reason` is as in LastError, the text its message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Key:
    """A key that tokens are signed with. `id` is compared with a token's `kid`."""

    material: Any
    """In the form in which the library's algorithm takes it."""
    algorithms: frozenset[str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it came: nothing in it is to be believed yet."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        """What it says that it is signed with."""
        return str(self.header.get("alg", ""))

    @property
    def key_id(self) -> str:
        """Which key it says that it is signed with; empty if it does not."""
        return str(self.header.get("kid", ""))

    def moment(self, name: str) -> float | None:
        """Return a claim that is a moment, None without it. Raises TokenRefused."""
        value = self.claims.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TokenRefused("JwtInvalid", f"The claim '{name}' is no number.")
        if not -_LATEST <= value <= _LATEST:
            raise TokenRefused("JwtInvalid", f"The claim '{name}' is out of range.")
        return float(value)

    def as_jwt(self) -> "Jwt":
        """Return it as expressions know tokens."""
        from mockserver.gateway.expressions.library.credentials import Jwt

        return Jwt(self.header, {name: claim_texts(claim) for name, claim in self.claims.items()})


def read_token(text: str) -> Token:
    """Take a token apart. Raises TokenRefused."""
    try:
        parts = _JWS.decode_complete(text, options={"verify_signature": False})
        claims = json.loads(parts["payload"])
    except (PyJWTError, ValueError, RecursionError):
        raise TokenRefused("JwtInvalid", _BROKEN) from None
    if not isinstance(claims, dict):
        raise TokenRefused("JwtInvalid", _BROKEN)
    signed = text.encode().rpartition(b".")[0]
    return Token(parts["header"], claims, signed, parts["signature"])


def verify(token: Token, keys: Sequence[Key], *, needs_signature: bool) -> None:
    """Check that one of the keys signed a token. Raises TokenRefused."""
    if token.algorithm == "none":
        if needs_signature or token.signature:
            raise TokenRefused("TokenSignatureInvalid", "The token is not signed. Access denied.")
        return
    if not keys:
        message = f"No key was found for the key id '{token.key_id[:80]}'. Access denied."
        raise TokenRefused("TokenSignatureKeyNotFound", message)
    if not any(_fits(token, key) for key in keys):
        raise TokenRefused("TokenSignatureInvalid", "Signature validation failed. Access denied.")


def _fits(token: Token, key: Key) -> bool:
    if token.algorithm not in key.algorithms:
        return False
    algorithm: Algorithm = _ALGORITHMS[token.algorithm]
    try:
        return algorithm.verify(token.signed, key.material, token.signature)
    except (PyJWTError, ValueError, TypeError):
        return False


def choose_keys(key_id: str, keys: Iterable[Key]) -> list[Key]:
    """Return the keys that may have signed a token with this `kid`: those of it, else any."""
    known = list(keys)
    named = [key for key in known if key_id and key.id == key_id]
    return named or known


def check_time(token: Token, now: float, skew: float, *, must_expire: bool) -> None:
    """Check that a token is in force; `now` is in seconds since 1970. Raises TokenRefused."""
    ends, begins = token.moment("exp"), token.moment("nbf")
    if ends is None and must_expire:
        message = "IDX10225: Lifetime validation failed. The token is missing an Expiration Time."
        raise TokenRefused("JwtInvalid", message)
    failed = "Lifetime validation failed. The token is"
    if begins is not None and begins > now + skew:
        message = f"IDX10222: {failed} not yet valid. ValidFrom: '{_written(begins)}',"
        raise TokenRefused("JwtInvalid", f"{message} Current time: '{_written(now)}'.")
    if ends is not None and ends < now - skew:
        message = f"IDX10223: {failed} expired. ValidTo: '{_written(ends)}',"
        raise TokenRefused("TokenExpired", f"{message} Current time: '{_written(now)}'.")


def check_audience(token: Token, allowed: Sequence[str]) -> None:
    """Check that a token is meant for one of these, if there are any. Raises TokenRefused."""
    found = claim_texts(token.claims.get("aud", []))
    if allowed and not set(found) & set(allowed):
        raise TokenRefused(
            "TokenAudienceNotAllowed",
            f"IDX10214: Audience validation failed. Audiences: '{', '.join(found)}'. Did not match:"
            f" validationParameters.ValidAudience: 'null' or validationParameters.ValidAudiences:"
            f" '{', '.join(allowed)}'. Access denied.",
        )


def check_issuer(token: Token, allowed: Sequence[str]) -> None:
    """Check that a token is from one of these, if there are any. Raises TokenRefused."""
    claim = token.claims.get("iss")
    found = claim if isinstance(claim, str) else ""
    if allowed and found not in allowed:
        raise TokenRefused(
            "TokenIssuerNotAllowed",
            f"IDX10205: Issuer validation failed. Issuer: '{found}'. Did not match:"
            f" validationParameters.ValidIssuer: '' or validationParameters.ValidIssuers:"
            f" '{', '.join(allowed)}'. Access denied.",
        )


def claim_texts(value: Any) -> list[str]:
    """Return the values of a claim as texts; what is no text is written as JSON."""
    if isinstance(value, list):
        return [text for each in value for text in _one_text(each)]
    return _one_text(value)


def _one_text(value: Any) -> list[str]:
    try:
        return [value if isinstance(value, str) else json.dumps(value)]
    except RecursionError:  # nested as deeply as could still be read
        return []


def key_of_jwk(given: Any) -> Key | None:
    """Read a public key of a key set; None for what cannot check signatures here.

    Symmetric keys in it are left aside: what anybody can read is no secret.
    """
    try:
        algorithms = _BY_TYPE[given["kty"]]
        if given.get("use", "sig") != "sig":
            return None
        if "alg" in given:
            algorithms &= {given["alg"]}
        public = {name: given[name] for name in _PUBLIC_MEMBERS if name in given}
        material = PyJWK({**public, "alg": _USUAL[given["kty"]]}).key
        return Key(material, algorithms, str(given.get("kid", "")))
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _written(moment: float) -> str:
    return f"{datetime.fromtimestamp(int(moment), UTC):%m/%d/%Y %H:%M:%S}"

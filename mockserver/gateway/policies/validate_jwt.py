"""`<validate-jwt>`: a call needs a JSON Web Token, genuine, in force and with certain claims."""

import re
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed, GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.templates import read_query
from mockserver.gateway.tokens.jwt import (
    Key,
    Token,
    TokenRefused,
    check_audience,
    check_issuer,
    check_time,
    choose_keys,
    claim_texts,
    read_token,
    verify,
)
from mockserver.gateway.tokens.openid import find_provider
from mockserver.gateway.tokens.rules import CHILDREN, RequiredClaim, Rules, read_rules
from mockserver.gateway.values import Attribute, PolicyNotUsable

FACTS = (
    Fact(
        "validate-jwt takes the token from a header, a query parameter or an expression and checks"
        " signature, time, audience, issuer and claims. A refusal is 401, or the status that is"
        " named, with the message that is named or that of LastError.",
        Evidence.PUBLISHED,
        "the pages on validate-jwt and on error handling; with a message of its own the body was"
        " captured: 85 bytes, in the samples of Dynamics 365 Fraud Protection",
    ),
    Fact(
        "A claim with another value than required is TokenClaimValueNotAllowed.",
        Evidence.PUBLISHED,
        "the page on error handling. Users' tests of live gateways have `TokenClaimValueMismatch`"
        " and `Claim value mismatch: name=value.` in its place",
    ),
    Fact(
        "A scheme before the token is cut off; another one than require-scheme names counts as no"
        " token. In a header other than Authorization the scheme is not looked at.",
        Evidence.ASSUMED,
        "the page says the last; a call with another scheme would settle the rest",
    ),
)

_SOURCES = ("header-name", "query-parameter-name", "token-value")
_SWITCHES = ("require-expiration-time", "require-signed-tokens")
_FIRST_STATUS, _LAST_STATUS = 200, 599
_MOST_DIGITS = 9
_TIME_SPAN = re.compile(r"(?:(\d{1,5})\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?")


class ValidateJwt(Policy):
    """Time is that of the emulator's clock, at the arrival of the call."""

    sections = ("inbound",)
    attributes = (
        *(Attribute(name=name, expressions=True) for name in _SOURCES),
        Attribute(
            name="failed-validation-httpcode",
            kind="whole",
            least=_FIRST_STATUS,
            most=_LAST_STATUS,
            default="401",
            expressions=True,
        ),
        Attribute(name="failed-validation-error-message", expressions=True),
        *(Attribute(name=n, kind="boolean", default="true", expressions=True) for n in _SWITCHES),
        Attribute(name="require-scheme", expressions=True),
        Attribute(name="clock-skew", default="0", expressions=True),
        Attribute(name="output-token-variable-name"),
    )
    children = CHILDREN

    def __init__(self, given: Given, rules: Rules) -> None:
        self._given, self._rules = given, rules
        self._output = given.text("output-token-variable-name")

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if sum(given.get(name) is not None for name in _SOURCES) != 1:
            raise PolicyNotUsable(f"exactly one of {', '.join(_SOURCES)} is needed")
        skew = given["clock-skew"].fixed
        if skew is not None and _seconds(skew) is None:
            raise PolicyNotUsable(f"clock-skew: '{skew[:40]}' is no number of seconds")
        return cls(given, read_rules(element, reader))

    @override
    async def run(self, call: Call) -> None:
        try:
            token = read_token(await self._find(call))
            await self._check(token, call)
            if self._output:
                call.variables[self._output] = token.as_jwt()
        except TokenRefused as refusal:
            status = await self._given["failed-validation-httpcode"].whole(call)
            message = self._given.get("failed-validation-error-message")
            told = str(refusal) if message is None else await message.text(call)
            error = LastError("validate-jwt", refusal.reason, str(refusal))
            raise GatewayFailure(status, error, told) from refusal

    async def _find(self, call: Call) -> str:
        """Return the token of a call. Raises TokenRefused."""
        header, parameter = (self._given.get(name) for name in _SOURCES[:2])
        if header is not None:
            name = await header.text(call)
            text = await self._without_scheme(name, call.request.headers.get(name, ""), call)
        elif parameter is not None:
            query = read_query(call.request.url.query.encode("latin-1", "replace"))
            text = query.get((await parameter.text(call)).lower(), "")
        else:
            text = await self._given["token-value"].text(call)
        if not text:
            raise TokenRefused("TokenNotPresent", "JWT not present.")
        return text

    async def _without_scheme(self, name: str, text: str, call: Call) -> str:
        scheme, _, token = text.strip().rpartition(" ")
        required = self._given.get("require-scheme")
        if required is None or name.lower() != "authorization":
            return token
        wanted = await required.text(call)
        return token if scheme.strip().lower() == wanted.lower() else ""

    async def _check(self, token: Token, call: Call) -> None:
        """Check everything. Raises TokenRefused."""
        rules = self._rules
        expires, signed = [await self._given[name].boolean(call) for name in _SWITCHES]
        keys, issuers = await self._trusted(token, call)
        verify(token, keys, needs_signature=signed)
        skew = _seconds(await self._given["clock-skew"].text(call))
        if skew is None:
            raise ExpressionFailed("clock-skew: no number of seconds")
        check_time(token, call.now, skew, must_expire=expires)
        check_audience(token, [await each.text(call) for each in rules.audiences])
        check_issuer(token, issuers)
        missing = [claim.name for claim in rules.claims if claim.name not in token.claims]
        if missing:
            message = f"JWT token is missing the following claims: {', '.join(missing)}."
            raise TokenRefused("TokenClaimNotFound", f"{message} Access denied.")
        for claim in rules.claims:
            await _check_claim(token, claim, call)

    async def _trusted(self, token: Token, call: Call) -> tuple[list[Key], list[str]]:
        """Return the keys that may have signed a token, and the issuers that are allowed."""
        rules = self._rules
        memory = call.runtime.memory[self]
        keys = list(rules.keys)
        issuers = [await each.text(call) for each in rules.issuers]
        for url in rules.providers:
            provider = await find_provider(call, memory, url, token.key_id)
            if provider.fetched is None:
                message = f"Unable to obtain configuration from '{url}': {provider.problem}."
                raise TokenRefused("JwtInvalid", message)
            issuers.append(provider.issuer)
            # Without a key id any key may be meant, with one only this key.
            keys += [each for each in provider.keys if token.key_id in ("", each.id)]
        return choose_keys(token.key_id, keys), issuers


async def _check_claim(token: Token, claim: RequiredClaim, call: Call) -> None:
    found = claim_texts(token.claims[claim.name])
    if claim.separator:
        found = [piece.strip() for text in found for piece in text.split(claim.separator)]
    wanted = [await value.text(call) for value in claim.values]
    matches = [value in found for value in wanted]
    if not (all(matches) if claim.needs_all else any(matches) or not matches):
        value = ", ".join(found)
        message = f"Claim {claim.name} value of {value} is not allowed. Access denied."
        raise TokenRefused("TokenClaimValueNotAllowed", message)


def _seconds(text: str) -> float | None:
    """Read a duration: seconds, or a .NET TimeSpan; None if it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        return float(text)
    span = _TIME_SPAN.fullmatch(text)
    if span is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in span.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


POLICY = ValidateJwt

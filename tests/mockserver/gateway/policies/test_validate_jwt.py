"""Which tokens does `<validate-jwt>` let pass?"""

import hashlib
import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.call import Call
from mockserver.gateway.errors import GatewayFailure
from tests.mockserver.gateway.policies.accessing import run_section
from tests.mockserver.gateway.policies.transforming import failure, refusal
from tests.mockserver.gateway.policy_calls import Stage, body_of, handled, read
from tests.mockserver.gateway.tokens.forging import (
    GOOD,
    NOW,
    SECRET,
    SECRET_TEXT,
    ec_key,
    forged,
    jwk,
    rsa_key,
    signed,
)

SECRET_KEY = f"<key>{SECRET_TEXT}</key>"


def keys(inner: str = SECRET_KEY) -> str:
    """Return the list of keys."""
    return f"<issuer-signing-keys>{inner}</issuer-signing-keys>"


def public(**more: str) -> str:
    """Return the public key of RSA as an element."""
    numbers = jwk(rsa_key())
    attributes = {"n": numbers["n"], "e": numbers["e"], **more}
    return "<key " + " ".join(f"{name}='{value}'" for name, value in attributes.items()) + " />"


def policy(
    inner: str = "", attributes: str = "", source: str = "header-name='Authorization'"
) -> str:
    """Return the policy, with the symmetric key if no other element is given."""
    return f"<validate-jwt {source} {attributes}>{inner or keys()}</validate-jwt>"


def call_with(token: str | None, header: str = "Authorization", scheme: str = "Bearer ") -> Call:
    """Return a call that bears a token."""
    stage = Stage(time=NOW)
    return stage.call(headers={} if token is None else {header: f"{scheme}{token}"})


def passes(token: str, text: str = "") -> Call:
    """Return the call of a token that must pass."""
    call = call_with(token)
    run_section(call, text or policy())
    return call


def refused(token: str | None, text: str = "") -> GatewayFailure:
    """Return how a token is refused."""
    with pytest.raises(GatewayFailure) as failed:
        run_section(call_with(token), text or policy())
    assert failed.value.error.source == "validate-jwt"
    return failed.value


def reason(token: str | None, text: str = "") -> str:
    """Return why a token is refused, as LastError has it."""
    return refused(token, text).error.reason


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_token_signed_with_the_secret(algorithm: str) -> None:
    """The symmetric algorithms pass."""
    assert passes(signed(algorithm=algorithm)).response is None


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_a_token_signed_with_a_private_key(algorithm: str) -> None:
    """Modulus and exponent are enough to check it."""
    assert (
        passes(signed(key=rsa_key(), algorithm=algorithm), policy(keys(public()))).response is None
    )


def test_no_token() -> None:
    """The text is the one of the documents, in the gateway's envelope."""
    call = call_with(None)
    response = handled(call, read(inbound=policy()))
    assert response.status == 401
    assert body_of(response) == b'{ "statusCode": 401, "message": "JWT not present." }'
    assert call.last_error is not None
    assert (call.last_error.reason, call.last_error.section) == ("TokenNotPresent", "inbound")


def test_a_refusal_with_its_own_status_and_message() -> None:
    """They replace what the client is told, not what LastError says."""
    text = policy(
        attributes="failed-validation-httpcode='403' failed-validation-error-message='Unauthorized."
        " Access token is missing or invalid.'"
    )
    failed = refused(signed({"exp": NOW - 1}), text)
    assert (failed.status, failed.error.reason) == (403, "TokenExpired")
    assert failed.told == "Unauthorized. Access token is missing or invalid."
    expected = (
        "IDX10223: Lifetime validation failed. The token is expired."
        " ValidTo: '01/12/1970 13:46:39', Current time: '01/12/1970 13:46:40'."
    )
    assert failed.error.message == expected


# --- Forgeries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", [b"", b"x", bytes(32)])
def test_an_unsigned_token_is_refused(name: str, signature: bytes) -> None:
    """`alg: none` is no signature, in whatever case and with whatever behind it."""
    token = forged({"alg": name, "typ": "JWT"}, signature=signature)
    assert reason(token) == "TokenSignatureInvalid"
    assert reason(token, policy(keys(public()))) == "TokenSignatureInvalid"


def test_a_public_key_is_no_secret() -> None:
    """A token whose HMAC was made with the public key of RSA, in any form, is refused."""
    key = rsa_key().public_key()
    text = policy(keys(public()))
    forms = [
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        jwk(rsa_key())["n"].encode(),
    ]
    for form in forms:
        head = forged({"alg": "HS256", "typ": "JWT"}).rpartition(".")[0]
        signature = hmac.new(form, head.encode(), hashlib.sha256).digest()
        token = forged({"alg": "HS256", "typ": "JWT"}, signature=signature)
        assert token.rpartition(".")[0] == head
        assert reason(token, text) == "TokenSignatureInvalid"


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    """`jwk`, `jku` and `x5u` in the header are the sender's own words; nothing is fetched."""
    stage = Stage(time=NOW)
    token = signed(
        key=rsa_key(1),
        algorithm="RS256",
        jwk=jwk(rsa_key(1)),
        jku="https://evil.example/keys",
        x5u="https://evil.example/certificate",
        kid="1",
    )
    call = stage.call(headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(GatewayFailure) as failed:
        run_section(call, policy(keys(public(id="1"))))
    assert failed.value.error.reason == "TokenSignatureInvalid"
    assert stage.backend.sent == []


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token_is_refused(part: int) -> None:
    """Header, claims and signature all count."""
    pieces = signed().split(".")
    others = signed({"sub": "eve"}, key=SECRET[::-1], algorithm="HS256", kid="x").split(".")
    pieces[part] = others[part]
    assert reason(".".join(pieces)) == "TokenSignatureInvalid"


@pytest.mark.parametrize(
    ("algorithm", "text"),
    [
        ("RS384", policy(keys(public()))),
        ("PS384", policy(keys(public()))),
        ("PS512", policy(keys(public()))),
    ],
)
def test_an_algorithm_that_is_not_supported(algorithm: str, text: str) -> None:
    """What API Management does not name is refused, though the signature is right."""
    assert reason(signed(key=rsa_key(), algorithm=algorithm), text) == "TokenSignatureInvalid"


def test_another_kind_of_key() -> None:
    """A token signed on a curve does not pass where keys of RSA and secrets are known."""
    token = signed(key=ec_key(), algorithm="ES256")
    assert reason(token, policy(keys(public() + SECRET_KEY))) == "TokenSignatureInvalid"


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "a.b.c",
        "..",
        "a.b.c.d.e",
        signed() + "!",
        signed().replace(".", "..", 1),
        forged([1]),
        forged({"alg": "HS256"}, [1]),
        forged({"alg": "HS256"}, b"not JSON"),
        forged({"alg": "HS256"}, b"\xff\xfe\xfa"),
        forged({"alg": "HS256"}, b"[" * 30_000),
        forged(b"[" * 30_000),
        forged({"alg": "HS256", "kid": 7}),
        forged({"alg": "HS256", "crit": ["x"], "x": 1}),
        forged({"alg": "HS256", "crit": ["b64"], "b64": False}),
        forged({"alg": "HS256", "b64": False}, b""),
        "é" * 20,
    ],
)
def test_what_is_no_token(token: str) -> None:
    """Whatever a client sends, it is told 401."""
    failed = refused(token)
    assert (failed.status, failed.error.reason) == (401, "JwtInvalid")


@pytest.mark.parametrize("algorithm", [["HS256"], {"a": 1}, None, 5, True])
def test_an_algorithm_that_is_no_text(algorithm: Any) -> None:
    """It is the name of none."""
    assert reason(forged({"alg": algorithm})) == "TokenSignatureInvalid"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=60))
def test_no_text_passes(text: str) -> None:
    """Nothing but a signed token does, and nothing breaks the gateway."""
    assert reason(text) in ("JwtInvalid", "TokenSignatureInvalid")


# --- Keys ----------------------------------------------------------------------------------------


def test_any_key_may_have_signed() -> None:
    """All keys are tried: that is what several are for."""
    other = b64encode(SECRET[::-1]).decode()
    text = policy(keys(f"<key>{other}</key>{public()}{SECRET_KEY}"))
    assert passes(signed(), text).response is None
    assert passes(signed(key=rsa_key(), algorithm="RS256"), text).response is None


def test_a_key_id_chooses() -> None:
    """A token that names a key is checked with that key alone; an unknown name tries all."""
    other = b64encode(SECRET[::-1]).decode()
    text = policy(keys(f"<key id='a'>{SECRET_TEXT}</key><key id='b'>{other}</key>"))
    assert passes(signed(kid="a"), text).response is None
    assert passes(signed(kid="z"), text).response is None
    assert reason(signed(kid="b"), text) == "TokenSignatureInvalid"


def test_no_key_at_all() -> None:
    """Without keys no signature can be checked."""
    text = policy("<audiences><audience>books</audience></audiences>")
    failed = refused(signed(kid="a"), text)
    assert failed.error.reason == "TokenSignatureKeyNotFound"
    assert "'a'" in failed.error.message


def test_unsigned_tokens_may_be_allowed() -> None:
    """Then `alg: none` passes, but a signature that is there must be right."""
    text = policy(attributes="require-signed-tokens='false'")
    assert passes(forged({"alg": "none"}), text).response is None
    assert passes(signed(), text).response is None
    assert reason(forged({"alg": "none"}, signature=b"x"), text) == "TokenSignatureInvalid"
    assert reason(signed(key=SECRET[::-1]), text) == "TokenSignatureInvalid"


# --- Time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "skew", "expected"),
    [
        ({"exp": NOW}, "0", ""),
        ({"exp": NOW - 1}, "0", "TokenExpired"),
        ({"exp": NOW - 60}, "60", ""),
        ({"exp": NOW - 61}, "60", "TokenExpired"),
        ({"exp": NOW - 60}, "00:01:00", ""),
        ({"exp": NOW - 61}, "00:01", "TokenExpired"),
        ({"exp": NOW - 86_400}, "1.00:00:00", ""),
        ({"nbf": NOW}, "0", ""),
        ({"nbf": NOW + 1}, "0", "JwtInvalid"),
        ({"nbf": NOW + 60}, "@(30 + 30)", ""),
        ({"exp": None}, "0", "JwtInvalid"),
        ({"exp": "soon"}, "0", "JwtInvalid"),
        ({"exp": True}, "0", "JwtInvalid"),
        ({"exp": [NOW + 60]}, "0", "JwtInvalid"),
        ({"exp": 1e300}, "0", "JwtInvalid"),
        ({"exp": float("nan")}, "0", "JwtInvalid"),
        ({"nbf": -1e300}, "0", "JwtInvalid"),
        ({"exp": NOW + 0.5}, "0", ""),
    ],
)
def test_time_is_that_of_the_emulator(claims: dict[str, Any], skew: str, expected: str) -> None:
    """A token of 1970 is in force when the emulator's clock says 1970."""
    # PyJWT encodes what is no moment only by hand.
    head = forged({"alg": "HS256"}, {k: v for k, v in {**GOOD, **claims}.items() if v is not None})
    content = head.rpartition(".")[0]
    signature = hmac.new(SECRET, content.encode(), hashlib.sha256).digest()
    merged = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    token = forged({"alg": "HS256"}, merged, signature)
    text = policy(attributes=f"clock-skew='{skew}'")
    if expected:
        assert reason(token, text) == expected
    else:
        assert passes(token, text).response is None


def test_a_token_that_never_expires_may_be_allowed() -> None:
    """With require-expiration-time=false it passes; one that has expired still does not."""
    text = policy(attributes="require-expiration-time='false'")
    assert passes(signed({"exp": None}), text).response is None
    assert reason(signed({"exp": NOW - 1}), text) == "TokenExpired"


def test_a_skew_that_is_none_fails() -> None:
    """An expression that gives no duration is the configuration's fault: 500."""
    text = policy(attributes="clock-skew='@(\"soon\")'")
    assert "clock-skew" in failure(text, call_with(signed())).error.message


# --- Where the token is --------------------------------------------------------------------------


def test_a_query_parameter() -> None:
    """Its name is found in any case."""
    text = policy(source="query-parameter-name='token'")
    stage = Stage(time=NOW)
    call = stage.call(query=f"a=b&Token={signed()}")
    run_section(call, text)
    assert call.response is None
    with pytest.raises(GatewayFailure, match="JWT not present"):
        run_section(stage.call(query="a=b"), text)


def test_a_value() -> None:
    """An expression gives the token, without a scheme."""
    text = policy(source='token-value=\'@(context.Request.Headers.GetValueOrDefault("X", ""))\'')
    run_section(call_with(signed(), "X", ""), text)
    with pytest.raises(GatewayFailure) as failed:
        run_section(call_with(signed(), "X"), text)
    assert failed.value.error.reason == "JwtInvalid"


@pytest.mark.parametrize(
    ("header", "sent", "required", "is_found"),
    [
        ("Authorization", "Bearer ", "", True),
        ("Authorization", "", "", True),
        ("Authorization", "Basic ", "", True),
        ("Authorization", "Bearer ", "Bearer", True),
        ("authorization", "bearer ", "Bearer", True),
        ("Authorization", "Bearer   ", "Bearer", True),
        ("Authorization", "", "Bearer", False),
        ("Authorization", "Basic ", "Bearer", False),
        ("X-Token", "Basic ", "Bearer", True),
        ("X-Token", "", "Bearer", True),
    ],
)
def test_the_scheme(header: str, sent: str, required: str, is_found: bool) -> None:
    """It is required in Authorization alone, and only if the policy says so."""
    attributes = f"require-scheme='{required}'" if required else ""
    text = policy(attributes=attributes, source=f"header-name='{header}'")
    call = call_with(signed(), header, sent)
    if is_found:
        run_section(call, text)
        assert call.response is None
    else:
        with pytest.raises(GatewayFailure, match="JWT not present"):
            run_section(call, text)


# --- Claims --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("books", ""),
        (["maps", "books"], ""),
        ("pens", ""),
        ("Books", "TokenAudienceNotAllowed"),
        (["maps"], "TokenAudienceNotAllowed"),
        (None, "TokenAudienceNotAllowed"),
        ([], "TokenAudienceNotAllowed"),
    ],
)
def test_audiences(audience: Any, expected: str) -> None:
    """One of the token's must be among those allowed; expressions may give these."""
    listed = '<audience>books</audience><audience>@("pe" + "ns")</audience>'
    text = policy(f"{keys()}<audiences>{listed}</audiences>")
    token = signed({"aud": audience})
    if expected:
        assert reason(token, text) == expected
    else:
        assert passes(token, text).response is None


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://issuer.example/", ""),
        ("https://issuer.example", "TokenIssuerNotAllowed"),
        (None, "TokenIssuerNotAllowed"),
    ],
)
def test_issuers(issuer: str | None, expected: str) -> None:
    """They are compared letter by letter."""
    text = policy(f"{keys()}<issuers><issuer> https://issuer.example/ </issuer></issuers>")
    token = signed({"iss": issuer})
    if expected:
        assert reason(token, text) == expected
    else:
        assert passes(token, text).response is None


def claim(match: str, *values: str, name: str = "roles", separator: str = "") -> str:
    """Return the policy that requires a claim."""
    more = f" separator='{separator}'" if separator else ""
    inner = "".join(f"<value>{value}</value>" for value in values)
    element = f"<claim name='{name}' match='{match}'{more}>{inner}</claim>"
    return policy(f"{keys()}<required-claims>{element}</required-claims>")


@pytest.mark.parametrize(
    ("text", "value", "passing"),
    [
        (claim("all", "a", "b"), ["a", "b", "c"], True),
        (claim("all", "a", "b"), ["a"], False),
        (claim("any", "a", "b"), ["b"], True),
        (claim("any", "a", "b"), ["c"], False),
        (claim("any", "a", "b"), [], False),
        (claim("all"), ["whatever"], True),
        (claim("any"), [], True),
        (claim("all", "a", "b", separator=" "), "b a", True),
        (claim("all", "a", "b", separator=","), "a, b", True),
        (claim("all", "a"), "a b", False),
        (claim("any", "7"), 7, True),
        (claim("any", "true"), True, True),
        (claim("any", "A"), "a", False),
        (claim("any", '{"x": 1}'), {"x": 1}, True),
        (claim("any", '@("a" + "")'), "a", True),
    ],
)
def test_required_claims(text: str, value: Any, passing: bool) -> None:
    """All values or any of them, in lists, in separated texts and in numbers."""
    token = signed({"roles": value})
    if passing:
        assert passes(token, text).response is None
    else:
        assert reason(token, text) == "TokenClaimValueNotAllowed"


def test_what_is_told_of_claims() -> None:
    """The texts of the documents name what is missing and what came instead."""
    failed = refused(signed({"roles": ["x", "y"]}), claim("any", "a"))
    assert failed.told == "Claim roles value of x, y is not allowed. Access denied."
    both = "<claim name='a' /><claim name='sub' /><claim name='b' />"
    text = policy(f"{keys()}<required-claims>{both}</required-claims>")
    failed = refused(signed(), text)
    assert failed.error.reason == "TokenClaimNotFound"
    assert failed.told == "JWT token is missing the following claims: a, b. Access denied."


def test_the_token_is_kept_for_expressions() -> None:
    """They read its claims from the variable; a token that is refused sets none."""
    text = policy(attributes="output-token-variable-name='jwt'")
    call = passes(signed({"roles": ["a", "b"], "jti": "7"}, kid="k"), text)
    expression = (
        '<set-variable name="said" value=\'@{ var jwt = (Jwt)context.Variables["jwt"];'
        ' return jwt.Subject + "|" + jwt.Issuer + "|" + string.Join(",", jwt.Audiences) + "|"'
        ' + jwt.Id + "|" + jwt.Algorithm + "|" + jwt.Claims["roles"].Contains("b")'
        ' + "|" + jwt.Claims.GetValueOrDefault("none", "-"); }\' />'
    )
    run_section(call, expression)
    assert call.variables["said"] == "ada|https://issuer.example/|books|7|HS256|True|-"
    call = call_with(signed(key=SECRET[::-1]))
    with pytest.raises(GatewayFailure):
        run_section(call, text)
    assert call.variables == {}


def test_a_claim_nested_deeply_breaks_nothing() -> None:
    """What can be read but not written is a claim without values."""
    deep = "[" * 900 + "]" * 900
    content = json.dumps({**GOOD, "roles": 0}).replace("0}", f"[{deep}]}}").encode()
    head = forged({"alg": "HS256"}, content).rpartition(".")[0]
    signature = hmac.new(SECRET, head.encode(), hashlib.sha256).digest()
    token = forged({"alg": "HS256"}, content, signature)
    assert reason(token, claim("any", "a")) in ("TokenClaimValueNotAllowed", "JwtInvalid")


# --- What is refused when it is loaded -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<validate-jwt />", "exactly one of header-name"),
        (policy(source="header-name='a' token-value='b'"), "exactly one of header-name"),
        (policy(attributes="clock-skew='soon'"), "no number of seconds"),
        (policy(attributes="require-signed-tokens='no'"), "neither true nor false"),
        (policy(attributes="failed-validation-httpcode='no'"), "no whole number"),
        (policy(attributes="output-token-variable-name='@(1)'"), "cannot be used here"),
        (policy("text"), "cannot contain text"),
        (policy("<other />"), "invalid child element 'other'"),
        (policy(keys() * 2), "is there twice"),
        (policy("<decryption-keys><key>a</key></decryption-keys>"), "decryption-keys"),
        (policy("<audiences />"), "<audiences> needs <audience> elements"),
        (policy("<issuers><audience>a</audience></issuers>"), "<issuers> needs <issuer>"),
        (policy("<issuers a='b'><issuer>a</issuer></issuers>"), "'a' attribute"),
        (policy("<issuers><issuer a='b'>a</issuer></issuers>"), "'a' attribute"),
        (policy("<issuers><issuer><b /></issuer></issuers>"), "cannot contain other elements"),
        (policy(keys("<key certificate-id='a' />")), "certificates are not supported"),
        (policy(keys("<key />")), "Base64, or n and e"),
        (policy(keys("<key n='AQAB' />")), "Base64, or n and e"),
        (policy(keys("<key n='AQAB' e='AQAB'>YQ==</key>")), "Base64, or n and e"),
        (policy(keys("<key n='AQAB' e='AQAB' />")), "no public key of RSA"),
        (policy(keys("<key n='!' e='AQAB' />")), "no public key of RSA"),
        (policy(keys("<key>not base64</key>")), "not Base64"),
        (policy(keys('<key>@("a")</key>')), "fixed text"),
        (policy("<openid-config />"), "'url' is missing"),
        (policy("<openid-config url='ftp://a/b' />"), "is no web address"),
        (policy("<openid-config url='https://[a' />"), "is no web address"),
        (policy("<openid-config url='https://a/b'>x</openid-config>"), "cannot contain text"),
        (policy("<required-claims><claim /></required-claims>"), "'name' is missing"),
        (claim("some", "a"), "none of all, any"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """Certificates and encrypted tokens are not supported, and nothing is ignored."""
    assert problem in refusal(text)

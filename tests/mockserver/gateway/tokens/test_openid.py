"""When does `<validate-jwt>` ask an OpenID provider, and what does it believe?"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.gateway.errors import BackendFault, GatewayFailure
from mockserver.gateway.message import Body, Response
from mockserver.gateway.policies.validate_jwt import ValidateJwt
from mockserver.gateway.policy import Policy
from tests.mockserver.gateway.policy_calls import FakeBackend, Stage, read
from tests.mockserver.gateway.tokens.forging import (
    NOW,
    SECRET,
    SECRET_TEXT,
    ec_key,
    forged,
    jwk,
    rsa_key,
    signed,
)

URL = "https://login.example/.well-known/openid-configuration"
KEYS_URL = "https://keys.example/all?a=b"
ISSUER = "https://issuer.example/"
GONE = BackendFault("BackendConnectionFailure", "nobody there")


def as_json(content: Any, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(status, body=Body(json.dumps(content).encode()))


CONFIGURATION = as_json({"issuer": ISSUER, "jwks_uri": KEYS_URL})


def key_set(*keys: Any) -> Response:
    """Return a set of keys."""
    return as_json({"keys": list(keys)})


@dataclass
class Scene:
    """A policy that asks a provider, and what the provider answers in turn."""

    answers: Sequence[Response | BackendFault]
    inner: str = f"<openid-config url='{URL}' />"
    stage: Stage = field(init=False)
    policies: tuple[Policy, ...] = field(init=False)
    told: str = ""

    def __post_init__(self) -> None:
        self.stage = Stage(FakeBackend(self.answers), NOW)
        text = f"<validate-jwt header-name='Authorization'>{self.inner}</validate-jwt>"
        self.policies = read(inbound=text)["inbound"]

    def reason(self, token: str) -> str:
        """Return why a token is refused; nothing if it passes."""
        call = self.stage.call(headers={"Authorization": f"Bearer {token}"})
        try:
            asyncio.run(self.policies[0].run(call))
        except GatewayFailure as refused:
            self.told = refused.told
            return refused.error.reason
        return ""

    @property
    def fetched(self) -> list[str]:
        """Which addresses were fetched."""
        return [str(request.url) for request in self.stage.backend.sent]


def token(number: int = 0, **more: Any) -> str:
    """Return a token signed by one of the provider's keys, good for a week."""
    header = {"kid": f"k{number}", **more}
    return signed({"exp": NOW + 7 * 86_400}, rsa_key(number), "RS256", **header)


def test_keys_and_issuer_are_the_providers() -> None:
    """The configuration is fetched, then the keys that it points to."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))])
    assert scene.reason(token()) == ""
    assert scene.fetched == [URL, KEYS_URL]
    request = scene.stage.backend.sent[0]
    assert (request.method, "Authorization" in request.headers) == ("GET", False)


def test_a_curve() -> None:
    """A key of an elliptic curve is known as well."""
    scene = Scene([CONFIGURATION, key_set(jwk(ec_key(), kid="e"))])
    assert scene.reason(signed(key=ec_key(), algorithm="ES256", kid="e")) == ""


def test_another_issuer_is_refused() -> None:
    """The provider's issuer is the only one, unless the policy names more."""
    answers = [CONFIGURATION, key_set(jwk(rsa_key()))]
    other = signed({"iss": "https://other.example"}, rsa_key(), "RS256")
    assert Scene(answers).reason(other) == "TokenIssuerNotAllowed"
    more = "<issuers><issuer>https://other.example</issuer></issuers>"
    scene = Scene(answers, f"<openid-config url='{URL}' />{more}")
    assert scene.reason(other) == ""
    assert scene.reason(signed(key=rsa_key(), algorithm="RS256")) == ""


def test_what_was_fetched_holds_for_an_hour() -> None:
    """By the emulator's clock: then it is fetched again."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))] * 2)
    for seconds, count in ((0, 2), (3599, 2), (3600, 4), (7199, 4)):
        scene.stage.time = NOW + seconds
        assert scene.reason(token()) == ""
        assert len(scene.fetched) == count


def test_a_clock_that_was_set_back() -> None:
    """What was fetched in the future is fetched anew."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))] * 2)
    assert scene.reason(token()) == ""
    scene.stage.time = NOW - 10_000
    assert scene.reason(token()) == ""
    assert len(scene.fetched) == 4


def test_a_key_that_is_not_known_yet() -> None:
    """It is looked for again, at most once in five minutes."""
    old, new = key_set(jwk(rsa_key(), kid="k0")), key_set(jwk(rsa_key(1), kid="k1"))
    scene = Scene([CONFIGURATION, old, CONFIGURATION, new])
    assert scene.reason(token()) == ""
    scene.stage.time = NOW + 299
    assert scene.reason(token(1)) == "TokenSignatureKeyNotFound"
    assert len(scene.fetched) == 2
    scene.stage.time = NOW + 300
    assert scene.reason(token(1)) == ""
    assert len(scene.fetched) == 4


def test_a_provider_that_is_gone() -> None:
    """No token passes; it is asked again after five minutes, not for every call."""
    scene = Scene([GONE, CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))])
    for _ in range(3):
        assert scene.reason(token()) == "JwtInvalid"
    assert scene.told == f"Unable to obtain configuration from '{URL}': nobody there."
    assert len(scene.fetched) == 1
    scene.stage.time = NOW + 300
    assert scene.reason(token()) == ""


def test_a_provider_that_goes_later() -> None:
    """What it said before is still believed."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0")), GONE])
    assert scene.reason(token()) == ""
    scene.stage.time = NOW + 3600
    assert scene.reason(token()) == ""
    assert len(scene.fetched) == 3


def test_a_failure_is_made_up_for() -> None:
    """After one, the provider is asked again though what it said before is still good."""
    answers = [CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))]
    scene = Scene([*answers, GONE, *answers])
    assert scene.reason(token()) == ""
    scene.stage.time = NOW + 300
    assert scene.reason(token(1)) == "TokenSignatureKeyNotFound"
    assert scene.reason(token()) == ""
    assert len(scene.fetched) == 3
    scene.stage.time = NOW + 600
    assert scene.reason(token()) == ""
    assert len(scene.fetched) == 5


@pytest.mark.parametrize(
    "answers",
    [
        [as_json({}, 404)],
        [as_json([])],
        [as_json({"issuer": ISSUER})],
        [as_json({"jwks_uri": KEYS_URL})],
        [as_json({"issuer": 1, "jwks_uri": KEYS_URL})],
        [Response(200, body=Body(b"<html>"))],
        [Response(200, body=Body(b"[" * 100_000))],
        [CONFIGURATION, as_json({}, 500)],
        [CONFIGURATION, as_json([])],
        [as_json({"issuer": ISSUER, "jwks_uri": "https://[x"})],
    ],
)
def test_an_answer_that_makes_no_sense(answers: list[Response]) -> None:
    """It is as if the provider was gone."""
    assert Scene(answers).reason(token()) == "JwtInvalid"


def test_an_answer_that_is_too_large() -> None:
    """A megabyte is enough for a configuration."""

    async def endless() -> Any:
        while True:
            yield b" " * 65_536

    body = Body(None, endless())
    scene = Scene([Response(200, body=body)])
    assert scene.reason(token()) == "JwtInvalid"


@pytest.mark.parametrize(
    "key",
    [
        None,
        7,
        {},
        {"kty": "oct", "k": "AAAA", "kid": "k0"},
        {"kty": ["RSA"]},
        {"kty": "RSA", "n": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "a", "y": "b"},
        {**jwk(rsa_key()), "use": "enc", "kid": "k0"},
        {**jwk(rsa_key()), "alg": "RS512", "kid": "k0"},
        {**jwk(ec_key("secp384r1")), "kid": "k0"},
    ],
)
def test_keys_that_are_of_no_use(key: Any) -> None:
    """They are left aside, and no token passes by them."""
    scene = Scene([CONFIGURATION, key_set(key)])
    assert scene.reason(token()) in ("TokenSignatureKeyNotFound", "TokenSignatureInvalid")


def test_a_secret_that_everybody_can_read_is_none() -> None:
    """A symmetric key in a public set signs nothing."""
    key = {"kty": "oct", "k": SECRET_TEXT.rstrip("="), "kid": "s", "alg": "HS256"}
    scene = Scene([CONFIGURATION, key_set(key)])
    assert scene.reason(signed(key=SECRET, kid="s")) == "TokenSignatureKeyNotFound"


def test_a_private_key_that_was_published_checks_as_well() -> None:
    """Only its public half is taken."""
    from jwt.algorithms import RSAAlgorithm

    whole = {**RSAAlgorithm.to_jwk(rsa_key(), as_dict=True), "kid": "k0"}
    whole.pop("key_ops")
    assert Scene([CONFIGURATION, key_set(whole)]).reason(token()) == ""


def test_an_unsigned_token_asks_nobody_for_trust() -> None:
    """`alg: none` is refused whatever the provider says."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))])
    assert scene.reason(forged({"alg": "none", "kid": "k0"})) == "TokenSignatureInvalid"


def test_each_emulator_remembers_by_itself() -> None:
    """The policy is shared; what was fetched is kept where a reset forgets it."""
    scene = Scene([CONFIGURATION, key_set(jwk(rsa_key(), kid="k0"))] * 2)
    assert scene.reason(token()) == ""
    policy = scene.policies[0]
    assert isinstance(policy, ValidateJwt)
    assert list(scene.stage.runtime.memory[policy]) == [URL]
    scene.stage.runtime.memory.clear()
    assert scene.reason(token()) == ""
    assert len(scene.fetched) == 4

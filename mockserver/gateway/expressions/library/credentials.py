"""What do `AsBasic` and `AsJwt` read from a header?"""

import json
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.members import Rows
from mockserver.gateway.expressions.times import DateTime, from_seconds

FACTS = (
    Fact(
        "`AsJwt` reads a token, with or without `Bearer` in front, and checks no signature.",
        Evidence.PUBLISHED,
        "the page on expressions; that `Bearer` may stand in front is from its examples",
    ),
)

_PARTS = 3


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """A name and a password."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Jwt:
    """A token: its header and its claims."""

    header: Mapping[str, Any]
    claims: Mapping[str, list[str]]

    def moment(self, name: str) -> DateTime | None:
        """Return a claim that is a time."""
        values = self.claims.get(name)
        if not values or not values[0].isdecimal() or len(values[0]) > 11:  # noqa: PLR2004 - year 5138
            return None
        return from_seconds(int(values[0]))

    def text(self, name: str) -> str | None:
        """Return the first value of a claim."""
        values = self.claims.get(name)
        return values[0] if values else None


def _basic(text: str) -> BasicCredentials | None:
    scheme, _, encoded = text.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    return BasicCredentials(user, password) if colon else None


def _jwt(text: str) -> Jwt | None:
    parts = text.strip().rpartition(" ")[2].split(".")
    if len(parts) != _PARTS:
        return None
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Jwt(header, {name: _values(value) for name, value in claims.items()})


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _values(value: Any) -> list[str]:
    if isinstance(value, list):
        return [item for one in value for item in _values(one)]
    return [value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))]


def _claim(claims: Mapping[str, list[str]], name: str, default: str | None = None) -> str | None:
    values = claims.get(name)
    return default if values is None else ",".join(values)


def _tried(read: Callable[[str], Any]) -> Callable[[str], tuple[bool, Any]]:
    def attempt(text: str) -> tuple[bool, Any]:
        found = read(text)
        return found is not None, found

    return attempt


def _text(name: str) -> Callable[[Jwt], str | None]:
    return lambda jwt: jwt.text(name)


def _moment(name: str) -> Callable[[Jwt], DateTime | None]:
    return lambda jwt: jwt.moment(name)


STRING: Rows = [
    ("AsBasic(): BasicAuthCredentials", _basic),
    ("TryParseBasic(out BasicAuthCredentials result): bool", _tried(_basic)),
    ("AsJwt(): Jwt", _jwt),
    ("TryParseJwt(out Jwt result): bool", _tried(_jwt)),
]
TABLES: dict[str, Rows] = {
    "BasicAuthCredentials": [
        ("UserId: string", lambda credentials: credentials.user),
        ("Password: string", lambda credentials: credentials.password),
    ],
    "Jwt": [
        ("Algorithm: string", lambda jwt: jwt.header.get("alg")),
        ("Type: string", lambda jwt: jwt.header.get("typ")),
        ("Audiences: IEnumerable<string>", lambda jwt: jwt.claims.get("aud", [])),
        ("Claims: Claims", lambda jwt: jwt.claims),
        ("ExpirationTime: DateTime?", _moment("exp")),
        ("IssuedAt: DateTime?", _moment("iat")),
        ("NotBefore: DateTime?", _moment("nbf")),
        ("Id: string", _text("jti")),
        ("Issuer: string", _text("iss")),
        ("Subject: string", _text("sub")),
    ],
    "Claims": [("GetValueOrDefault(string name, [string? default]): string", _claim)],
}

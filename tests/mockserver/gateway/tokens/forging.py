"""Which keys and tokens do the tests of JSON Web Tokens have?"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

NOW = 1_000_000.0
"""The emulator's time in these tests: January 1970, long before the system's."""
SECRET = bytes(range(64))
SECRET_TEXT = b64encode(SECRET).decode()
GOOD = {"iss": "https://issuer.example/", "aud": "books", "sub": "ada", "exp": NOW + 60}


_RSA: dict[int, rsa.RSAPrivateKey] = {}


def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """Return a key pair; equal numbers give the same one."""
    if number not in _RSA:
        _RSA[number] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _RSA[number]


@cache
def ec_key(curve: str = "secp256r1") -> ec.EllipticCurvePrivateKey:
    """Return a key pair on an elliptic curve."""
    return ec.generate_private_key({"secp256r1": ec.SECP256R1, "secp384r1": ec.SECP384R1}[curve]())


def jwk(key: Any, **more: Any) -> dict[str, Any]:
    """Return the public half of a key as it stands in a key set."""
    kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    members: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
    members.pop("key_ops", None)
    return {**members, **more}


def signed(
    claims: Mapping[str, Any] | None = None,
    key: Any = SECRET,
    algorithm: str = "HS256",
    **header: Any,
) -> str:
    """Return a token with the usual claims, changed by others; None takes one away."""
    merged = {**GOOD, **(claims or {})}
    content = {name: value for name, value in merged.items() if value is not None}
    return jwt.encode(content, key, algorithm, headers=header)


def forged(header: Any, claims: Any = GOOD, signature: bytes = b"") -> str:
    """Return a token put together by hand."""
    parts = [
        part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)
    ]
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, signature))

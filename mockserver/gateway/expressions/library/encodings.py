"""How are bytes, texts and addresses encoded, and hashes computed?"""

import hashlib
import hmac
import html
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.throwing import Thrown

_NAMES = {"UTF8": "utf-8", "ASCII": "ascii", "Unicode": "utf-16-le"}
_BY_NAME = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-16": "utf-16-le",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "windows-1252": "cp1252",
}


def _to_base64(frame: Frame, content: bytes) -> str:
    frame.claim(len(content) * 4 // 3)
    return b64encode(content).decode("ascii")


def _from_base64(frame: Frame, text: str) -> bytearray:
    frame.claim(len(text))
    try:
        return bytearray(b64decode("".join(text.split()), validate=True))
    except (NotBase64, ValueError) as error:
        message = "The input is not a valid Base-64 string."
        raise Thrown(message, "FormatException") from error


def _get_bytes(frame: Frame, encoding: str, text: str) -> bytearray:
    frame.claim(len(text))
    return bytearray(text.encode(encoding, "replace"))


def _get_string(frame: Frame, encoding: str, content: bytes) -> str:
    frame.claim(len(content))
    return content.decode(encoding, "replace")


ENCODING: Rows = [
    ("GetBytes(string text): byte[]", Framed(_get_bytes)),
    ("GetString(byte[] content): string", Framed(_get_string)),
    (
        "GetByteCount(string text): int",
        lambda encoding, text: len(text.encode(encoding, "replace")),
    ),
]


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value


def _encoding(name: str) -> str:
    code = _BY_NAME.get(name.lower())
    if code is None:
        raise Thrown(f"'{name}' is not a supported encoding name.", "ArgumentException")
    return code


ENCODING_STATIC: Rows = [
    *((f"{name}: Encoding", _constant(code)) for name, code in _NAMES.items()),
    ("GetEncoding(string name): Encoding", _encoding),
]

CONVERT: Rows = [
    ("ToBase64String(byte[] content): string", Framed(_to_base64)),
    ("FromBase64String(string text): byte[]", Framed(_from_base64)),
]


def _escape(frame: Frame, text: str) -> str:
    frame.claim(3 * len(text))
    return quote(text, safe="")


def _url_encode(frame: Frame, text: str | None) -> str | None:
    if text is None:
        return None
    frame.claim(3 * len(text))
    return quote(text, safe="-_.!*() ").replace("~", "%7E").replace(" ", "+")


def _html_encode(text: str | None) -> str | None:
    return None if text is None else html.escape(text).replace("&#x27;", "&#39;")


class Uri:
    """An absolute address."""

    __slots__ = ("parts", "text")

    def __init__(self, text: str) -> None:
        try:
            self.parts = urlsplit(text)
            self.parts.port  # noqa: B018 - reading it checks it
        except ValueError as error:
            raise Thrown("Invalid URI.", "UriFormatException") from error
        if not self.parts.scheme:
            message = "Invalid URI: The format of the URI could not be determined."
            raise Thrown(message, "UriFormatException")
        self.text = text

    @property
    def port(self) -> int:
        return self.parts.port or {"https": 443, "http": 80}.get(self.parts.scheme, -1)

    @property
    def path(self) -> str:
        return self.parts.path or "/"

    @property
    def query(self) -> str:
        return f"?{self.parts.query}" if self.parts.query else ""

    def written(self) -> str:
        """Return the address as `ToString()` gives it."""
        return self.text if self.parts.path else f"{self.text}/"


URI: Rows = [
    ("Host: string", lambda uri: uri.parts.hostname or ""),
    ("Scheme: string", lambda uri: uri.parts.scheme),
    ("Port: int", lambda uri: uri.port),
    ("AbsolutePath: string", lambda uri: uri.path),
    ("AbsoluteUri: string", lambda uri: uri.written()),
    ("PathAndQuery: string", lambda uri: uri.path + uri.query),
    ("Query: string", lambda uri: uri.query),
    ("Segments: string[]", lambda uri: _segments(uri.path)),
    ("ToString(): string", lambda uri: uri.written()),
]


def _segments(path: str) -> list[str]:
    pieces = path.split("/")
    return [f"{piece}/" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


URI_STATIC: Rows = [
    ("EscapeDataString(string text): string", Framed(_escape)),
    (
        "EscapeUriString(string text): string",
        lambda text: quote(text, safe="-_.!~*'();/?:@&=+$,#[]"),
    ),
    ("UnescapeDataString(string text): string", unquote),
    ("new(string text): Uri", Uri),
]
WEB_UTILITY: Rows = [
    ("UrlEncode(string? text): string", Framed(_url_encode)),
    ("UrlDecode(string? text): string", lambda text: None if text is None else unquote_plus(text)),
    ("HtmlEncode(string? text): string", _html_encode),
    (
        "HtmlDecode(string? text): string",
        lambda text: None if text is None else html.unescape(text),
    ),
]

HASHES = ("MD5", "SHA1", "SHA256", "SHA384", "SHA512")


class Hash:
    """A hash algorithm, with a key or without."""

    __slots__ = ("key", "name")

    def __init__(self, name: str, key: bytes | None = None) -> None:
        self.name, self.key = name.lower(), key

    def compute(self, content: bytes) -> bytes:
        """Return the hash of these bytes."""
        if self.key is not None:
            return hmac.new(self.key, content, self.name).digest()
        return hashlib.new(self.name, content).digest()


def _hasher(name: str, *, keyed: bool) -> Callable[..., Hash]:
    def make(key: bytes | None = None) -> Hash:
        return Hash(name, key if keyed else None)

    return make


HASH: Rows = [
    (
        "ComputeHash(byte[] content): byte[]",
        lambda algorithm, content: bytearray(algorithm.compute(content)),
    ),
    ("Dispose(): void", lambda _: None),
]
HASH_STATIC: dict[str, Rows] = {
    **{name: [(f"Create(): {name}", _hasher(name, keyed=False))] for name in HASHES},
    **{f"{name}Managed": [(f"new(): {name}", _hasher(name, keyed=False))] for name in HASHES[1:]},
    **{
        f"HMAC{name}": [(f"new(byte[] key): HMAC{name}", _hasher(name, keyed=True))]
        for name in HASHES[1:]
    },
}


def _hexadecimal(content: bytes) -> str:
    return content.hex("-").upper()


BIT_CONVERTER: Rows = [("ToString(byte[] content): string", _hexadecimal)]

"""What is a case file, how does its request get on the wire, and what comes back?

The request is written by hand on a socket, so that no client library puts it right on its way.
"""

import base64
import io
import json
import re
import socket
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Literal, Self, cast
from urllib.parse import urlsplit

import msgspec
import yaml
from typing_extensions import override

CASES = Path(__file__).parents[1] / "cases"
WORLD = CASES / "mockserver.yaml"
FILES = sorted((CASES / "rrs").glob("*.yaml"))

TIMEOUT = 10
"""Seconds to wait for bytes that must come."""

_CHUNK = 16
"""Small enough to cut a character of several bytes in two."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Some bytes: a text or base64, `times` over."""

    text: str = ""
    base64: str = ""
    times: int = 1


Bytes = str | list[Part]


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent: a request, or as `raw` whatever bytes."""

    method: str = ""
    target: str = ""
    headers: dict[str, str] = {}
    body: Bytes | dict[str, Any] | None = None
    chunked: bool = False
    content_length: int | Literal["characters", "none"] | None = None
    raw: Bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what is neither, or both."""
        if bool(self.method and self.target) == (self.raw is not None):
            raise ValueError("either method and target, or raw")


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come back; `body` to the byte."""

    status: int
    body: str | dict[str, Any] | None
    headers: dict[str, str] = {}
    headers_absent: list[str] = []
    closes: bool = False


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One behaviour on the wire."""

    title: str
    evidence: Literal["published", "captured", "assumed"]
    request: Request
    expect: Expected
    source: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came back. `next_status` answers a second request on the line; None: it was closed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    next_status: int | None

    def header(self, name: str) -> str | None:
        """Return the value of a header that comes once, several joined."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


def read_case(text: str) -> Case:
    """Read a case file. Raises msgspec.ValidationError for a field that is wrong or unknown."""
    return msgspec.convert(yaml.safe_load(text), Case)


def _names() -> dict[str, str]:
    """Return what each name in braces stands for, from the world's own file."""
    names = {}
    for workspace in yaml.safe_load(WORLD.read_text(encoding="utf-8"))["workspaces"]:
        for service in workspace["services"]:
            names[f"{service['name']} service id"] = service["id"]
            for endpoint in service["endpoints"]:
                other = endpoint.get("name", "default")
                name = service["name"] + (f" {other}" if other != "default" else "")
                names |= {
                    name: f"/workspaces/{workspace['id']}/services/{endpoint['id']}",
                    f"{name} workspace": workspace["id"],
                    f"{name} id": endpoint["id"],
                    f"{name} key": endpoint["primary_key"],
                    f"{name} secondary key": endpoint["secondary_key"],
                }
    return names


NAMES = _names()


def fill(text: str) -> str:
    """Put in what the names in braces stand for. Raises KeyError for one that nothing has."""
    return re.sub(r"\{([a-z][a-z ]*)\}", lambda found: NAMES[found[1]], text)


def as_json(value: object) -> bytes:
    """Write JSON as the service does: compact, in the given order, every character as it is."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _bytes(given: Bytes) -> bytes:
    if isinstance(given, str):
        return given.encode()
    pieces = ((part.text.encode() or base64.b64decode(part.base64), part.times) for part in given)
    return b"".join(piece * times for piece, times in pieces)


def request_bytes(request: Request, host: str) -> bytes:
    """Return the bytes of a request, ready for the socket."""
    if request.raw is not None:
        return fill(request.raw).encode() if isinstance(request.raw, str) else _bytes(request.raw)
    body = as_json(request.body) if isinstance(request.body, dict) else _bytes(request.body or "")
    headers = {"Host": host} | {name: fill(value) for name, value in request.headers.items()}
    if request.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif length := _content_length(request, body):
        headers["Content-Length"] = length
    lines = [f"{request.method} {fill(request.target)} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "".join(f"{line}\r\n" for line in lines).encode()
    return head + b"\r\n" + (_chunks(body) if request.chunked else body)


def _content_length(request: Request, body: bytes) -> str:
    match request.content_length:
        case "none":
            return ""
        case "characters":
            return str(len(body.decode()))
        case None:
            return "" if request.body is None else str(len(body))
        case number:
            return str(number)


def _chunks(body: bytes) -> bytes:
    pieces = [body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))


class _Reader(io.BufferedReader):
    """Stays open when HTTPResponse closes it: what follows the answer matters too."""

    @override
    def close(self) -> None:
        return


class Line:
    """A connection to the emulator. Use it in a `with`."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self.host = place.netloc
        self._socket = socket.create_connection((str(place.hostname), place.port), TIMEOUT)
        self._reader = _Reader(socket.SocketIO(self._socket, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def makefile(self, _: str) -> _Reader:
        """Return what HTTPResponse reads from."""
        return self._reader

    def send(self, request: Request) -> None:
        """Put a request on the wire."""
        self._socket.sendall(request_bytes(request, self.host))

    def receive(self, method: str) -> tuple[int, list[tuple[str, str]], bytes]:
        """Read one answer: status, headers, body."""
        response = HTTPResponse(cast("socket.socket", self), method=method)
        response.begin()
        return response.status, response.getheaders(), response.read()


_NEXT = Request("GET", "{demo}/swagger.json")


def exchange(url: str, request: Request) -> Answer:
    """Send a request, read its answer, and see whether the connection is still good for another."""
    with Line(url) as line:
        line.send(request)
        status, headers, body = line.receive(request.method)
        try:
            line.send(_NEXT)
            following: int | None = line.receive("GET")[0]
        except ConnectionError:
            following = None
        return Answer(status, headers, body, following)

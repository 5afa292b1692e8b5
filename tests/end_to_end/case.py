"""What is a case file, how does its request get on the wire, and what comes back?

The request is written by hand on a socket, so that no client library puts it right on its way. What
a case does before its request, and looks at after it, is done by `stage.py`.
"""

import base64
import io
import json
import re
import socket
from collections.abc import Mapping
from functools import cache
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
import yaml
from typing_extensions import override

CASES = Path(__file__).parents[1] / "cases"
WORLD = CASES / "mockserver.yaml"
FILES = sorted([*(CASES / "rrs").glob("*.yaml"), *(CASES / "bes").glob("*.yaml")])

TIMEOUT = 10
"""Seconds to wait for bytes that must come."""

_CHUNK = 16
"""Small enough to cut a character of several bytes in two."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Names = Mapping[str, str]
"""What each name in braces stands for."""

_NAME = re.compile(r"\{([a-z][a-z ]*)\}")
_TIME = r"\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\dZ"
_SIGNATURE = r"(?:[A-Za-z0-9]|%2B|%2F){43}%3D"
PATTERNS = {
    "a hex id": r"[0-9a-f]{32}",
    "a guid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "a token": rf"\?sv=2015-02-21&sr=b&sig={_SIGNATURE}&st={_TIME}&se={_TIME}&sp=r",
    "any text": r'(?:[^"\\]|\\.)*',
}
"""What no case can know: these may stand in an expected body, for whatever has this form."""


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


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job handed in at an endpoint of the world, given by its name there."""

    endpoint: str
    body: dict[str, Any]


class Token(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A SAS token that the storage account's owner signs, for a blob or a container."""

    blob: str
    permissions: str
    expiry: str = "2099-12-31T00:00:00Z"


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something done before or after the request: exactly one of these."""

    put: dict[str, Bytes] | None = None
    remove: str | None = None
    make_container: str | None = None
    sign: Token | None = None
    submit: Submission | None = None
    freeze: str | None = None
    advance: float | None = None

    def __post_init__(self) -> None:
        """Refuse a step that does nothing, or two things in an order that is not written."""
        if sum(getattr(self, name) is not None for name in self.__struct_fields__) != 1:
            raise ValueError(f"exactly one of {', '.join(self.__struct_fields__)}")


Steps = list[Step | Literal["start", "poll", "wait", "cancel"]]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come back, `body` to the byte; and what is then in storage (None: nothing)."""

    status: int
    body: str | dict[str, Any] | None
    headers: dict[str, str] = {}
    headers_absent: list[str] = []
    closes: bool = False
    blobs: dict[str, Bytes | None] = {}
    downloads: dict[str, Bytes | None] = {}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One behaviour on the wire."""

    title: str
    evidence: Literal["published", "captured", "assumed"]
    request: Request
    expect: Expected
    source: str | None = None
    world: str = WORLD.name
    before: Steps = []
    after: Steps = []


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
    return msgspec.convert(yaml.load(text, _Loader), Case)


@cache
def names_of(world: Path) -> Names:
    """Return what each name in braces stands for, from the world's own file."""
    names = {}
    for workspace in yaml.load(world.read_text(encoding="utf-8"), _Loader)["workspaces"]:
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


def fill(text: str, names: Names) -> str:
    """Put in what the names in braces stand for. Raises KeyError for one that nothing has."""
    return _NAME.sub(lambda found: found[0] if found[1] in PATTERNS else names[found[1]], text)


Filled = TypeVar("Filled")


def filled(value: Filled, names: Names) -> Filled:
    """Return a part of a case with every name in it, at any depth, filled in."""
    return msgspec.convert(_filled(msgspec.to_builtins(value), names), type(value))


def _filled(value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return fill(value, names)
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    if isinstance(value, dict):
        return {fill(key, names): _filled(item, names) for key, item in value.items()}
    return value


def is_expected(body: bytes, expected: bytes) -> bool:
    """Say whether a body is the expected one, to the byte, where that names no pattern."""
    pieces = _NAME.split(expected.decode())
    pattern = "".join(
        PATTERNS[piece] if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
    )
    return re.fullmatch(pattern.encode(), body, re.DOTALL) is not None


def as_json(value: object) -> bytes:
    """Write JSON as the service does: compact, in the given order, every character as it is."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def to_bytes(given: Bytes) -> bytes:
    """Return the bytes that a case file writes as a text or in parts."""
    if isinstance(given, str):
        return given.encode()
    pieces = ((part.text.encode() or base64.b64decode(part.base64), part.times) for part in given)
    return b"".join(piece * times for piece, times in pieces)


def request_bytes(request: Request, host: str) -> bytes:
    """Return the bytes of a request whose names are filled in, ready for the socket."""
    if request.raw is not None:
        return to_bytes(request.raw)
    body = as_json(request.body) if isinstance(request.body, dict) else to_bytes(request.body or "")
    headers = {"Host": host} | request.headers
    if request.chunked:
        headers["Transfer-Encoding"] = "chunked"
    elif length := _content_length(request, body):
        headers["Content-Length"] = length
    lines = [f"{request.method} {request.target} HTTP/1.1"]
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


_NEXT = filled(Request("GET", "{demo}/swagger.json"), names_of(WORLD))


def exchange(url: str, request: Request) -> Answer:
    """Send a request whose names are filled in, and read its answer.

    Then see whether the connection is still good for another.
    """
    with Line(url) as line:
        line.send(request)
        status, headers, body = line.receive(request.method)
        try:
            line.send(_NEXT)
            following: int | None = line.receive("GET")[0]
        except ConnectionError:
            following = None
        return Answer(status, headers, body, following)

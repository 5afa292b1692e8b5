"""How does a request get to the backend, and its response back?

Connections are kept; bodies are streamed both ways. What keeps a response from coming is a
`BackendFault`, worded by whoever answers the client.
"""

import asyncio
import ssl
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import quote, urlsplit

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.backend_connection import BackendConnection
from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.hosts import Destination, HostNotAllowed, Hosts
from mockserver.gateway.message import (
    HOP_BY_HOP,
    Body,
    ClientHost,
    Headers,
    Request,
    Response,
    named_by,
)

FACTS = (
    Fact(
        "The request goes to the backend with its subscription key and its Authorization,"
        " X-Forwarded-For gains the caller's address. Host is the backend's, or a policy's.",
        Evidence.PUBLISHED,
        "the pages on policies and on set-header; a trace sample. Host is an inference",
    ),
    Fact(
        "Status, headers and body of a response pass through; headers of the connection do not.",
        Evidence.PUBLISHED,
        "the page on policies, RFC 9110",
    ),
    Fact(
        "A request that met a connection which the backend had just closed is sent once more if its"
        " verb allows that; a POST is not.",
        Evidence.ASSUMED,
        "RFC 9110, section 9.2.2; what API Management does was not recorded",
    ),
)

_WHOLE = 64 << 10
"""Responses up to this size are read before they are sent on: one packet instead of two."""
_KEPT_SECONDS = 4.0
"""How long an idle connection is used again; common servers close theirs after 5 s."""
_NOT_FORWARDED = HOP_BY_HOP | {"host", "expect", "content-length", "x-forwarded-for"}
_WITHOUT_LENGTH = ("GET", "HEAD", "OPTIONS", "TRACE", "DELETE")
_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "PUT")
_LAST_OF_LATIN_1 = "\xff"
_BLANKS_OF_A_REQUEST_LINE = 2
_PORTS = {"http": 80, "https": 443}
_Address = tuple[str, str, int]


class Forwarder:
    """Sends requests to backends. Made on the event loop that it is used on."""

    def __init__(self, hosts: Hosts, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._hosts = hosts
        self._loop = asyncio.get_running_loop()
        self._idle: dict[_Address, list[BackendConnection]] = {}
        self._busy: set[BackendConnection] = set()
        self._addresses: dict[str, tuple[_Address, str]] = {}

    def close(self) -> None:
        """Close every connection."""
        for connection in [*self._busy, *(c for kept in self._idle.values() for c in kept)]:
            connection.abort()
        self._idle.clear()
        self._busy.clear()

    async def send(self, request: Request, seconds: float) -> Response:
        """Return the backend's response, its body perhaps still to come. Raises BackendFault.

        `seconds` is how long the head of the response may take.
        """
        try:
            destination = self._hosts.find(request.url.base)
            address, above = self._address(destination.origin)
        except (HostNotAllowed, ValueError) as error:
            raise BackendFault("BackendConnectionFailure", str(error)) from error
        head = _head(request, destination, above)
        deadline = self._loop.time() + seconds
        connection = self._kept(address)
        if connection is not None:
            try:
                return await self._exchange(connection, address, request, head, deadline)
            except BackendFault:
                was_stale = not connection.has_answered and self._loop.time() < deadline
                can_repeat = request.method in _IDEMPOTENT and request.body.content is not None
                if not was_stale or not can_repeat:
                    raise
        connection = await self._connect(address, deadline)
        return await self._exchange(connection, address, request, head, deadline)

    async def _exchange(
        self,
        connection: BackendConnection,
        address: _Address,
        request: Request,
        head: bytes,
        deadline: float,
    ) -> Response:
        self._busy.add(connection)
        is_taken = False

        def release() -> None:
            if connection in self._busy:
                self._busy.discard(connection)
                self._put_back(connection, address)

        try:
            left = max(deadline - self._loop.time(), 0.0)
            await connection.send(request.method, head, request.body, left)
            headers, length = _headers(connection)
            if connection.is_complete or (length is not None and length <= _WHOLE):
                body = Body(await connection.read_all(), is_buffered=False)
            else:
                body = Body(None, connection.stream(), length, is_buffered=False, release=release)
                is_taken = True
        finally:
            if not is_taken:
                release()
        return Response(connection.status, connection.reason.decode("latin-1"), headers, body)

    def _kept(self, address: _Address) -> BackendConnection | None:
        """Return a connection that was used before and is good still."""
        kept = self._idle.get(address)
        oldest = self._loop.time() - _KEPT_SECONDS
        while kept:
            connection = kept.pop()
            if connection.is_open and connection.idle_since >= oldest:
                return connection
            connection.abort()
        return None

    def _put_back(self, connection: BackendConnection, address: _Address) -> None:
        if connection.can_be_used_again:
            connection.idle_since = self._loop.time()
            self._idle.setdefault(address, []).append(connection)
        else:
            connection.abort()

    async def _connect(self, address: _Address, deadline: float) -> BackendConnection:
        scheme, host, port = address
        context = self._tls if scheme == "https" else None
        try:
            async with asyncio.timeout_at(deadline):
                _, connection = await self._loop.create_connection(
                    lambda: BackendConnection(self._deadlines), host, port, ssl=context
                )
        except TimeoutError:
            raise BackendFault("Timeout", "Request to the backend service timed out") from None
        except (OSError, ValueError) as error:
            problem = f"Error connecting to the backend {host}:{port}: {error}"
            raise BackendFault("BackendConnectionFailure", problem) from error
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _address(self, origin: str) -> tuple[_Address, str]:
        """Return where to connect for an origin, and the path that it holds."""
        known = self._addresses.get(origin)
        if known is None:
            parts = urlsplit(origin)
            if parts.scheme not in _PORTS:
                raise ValueError(f"{parts.scheme[:20]!r} is neither http nor https")
            port = parts.port or _PORTS[parts.scheme]
            known = (parts.scheme, parts.hostname or "", port), parts.path
            self._addresses[origin] = known
        return known


def _head(request: Request, destination: Destination, above: str) -> bytes:
    """Write the head of a request. Raises BackendFault if a policy put in what cannot be sent."""
    url = request.url
    target = above + (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", f"host: {_host(request, destination)}"]
    forwarded_for = []
    for name, value in request.headers.items():
        lowered = name.lower()
        if lowered not in _NOT_FORWARDED:
            lines.append(f"{name}: {value}")
        elif lowered == "x-forwarded-for":
            forwarded_for.append(value)
    if request.ip_address:
        forwarded_for.append(request.ip_address)
    if forwarded_for:
        lines.append(f"x-forwarded-for: {', '.join(forwarded_for)}")
    return _joined([*lines, *_framing(request)])


def _host(request: Request, destination: Destination) -> str:
    """Return the backend's host, or the one that a policy has set."""
    host = request.headers.get("host")
    return destination.host if host is None or isinstance(host, ClientHost) else host


def _joined(lines: Sequence[str]) -> bytes:
    """Put lines together; nothing in them may make another line. Raises BackendFault."""
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    is_whole = text.count("\n") == text.count("\r") == breaks and "\0" not in text
    if not is_whole or lines[0].count(" ") != _BLANKS_OF_A_REQUEST_LINE:
        problem = "A line break or a blank in the request's address or headers"
        raise BackendFault("BackendConnectionFailure", problem)
    try:
        return f"{text}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError:  # what a policy put in: only that is escaped
        escaped = "".join(c if c <= _LAST_OF_LATIN_1 else quote(c, errors="replace") for c in text)
        return f"{escaped}\r\n\r\n".encode("latin-1")


def _framing(request: Request) -> list[str]:
    """Say how long the body is, or that it comes in chunks."""
    body = request.body
    length = body.length if body.content is None else len(body.content)
    if length is None:
        return ["transfer-encoding: chunked"]
    if length or request.method not in _WITHOUT_LENGTH:
        return [f"content-length: {length}"]
    return []


def _headers(connection: BackendConnection) -> tuple[Headers, int | None]:
    """Return the headers of a response that go on to the client, and its announced length."""
    headers = Headers()
    length = None
    named: list[str] = []
    for raw_name, raw_value in connection.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        lowered = name.lower()
        if lowered in HOP_BY_HOP:
            if lowered == "connection":
                named.append(value)
            continue
        if lowered == "content-length":
            length = int(value)
        headers.add(name, value)
    for name in named_by(named):
        headers.popall(name, None)
    return headers, length

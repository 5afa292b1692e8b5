"""How does a surface come to listen on a port, and what happens to bytes that are not HTTP?"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import httptools
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A Content-Length that counts characters cuts the body short: the answer is the one to"
        " truncated JSON, then the connection is closed.",
        Evidence.ASSUMED,
        "a Node client declares such lengths; a server that reads by length must see this",
    ),
    Fact(
        "An offer to upgrade the connection is ignored and the request is answered.",
        Evidence.PUBLISHED,
        "RFC 9110, section 7.8",
    ),
)

KEEP_ALIVE_SECONDS = 120
_BACKLOG = 2048
_LARGEST_HELD = 4096
_LINGER_SECONDS = 1.0


class PortNotAvailable(Exception):
    """The address cannot be listened on; the text says which and why."""


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 picks a free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        what = getattr(error, "strerror", None) or "not a host name"
        raise PortNotAvailable(f"cannot listen on {host[:100]}:{port}: {what}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortNotAvailable(f"cannot listen on {host}:{port}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the URL under which a listening socket is reached from this machine."""
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


class Surface(Protocol):
    """What is served on a port: an ASGI app that also answers what is no request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...

    writes_date: bool
    """Whether its answers bear a Date already."""
    half_closed_seconds: float | None
    """How long a client that has closed its side may wait for an answer; None: for ever."""

    def refuse_unreadable(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Return headers and body of the answer to bytes that are no HTTP request."""
        ...


class SurfaceServer(uvicorn.Server):
    """uvicorn for one surface. The process owns the signals, since it has several surfaces."""

    def __init__(self, surface: Surface, shutdown_seconds: int, app: ASGIApp | None = None) -> None:
        """`app` answers in the surface's place: it may look at what passes."""
        protocol = type("SurfaceProtocol", (_Protocol,), {"surface": surface, "holding": []})
        super().__init__(
            uvicorn.Config(
                app or surface,
                http=protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=not surface.writes_date,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=shutdown_seconds,
            )
        )
        self.listening = asyncio.Event()

    @override
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def _no() -> bool:
    return False


class _Transport(asyncio.Transport):
    """A transport that sends the head of a reply together with what follows it.

    uvicorn writes head and body apart, which costs a system call and a packet more for each reply:
    a sixth of the time of a small one. What is held back is written with the next bytes, or at the
    latest when the event loop comes round: `holding` are the server's transports that wait for it.
    """

    def __init__(self, transport: asyncio.Transport, holding: "list[_Transport]") -> None:
        super().__init__()
        self._transport = transport
        self._holding = holding
        self._held = b""
        self.lingers = False
        """Whether the peer may still be sending: to close at once would make its system drop what
        it has not read yet, the last reply included."""
        self.is_uploading: Callable[[], bool] = _no
        """Whether a request is on its way whose answer may be written before it is all there."""
        self.is_closing = transport.is_closing  # type: ignore[method-assign]
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign]
        self.pause_reading = transport.pause_reading  # type: ignore[method-assign]
        self.resume_reading = transport.resume_reading  # type: ignore[method-assign]

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        elif len(data) < _LARGEST_HELD:
            self._held = bytes(data)
            if not self._holding:
                asyncio.get_running_loop().call_soon(_flush_all, self._holding)
            self._holding.append(self)
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Write what is held back."""
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    @override
    def close(self) -> None:
        self.flush()
        self.lingers = self.lingers or self.is_uploading()
        if not self.lingers:
            self._transport.close()
        elif not self.is_closing():
            self._transport.write_eof()
            self.is_closing = lambda: True  # type: ignore[method-assign]
            self.write = _drop  # type: ignore[method-assign]
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.close)


def _drop(data: bytes | bytearray | memoryview) -> None:
    """Write nothing: what an application says after the end is said to nobody."""


def _flush_all(holding: list[_Transport]) -> None:
    transports = holding.copy()
    holding.clear()
    for transport in transports:
        transport.flush()


class _AfterHead:
    """Hears a parser on a request whose head is known: passes on its body and all that follows."""

    def __init__(self, protocol: HttpToolsProtocol) -> None:
        self._protocol = protocol
        self._messages = 0
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete

    def on_message_begin(self) -> None:
        self._messages += 1
        if self._messages > 1:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self._messages > 1:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._messages > 1:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._messages > 1:
            self._protocol.on_headers_complete()


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 that lets the surface answer unreadable bytes, and that declines upgrades."""

    surface: Surface
    holding: list[_Transport]
    transport: _Transport

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._idle_since = 0.0
        self.transport = _Transport(transport, self.holding)
        self.transport.is_uploading = self._is_uploading

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.transport.is_uploading = _no  # it refers back: a circle for the garbage collector

    def _is_uploading(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and cycle.more_body

    @override
    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        # What comes behind a body is no header of the request: nobody checked it as one.
        self.headers = []

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.lingers:
            return  # the connection is over; what still comes is of no interest
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._decline_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("")

    @override
    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the connection for the reply to a client that has said all it had to say."""
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        seconds = self.surface.half_closed_seconds
        if seconds is not None:
            self.loop.call_later(seconds, self._count_as_gone, cycle)
        return True

    def _count_as_gone(self, cycle: Any) -> None:
        """Take it that a client that closed its side will not wait for an answer any more."""
        if not cycle.response_started:
            self.transport.close()

    @override
    def on_response_complete(self) -> None:
        if self.pipeline or self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        # One timer watches a connection for as long as it is used: to set and clear one for each
        # request, as uvicorn does, would cost a twentieth of the time of a small call.
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch(self.timeout_keep_alive)

    def _watch(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    @override
    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if not self.cycle.response_complete:
            return  # in use; the end of its reply starts the watch again
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch(left)
        else:
            super().timeout_keep_alive_handler()

    def _decline_upgrade(self, rest: bytes) -> None:
        """Go on with a request whose sender offers to speak another protocol.

        Java's HTTP client offers HTTP/2 with every first request. The parser stops at such an offer
        and would leave the body unread, so another one reads the request without it.
        """
        fields = [
            b"%b: %b\r\n" % field for field in self.scope["headers"] if field[0] != b"upgrade"
        ]
        # To the parser CONNECT is an offer whatever its headers say; the verb is known already.
        method = self.parser.get_method().replace(b"CONNECT", b"POST")
        head = b"%b / HTTP/1.1\r\n%b\r\n" % (method, b"".join(fields))
        self.cycle.more_body = True
        self.parser = httptools.HttpRequestParser(_AfterHead(self))
        self.data_received(head + rest)

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are no request, but let an earlier request on the line finish first."""
        del msg
        self.transport.lingers = True
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            # The request before is complete: what follows it is the rest of its body.
            cycle.keep_alive = False
            return
        headers, body = self.surface.refuse_unreadable()
        fields = b"".join(
            b"%b: %b\r\n" % field for field in (*self.server_state.default_headers, *headers)
        )
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\n%bconnection: close\r\ncontent-length: %d\r\n\r\n%b"
            % (fields, len(body), body)
        )
        self.transport.close()

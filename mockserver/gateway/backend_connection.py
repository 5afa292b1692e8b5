"""How does one connection to a backend carry a request and its response?

The HTTP of backends is read by httptools, as that of clients is. What goes out is written as it is
given: ADR 0014 has the figures, and what other clients change on the way.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, cast

import httptools
from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.incoming import ClientGone
from mockserver.gateway.message import Body, BodyTooLarge

FACTS = (
    Fact(
        "A backend that sends nothing for 240 s within a response is given up.",
        Evidence.ASSUMED,
        "the idle limit of Azure's load balancer; what the gateway then does was not recorded",
    ),
)

IDLE_SECONDS = 240.0
_LARGEST_HEAD = 256 << 10
_MUCH = 256 << 10
"""How many bytes of a body may wait to be taken; above it the backend has to wait."""
_CONTINUE, _SWITCHING, _FINAL, _LAST = 100, 101, 200, 599
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_BODILESS = (204, 304)
_CLOSED = "The backend closed the connection"


class BackendConnection(asyncio.Protocol):
    """One connection; it carries one exchange at a time.

    Once `send` has returned, `status`, `reason` and `headers` are those of the response.
    """

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self.is_open = False
        """Whether another request may be sent when this one is over."""
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._writable = asyncio.Event()
        self._writable.set()
        self._begin("")

    def _begin(self, method: str) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._method = method
        self._waiter: asyncio.Future[None] | None = None
        self._fault: BackendFault | None = None
        self._upload: asyncio.Task[None] | None = None
        self._pieces: list[bytes] = []
        self._untaken = 0
        self._fruitless = 0
        """Bytes that have come since the last one of a body."""
        self._ends_with_connection = self._is_paused = False
        self.has_answered = False
        """Whether anything at all has come back."""
        self.is_complete = False
        """Whether all of the response has come."""
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []

    async def send(self, method: str, head: bytes, body: Body, seconds: float) -> None:
        """Send a request; return when the head of its response is there. Raises BackendFault.

        `seconds` is how long that may take.
        """
        self._begin(method)
        if not self.is_open:  # lost since it was made, or since it was last used
            raise BackendFault("BackendConnectionFailure", _CLOSED)
        if body.content is not None:
            self._transport.write(head + body.content)
        else:
            self._transport.write(head)
            self._upload = self._loop.create_task(self._send_stream(body))
        await self._wait(seconds)

    async def read_all(self) -> bytes:
        """Return the whole body of the response. Raises BackendFault."""
        if not self.is_complete:
            return b"".join([piece async for piece in self.stream()])
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body of the response as it comes. Raises BackendFault."""
        while True:
            for piece in self._take():
                yield piece
            if self._pieces:
                continue
            if self.is_complete:
                return
            await self._wait(IDLE_SECONDS)

    @property
    def can_be_used_again(self) -> bool:
        """Whether the exchange is over on both sides, and neither wants to close."""
        has_sent = self._upload is None or self._upload.done()
        return self.is_open and self.is_complete and has_sent

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self.is_open = False
        if self._upload is not None:
            self._upload.cancel()
        self._transport.abort()

    async def _wait(self, seconds: float) -> None:
        """Wait for the head, or for more of the body."""
        if self._fault is not None:
            raise self._fault
        self._waiter = self._loop.create_future()
        deadline = self._deadlines.after(seconds, self._give_up)
        try:
            await self._waiter
        finally:
            self._deadlines.drop(deadline)
            self._waiter = None

    def _take(self) -> list[bytes]:
        pieces, self._pieces, self._untaken = self._pieces, [], 0
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        return pieces

    async def _send_stream(self, body: Body) -> None:
        is_chunked = body.length is None
        try:
            async for piece in cast("AsyncIterator[bytes]", body.stream):
                await self._writable.wait()
                if is_chunked and piece:
                    self._transport.writelines([b"%x\r\n" % len(piece), piece, b"\r\n"])
                else:
                    self._transport.write(piece)
            if is_chunked:
                self._transport.write(b"0\r\n\r\n")
        except (ClientGone, BodyTooLarge, BackendFault) as error:
            self._fail(str(error) or "The client closed its connection")
            self._transport.abort()

    def _give_up(self) -> None:
        self._fail("Request to the backend service timed out", "Timeout")
        self.abort()

    def _fail(
        self,
        message: str,
        reason: Literal["Timeout", "BackendConnectionFailure"] = "BackendConnectionFailure",
    ) -> None:
        """End the exchange: whoever waits, now or later, learns why."""
        self.is_open = False
        if self.is_complete or self._fault is not None:
            return
        self._fault = BackendFault(reason, message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(self._fault)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # What the transport tells:

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    @override
    def data_received(self, data: bytes) -> None:
        if self.is_complete or not self._method:  # nobody asked for these bytes
            self.abort()
            return
        self.has_answered = True
        self._fruitless += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(f"The response of the backend is not HTTP: {error}")
            self.abort()
        if self._fruitless > _LARGEST_HEAD:
            self._fail("The head of the response, or what follows its body, is too large")
        if self._fault is not None:
            self.abort()

    @override
    def eof_received(self) -> bool:
        self._end(_CLOSED)
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._writable.set()
        self._end(f"{_CLOSED}: {exc}" if exc else _CLOSED, is_clean=exc is None)

    @override
    def pause_writing(self) -> None:
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        self._writable.set()

    def _end(self, message: str, *, is_clean: bool = True) -> None:
        self.is_open = False
        if self.status and self._ends_with_connection and is_clean and self._fault is None:
            self.is_complete = True
            self._wake()
        else:
            self._fail(message)

    # What the parser tells:

    def on_message_begin(self) -> None:
        """Take note that another response begins: nobody asked for it."""
        if self.is_complete:
            self.is_open = False

    def on_status(self, reason: bytes) -> None:
        """Take the words beside the status, or some more of them."""
        if not self.status:
            self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one that comes behind the body is not passed on."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take note that the head of a response is there."""
        if self.status:
            return
        status = self._parser.get_status_code()
        is_framed = not _FRAMING.isdisjoint([name.lower() for name, _ in self.headers])
        if _CONTINUE <= status < _FINAL and status != _SWITCHING and not is_framed:
            self.reason, self.headers = b"", []  # the final response comes yet
            return
        if not _FINAL <= status <= _LAST:
            self._fail(f"The backend answered with status {status}")
            return
        self.status = status
        self._ends_with_connection = not is_framed
        if not self._parser.should_keep_alive():
            self.is_open = False
        if self._method == "HEAD" or status in _BODILESS:
            self.is_complete = True
        self._wake()

    def on_body(self, data: bytes) -> None:
        """Take a piece of the body."""
        if self.is_complete:  # there should be none
            self.is_open = False
        if self.is_complete or not self.status:
            return
        self._fruitless = 0
        self._pieces.append(data)
        self._untaken += len(data)
        if self._untaken > _MUCH and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """Take note that the response is complete; an interim one never is."""
        if self.status:
            self.is_complete = True
            self._wake()

"""What did the gateway send to its backend, byte by byte, and what if the backend misbehaves?

A `RecordingBackend` is a server of its own on a real socket. It answers as it is told, also with
what no web framework would send: nothing, half a body, a reset, bytes that are no HTTP.
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any, Literal

import httptools
import msgspec

from tests.end_to_end.case import Bytes, as_json, to_bytes

_READ = 64 << 10
_CHUNK = 16
_BODILESS = (204, 304)
_OK = {"ok": True}


class BackendAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the backend answers: a response, or as `raw` whatever bytes; see tests/cases/README."""

    status: int = 200
    reason: str | None = None
    headers: dict[str, str] | list[str] = {}
    body: Bytes | dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET
    chunked: bool = False
    content_length: int | Literal["none"] | None = None
    raw: Bytes | None = None
    delay: float = 0.0
    sends: Literal["all", "nothing", "head", "half"] = "all"
    then: Literal["go on", "close", "reset", "hang"] = "go on"

    def header_lines(self) -> list[str]:
        """Return the headers as they are written, in their order."""
        if isinstance(self.headers, list):
            return list(self.headers)
        return [f"{name}: {value}" for name, value in self.headers.items()]


class Recorded(msgspec.Struct):
    """A request as it came, from the end of its head on; the body is without its framing."""

    connection: int
    method: str = ""
    target: str = ""
    headers: list[tuple[str, str]] = []
    body: bytes = b""
    is_whole: bool = False
    """False as long as some of it is still to come."""

    def values(self, name: str) -> list[str]:
        """Return the values of a header, in their order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class _Reading:
    """Hears the parser of one connection: `requests` are those that are whole."""

    def __init__(self, connection: int, backend: "RecordingBackend") -> None:
        self._connection = connection
        self._backend = backend
        self._now = Recorded(connection)
        self.whole: list[Recorded] = []
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._now = Recorded(self._connection, headers=[])

    def on_url(self, url: bytes) -> None:
        self._now.target += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._now.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._now.method = self.parser.get_method().decode()
        self._backend.seen.append(self._now)

    def on_body(self, body: bytes) -> None:
        self._now.body += body

    def on_message_complete(self) -> None:
        self._now.is_whole = True
        self.whole.append(self._now)


class RecordingBackend:
    """A backend that writes down what it gets. Use `running_backend`."""

    def __init__(self) -> None:
        self.seen: list[Recorded] = []
        self.open = 0
        """How many connections there are."""
        self.connections = 0
        """How many there have been."""
        self.answers: Sequence[BackendAnswer] = ()
        """What it answers, one after the other, the last one for ever; none: a small JSON."""
        self.for_targets: Mapping[str, BackendAnswer] = {}
        """What it answers to these targets instead."""
        self._given = 0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop
        self._server: asyncio.Server | None = None
        self.address = ""

    def clear(
        self,
        answers: Sequence[BackendAnswer] = (),
        for_targets: Mapping[str, BackendAnswer] | None = None,
    ) -> None:
        """Forget what was seen; give these answers from now on."""
        self.forget()
        self.answers, self._given = answers, 0
        self.for_targets = for_targets or {}

    def forget(self) -> None:
        """Forget what was seen, and go on."""
        self.seen = []

    async def start(self) -> None:
        """Listen on a free port."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def drop(self) -> None:
        """Close every connection at once. From any thread."""
        for writer in tuple(self._writers):
            self._loop.call_soon_threadsafe(writer.transport.abort)

    def _next(self, request: Recorded) -> BackendAnswer:
        if request.target in self.for_targets:
            return self.for_targets[request.target]
        if not self.answers:
            return BackendAnswer()
        self._given += 1
        return self.answers[min(self._given, len(self.answers)) - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.open += 1
        self.connections += 1
        try:
            # A reset by the gateway, or bytes that are no HTTP: the connection is over.
            with suppress(OSError, httptools.HttpParserError, asyncio.CancelledError):
                await self._converse(reader, writer)
        finally:
            self.open -= 1
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reading = _Reading(self.connections, self)
        while data := await reader.read(_READ):
            reading.parser.feed_data(data)
            while reading.whole:
                request = reading.whole.pop(0)
                if not await self._answer(self._next(request), request, reader, writer):
                    return

    async def _answer(
        self,
        answer: BackendAnswer,
        request: Recorded,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer; return whether the connection goes on."""
        await asyncio.sleep(answer.delay)
        writer.write(answer_bytes(answer, request.method))
        await writer.drain()
        ends_body = answer.content_length == "none" and not answer.chunked
        if answer.then == "reset":
            connection: socket.socket = writer.get_extra_info("socket")
            linger = struct.pack("ii", 1, 0)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif answer.then == "hang":
            while await reader.read(_READ):
                pass
        elif answer.then == "close" or ends_body:
            writer.write_eof()
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    while await reader.read(_READ):
                        pass
        else:
            return True
        return False


def answer_bytes(answer: BackendAnswer, method: str) -> bytes:
    """Return what goes on the wire, as far as it does."""
    if answer.sends == "nothing":
        return b""
    if answer.raw is not None:
        return to_bytes(answer.raw)
    body = content_of(answer)
    has_body = method != "HEAD" and answer.status not in _BODILESS
    head = _head(answer, body)
    if answer.sends == "head" or not has_body:
        return head
    if answer.sends == "half":
        body = body[: len(body) // 2]
        return head + (_chunks(body) if answer.chunked else body)
    return head + (_chunks(body) + b"0\r\n\r\n" if answer.chunked else body)


def content_of(answer: BackendAnswer) -> bytes:
    """Return the body of an answer before it is framed."""
    if answer.body is msgspec.UNSET:
        return as_json(_OK)
    if isinstance(answer.body, dict):
        return as_json(answer.body)
    return to_bytes(answer.body or "")


def _head(answer: BackendAnswer, body: bytes) -> bytes:
    reason = answer.reason
    if reason is None:
        known = answer.status in set(HTTPStatus)
        reason = HTTPStatus(answer.status).phrase if known else ""
    lines = answer.header_lines()
    names = {line.partition(":")[0].lower() for line in lines}
    has_body = answer.status not in _BODILESS
    is_json = answer.body is msgspec.UNSET or isinstance(answer.body, dict)
    if has_body and is_json and "content-type" not in names:
        lines.append("Content-Type: application/json")
    if answer.chunked:
        lines.append("Transfer-Encoding: chunked")
    elif answer.content_length is None and has_body and "content-length" not in names:
        lines.append(f"Content-Length: {len(body)}")
    elif isinstance(answer.content_length, int):
        lines.append(f"Content-Length: {answer.content_length}")
    text = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {answer.status} {reason}", *lines))
    return text.encode("latin-1") + b"\r\n"


def _chunks(body: bytes) -> bytes:
    pieces = [body[start : start + _CHUNK] for start in range(0, len(body), _CHUNK)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


@contextmanager
def running_backend() -> Iterator[RecordingBackend]:
    """Run a recording backend in a thread of its own."""
    backend = RecordingBackend()
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever, name="backend", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(backend.start(), loop).result()
            yield backend
        finally:
            asyncio.run_coroutine_threadsafe(backend.stop(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()


def closed_port() -> str:
    """Return an address where nobody listens: `host:port`."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
    return f"{host}:{port}"

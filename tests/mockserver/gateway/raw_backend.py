"""What does a backend do on the wire when a test scripts it byte by byte, and who runs the test?

`run` plays a test on asyncio's loop in its debug mode, then on uvloop; nothing may stay behind.
"""

import asyncio
import gc
import socket
import struct
from asyncio import StreamReaderProtocol
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Self

import uvloop

from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.forwarding import Forwarder
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.message import Body, Headers, Request, Url

PATIENCE = 60.0
"""Seconds after which a test is given up."""
LOOPS: tuple[Callable[[], asyncio.AbstractEventLoop], ...] = (
    asyncio.new_event_loop,
    uvloop.new_event_loop,
)
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[object]]
"""What is done on a connection; they are counted from 1."""


def run(
    play: Callable[[], Coroutine[Any, Any, None]],
    loops: Sequence[Callable[[], asyncio.AbstractEventLoop]] = LOOPS,
) -> None:
    """Play a test on both loops; whatever is left of it, or told to nobody, fails the test."""
    for factory in loops:
        problems: list[dict[str, Any]] = []
        is_debug = factory is asyncio.new_event_loop
        with asyncio.Runner(debug=is_debug, loop_factory=factory) as runner:
            runner.get_loop().slow_callback_duration = PATIENCE
            runner.get_loop().set_exception_handler(_note_in(problems))
            runner.run(_watched(play))
        assert not problems, str(problems)


def _note_in(problems: list[dict[str, Any]]) -> Callable[[object, dict[str, Any]], None]:
    def note(_: object, told: dict[str, Any]) -> None:
        protocol = told.get("protocol")
        is_servers = isinstance(getattr(protocol, "_app_protocol", protocol), StreamReaderProtocol)
        if not is_servers:  # our server's half of a handshake that a client breaks off
            problems.append(told)

    return note


async def _watched(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await asyncio.wait_for(play(), PATIENCE)
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect(0)  # what has just become garbage: the whole heap would take a fifth of a second
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, str(left)


async def until(condition: Callable[[], object], what: str) -> None:
    """Return once a condition holds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"waited in vain: {what}")


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return head and body of a request. Raises IncompleteReadError."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head[:-4].split(b"\r\n")[1:])
    if b"transfer-encoding" in fields:
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        assert await reader.readline() == b"\r\n"
        return head, body
    return head, await reader.readexactly(int(fields.get(b"content-length", b"0")))


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset."""
    lingers = struct.pack("ii", 1, 0)
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingers)
    writer.transport.abort()


class RawBackend:
    """A server whose connections are scripted; it keeps what it was sent."""

    def __init__(self, script: Script, host: str = "127.0.0.1", **more: Any) -> None:
        self._script, self._host, self._more = script, host, more
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.accepted = self.open = 0
        self.requests: list[tuple[bytes, bytes]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, self._host, 0, **self._more)
        self.port: int = self._server.sockets[0].getsockname()[1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.place = f"{shown}:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:  # those too whose task has never begun
            writer.close()
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._writers.append(writer)
        self._tasks.add(asyncio.create_task(self._serve(reader, writer, self.accepted)))

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.open += 1
        try:
            await self._script(reader, writer, number)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def take(self, reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
        """Read a request and keep it."""
        request = await read_request(reader)
        self.requests.append(request)
        return request


def answering(*pieces: bytes, pause: float = 0.0) -> RawBackend:
    """Return a backend that sends the same pieces to each request."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        del number
        while True:
            await backend.take(reader)
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)

    backend = RawBackend(script)
    return backend


GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def forwarder(*places: str) -> Forwarder:
    """Return what sends to these places, and nowhere else."""
    return Forwarder(Hosts({}, places), Deadlines())


def request_to(
    place: str,
    method: str = "GET",
    body: Body | None = None,
    path: str = "/a",
    headers: list[tuple[str, str]] | None = None,
) -> Request:
    """Return a request for a place, from nobody."""
    return Request(method, Url(f"http://{place}", path), Headers(headers or []), body or Body())

"""Are ports taken cleanly, and is what is no HTTP answered by the surface?"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.ready_file import Ready
from mockserver.serving import (
    KEEP_ALIVE_SECONDS,
    PortNotAvailable,
    Surface,
    SurfaceServer,
    address_of,
    listen,
)


def test_port_0_is_a_free_one() -> None:
    """Two listeners on port 0 get two ports; the address is one to connect to."""
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", 0) as other:
        assert address_of(one) != address_of(other)
        assert address_of(one).startswith("http://127.0.0.1:")


def test_an_address_for_all_interfaces_is_shown_as_a_reachable_one() -> None:
    """Nobody can connect to 0.0.0.0; ipv6 addresses get their brackets."""
    with listen("0.0.0.0", 0) as everywhere:
        assert address_of(everywhere).startswith("http://127.0.0.1:")
    with listen("::1", 0) as loopback:
        assert address_of(loopback).startswith("http://[::1]:")


def test_a_taken_port_and_an_unknown_host_are_told() -> None:
    """Both are one failure that names the address."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortNotAvailable, match=f"{port}: Address already in use"):
            listen("127.0.0.1", port)
    with pytest.raises(PortNotAvailable, match=r"cannot listen on no\.such\.host\.invalid:1"):
        listen("no.such.host.invalid", 1)


def exchange(ready: Ready, *sent: bytes) -> bytes:
    """Send bytes on one connection; return all that comes until the server closes it."""
    host, _, port = ready["services"]["url"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for part in sent:
            connection.sendall(part)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


@pytest.mark.parametrize(
    "sent",
    [
        b"this is not HTTP\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_gets_the_envelope(ready: Ready, sent: bytes) -> None:
    """Unreadable bytes are answered 400 with the surface's own body, and the line is closed."""
    head, _, body = exchange(ready, sent).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    assert b"x-ms-request-id: " in head
    assert b"date: " in head
    assert b'"code":"RequestIsEmpty"' in body


def test_nothing_is_said_after_the_last_word(
    ready: Ready, caplog: pytest.LogCaptureFixture
) -> None:
    """A call whose body is no HTTP has one answer, and the application no trouble with it."""
    services = ready["services"]
    path = f"/workspaces/{services['workspace']}/services/{services['service']}/execute"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    answer = exchange(ready, head + b"ZZ\r\n\r\n")
    assert answer.count(b"HTTP/1.1") == 1
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_the_rest_of_a_body_does_not_replace_the_answer(ready: Ready) -> None:
    """If more bytes come than were announced, the request that was announced is answered."""
    path = f"/workspaces/{ready['services']['workspace']}/services/nonsense/execute"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n".encode()
    answer = exchange(ready, head + b"{}" + b'"}}')
    assert answer.count(b"HTTP/1.1") == 1
    assert b"WebServiceIdInvalid" in answer


def test_a_tunnel_is_declined(ready: Ready) -> None:
    """CONNECT asks for what no web service offers."""
    answer = exchange(ready, b"CONNECT example.test:443 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")


class Streaming:
    """A surface that sends its head at once and its body in parts, the last one when told to."""

    writes_date = False
    half_closed_seconds: float | None = None

    def __init__(self) -> None:
        self.finish = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for part in (b"a" * 10_000, b"b", b"c" * 10_000, b"d" * 100_000):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"e", "more_body": True})
        await self.finish.wait()
        await send({"type": "http.response.body", "body": b"f"})

    def refuse_unreadable(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        return [], b""


@asynccontextmanager
async def served(
    surface: Surface,
) -> AsyncIterator[tuple[SurfaceServer, asyncio.StreamReader, asyncio.StreamWriter]]:
    """Serve a surface in this event loop; yield the server and a connection to it."""
    listener = listen("127.0.0.1", 0)
    server = SurfaceServer(surface, 5)
    serving = asyncio.create_task(server.serve([listener]))
    await server.listening.wait()
    reader, writer = await asyncio.open_connection(*listener.getsockname(), limit=1 << 20)
    yield server, reader, writer
    writer.close()
    server.should_exit = True
    await serving


def test_nothing_is_held_back_for_long() -> None:
    """Parts of a reply arrive in order, whole, and before the next one is ready."""

    async def exercise() -> bytes:
        surface = Streaming()
        async with served(surface) as (_, reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            early = await asyncio.wait_for(reader.readuntil(b"\r\ne\r\n"), 10)
            surface.finish.set()
            return early + await asyncio.wait_for(reader.read(), 10)

    head, _, body = asyncio.run(exercise()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    parts = body.split(b"\r\n")[1::2]
    sizes = [10_000, 1, 10_000, 100_000, 1, 1]
    assert parts[:6] == [bytes([97 + i]) * size for i, size in enumerate(sizes)]


def test_a_client_may_close_its_side() -> None:
    """Who has sent all and says so still gets the whole reply, then the end."""

    async def exercise() -> bytes:
        surface = Streaming()
        async with served(surface) as (_, reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            writer.write_eof()
            early = await asyncio.wait_for(reader.readuntil(b"\r\ne\r\n"), 10)
            surface.finish.set()
            return early + await asyncio.wait_for(reader.read(), 10)

    assert asyncio.run(exercise()).endswith(b"\r\n1\r\nf\r\n0\r\n\r\n")


def test_a_refused_client_may_go_on_sending(ready: Ready) -> None:
    """The answer to what is no HTTP can be read, though more was sent after it."""
    host, _, port = ready["services"]["url"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for _ in range(50):
            connection.sendall(b"no HTTP " * 1000)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    assert received.count(b"HTTP/1.1 400 ") == 1
    assert received.endswith(b"}}")


def test_an_idle_connection_is_closed_and_a_used_one_is_not() -> None:
    """The watch over a connection counts from its last reply, and waits for one that is due."""

    async def exercise() -> None:
        surface = Streaming()
        async with served(surface) as (server, reader, writer):

            async def request(until: bytes) -> None:
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await asyncio.wait_for(reader.readuntil(until), 10)

            await request(b"\r\ne\r\n")
            (protocol,) = server.server_state.connections
            assert isinstance(protocol, HttpToolsProtocol)
            protocol.timeout_keep_alive_handler()
            assert not protocol.transport.is_closing(), "a reply is due"
            surface.finish.set()
            await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 10)
            await request(b"0\r\n\r\n")
            protocol.timeout_keep_alive_handler()
            assert not protocol.transport.is_closing(), "it was used a moment ago"
            assert protocol.timeout_keep_alive_task is not None
            vars(protocol)["_idle_since"] -= KEEP_ALIVE_SECONDS
            protocol.timeout_keep_alive_handler()
            assert await asyncio.wait_for(reader.read(), 10) == b""

    asyncio.run(exercise())


@pytest.mark.parametrize("surface", ["services", "storage", "gateway"])
@pytest.mark.parametrize(
    "sent",
    [b"CONNECT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"what?\r\n\r\n"],
)
def test_every_surface_answers_what_it_cannot_serve(
    ready: Ready, surface: Literal["services", "storage", "gateway"], sent: bytes
) -> None:
    """In its own form: no surface closes a connection without a word."""
    host, _, port = ready[surface]["url"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    assert received.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 ", b"HTTP/1.1 403 "))
    assert received.count(b"HTTP/1.1 ") == 1


def test_the_gateway_words_what_is_no_http(ready: Ready) -> None:
    """As it words any refusal of its own."""
    host, _, port = ready["gateway"]["url"].removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"what?\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head
    assert body == b'{ "statusCode": 400, "message": "Bad Request" }'


class Patient:
    """A surface that answers when it is told to; it counts clients that close as gone."""

    writes_date = False
    half_closed_seconds: float | None = 0.1

    def __init__(self) -> None:
        self.finish = asyncio.Event()
        self.is_gone = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await receive()
        finishing = asyncio.create_task(self.finish.wait())
        leaving = asyncio.ensure_future(receive())
        done, pending = await asyncio.wait(
            [finishing, leaving], return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        if leaving in done:
            self.is_gone.set()
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    def refuse_unreadable(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        return [], b""


def test_a_surface_may_count_a_client_that_closed_its_side_as_gone() -> None:
    """After some seconds; until then it gets its answer. Another surface waits for ever."""

    async def exercise() -> None:
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        surface = Patient()
        async with served(surface) as (_, reader, writer):
            writer.write(request)
            writer.write_eof()
            await asyncio.wait_for(surface.is_gone.wait(), 10)
            assert await asyncio.wait_for(reader.read(), 10) == b""
        surface = Patient()
        surface.half_closed_seconds = None
        async with served(surface) as (_, reader, writer):
            writer.write(request)
            writer.write_eof()
            await asyncio.sleep(0.2)
            assert not surface.is_gone.is_set()
            surface.finish.set()
            assert b"late" in await asyncio.wait_for(reader.read(), 10)

    asyncio.run(exercise())

"""Do requests reach backends as they are, and responses come back, on connections kept well?"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway import forwarding
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.forwarding import Forwarder
from mockserver.gateway.hosts import Destination
from mockserver.gateway.message import Body, ClientHost, Request, Response, Url
from tests.mockserver.gateway.certificates import self_signed
from tests.mockserver.gateway.raw_backend import (
    GOOD,
    RawBackend,
    answering,
    forwarder,
    request_to,
    reset,
    run,
    until,
)

MEGABYTE = 1 << 20
SOON = 5.0
Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter


def idle(forwarder: Forwarder) -> int:
    """Return how many connections wait to be used again."""
    return sum(len(kept) for kept in forwarder._idle.values())


def kept(forwarder: Forwarder) -> int:
    """Return how many connections there are."""
    return idle(forwarder) + len(forwarder._busy)


async def whole(response: Response) -> bytes:
    """Return the body of a response, and give its connection back."""
    try:
        return await response.body.load(100 * MEGABYTE)
    finally:
        if response.body.release is not None:
            response.body.release()


async def stream(size: int, piece: int = 64 << 10) -> AsyncIterator[bytes]:
    for start in range(0, size, piece):
        await asyncio.sleep(0)
        yield b"u" * min(piece, size - start)


# --- what goes out --------------------------------------------------------------------------------


def head_of(request: Request) -> list[bytes]:
    """Return the lines that a backend gets."""
    heads: list[bytes] = []
    above = request.url.base.removeprefix("http://")

    async def play() -> None:
        async with answering(GOOD) as backend:
            sender = forwarder(backend.place)
            request.url.base = f"http://{backend.place}{above}"
            await whole(await sender.send(request, SOON))
            head, _ = backend.requests[0]
            heads.append(head.replace(backend.place.encode(), b"PLACE"))
            sender.close()

    run(play)
    assert heads[0] == heads[-1]
    return heads[0].split(b"\r\n")


def test_a_head_is_what_the_client_sent() -> None:
    """Order, case and duplicates stay; only the headers of the connection do not."""
    headers = [
        ("Accept", "b"),
        ("X-Twice", "1"),
        ("Host", "gateway.example"),
        ("accept", "a"),
        ("x-TWICE", "2"),
        ("Connection", "keep-alive, X-Hop ,, x-other"),  # what it names went when it came in
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Trailer", "X"),
        ("Transfer-Encoding", "chunked"),
        ("Upgrade", "h2c"),
        ("Proxy-Connection", "close"),
        ("Expect", "100-continue"),
        ("Content-Length", "99"),
        ("Authorization", "Bearer key"),
        ("Ocp-Apim-Subscription-Key", "k"),
        ("Cookie", "\xe9=\xff"),
        ("Empty", ""),
    ]
    request = request_to("", headers=headers, path="/a;b?")
    request.headers["host"] = ClientHost("gateway.example")
    assert head_of(request) == [
        b"GET /a;b? HTTP/1.1",
        b"host: PLACE",
        b"Accept: b",
        b"X-Twice: 1",
        b"accept: a",
        b"x-TWICE: 2",
        b"Authorization: Bearer key",
        b"Ocp-Apim-Subscription-Key: k",
        b"Cookie: \xe9=\xff",
        b"Empty: ",
        b"",
        b"",
    ]


def request_of(base: str, path: str, query: str) -> Request:
    return Request("GET", Url(base, path, query), request_to("").headers, Body())


@pytest.mark.parametrize(
    ("base", "path", "query", "target"),
    [
        ("", "", "", b"/"),
        ("", "", "a=1", b"/?a=1"),
        ("/above", "", "", b"/above/"),
        ("/above", "/a", "b", b"/above/a?b"),
        ("", "//a//b", "", b"//a//b"),
        ("", "/a%20b%2Fc%00", "d=%0d%0a?e", b"/a%20b%2Fc%00?d=%0d%0a?e"),
        ("", "/a/../b/.", "", b"/a/../b/."),
        ("", "/\xe9", "\xff", b"/\xe9?\xff"),
    ],
)
def test_a_target_is_sent_to_the_byte(base: str, path: str, query: str, target: bytes) -> None:
    """Path and query are not read, resolved or escaped anew."""
    assert head_of(request_of(base, path, query))[0] == b"GET %b HTTP/1.1" % target


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ([], b"x-forwarded-for: 10.0.0.1"),
        (["1.2.3.4"], b"x-forwarded-for: 1.2.3.4, 10.0.0.1"),
        (["1.2.3.4, 5.6.7.8", "::1"], b"x-forwarded-for: 1.2.3.4, 5.6.7.8, ::1, 10.0.0.1"),
    ],
)
def test_the_callers_address_is_added(given_values: list[str], expected: bytes) -> None:
    """To what other gateways on the way have said."""
    headers = [("X-Forwarded-For", value) for value in given_values]
    request = request_to("", headers=headers)
    request.ip_address = "10.0.0.1"
    assert [line for line in head_of(request) if b"forwarded" in line.lower()] == [expected]


def test_the_callers_address_stays_if_connection_names_its_header() -> None:
    """A client cannot have itself hidden from the backend."""
    headers = [("Connection", "close, X-Forwarded-For, Host"), ("X-Forwarded-For", "1.2.3.4")]
    request = request_to("", headers=headers)
    request.ip_address = "10.0.0.1"
    lines = head_of(request)
    assert lines[1] == b"host: PLACE"
    assert lines[2].endswith(b"10.0.0.1")


@pytest.mark.parametrize(
    ("method", "content", "line"),
    [
        ("GET", b"", None),
        ("DELETE", b"", None),
        ("POST", b"", b"content-length: 0"),
        ("PUT", b"", b"content-length: 0"),
        ("PATCH", b"abc", b"content-length: 3"),
        ("GET", b"abc", b"content-length: 3"),
    ],
)
def test_a_body_has_a_length(method: str, content: bytes, line: bytes | None) -> None:
    """One that is not there has none if its verb usually has none."""
    lines = head_of(request_to("", method, Body(content)))
    assert [each for each in lines if b"length" in each] == ([] if line is None else [line])


@pytest.mark.parametrize("length", [3 * MEGABYTE, None], ids=["length", "chunks"])
def test_a_stream_arrives_whole(length: int | None) -> None:
    """With its length, or in chunks if nobody said how long it is."""

    async def play() -> None:
        async with answering(GOOD) as backend:
            sender = forwarder(backend.place)
            body = Body(None, stream(3 * MEGABYTE), length, is_buffered=False)
            response = await sender.send(request_to(backend.place, "POST", body), SOON)
            assert await whole(response) == b"ok"
            head, received = backend.requests[0]
            assert received == b"u" * 3 * MEGABYTE
            framing = b"content-length: 3145728" if length else b"transfer-encoding: chunked"
            assert framing in head
            sender.close()

    run(play)


BREAKS = ["\r\nX: y", "\n", "\r", "\0", "a\r\n\r\nGET / HTTP/1.1"]


@pytest.mark.parametrize("odd", BREAKS)
@pytest.mark.parametrize("place", ["value", "name", "method", "path", "query", "forwarded"])
def test_a_line_break_is_never_sent(odd: str, place: str) -> None:
    """A policy that puts one in gets a fault; the backend sees nothing."""

    async def play() -> None:
        async with answering(GOOD) as backend:
            sender = forwarder(backend.place)
            request = request_to(backend.place, headers=[("A", "b")])
            if place in ("value", "name", "forwarded"):
                name = {"value": "X", "name": odd, "forwarded": "X-Forwarded-For"}[place]
                request.headers.add(name, "v" if place == "name" else odd)
            elif place == "method":
                request.method = odd
            else:
                setattr(request.url, place, f"/{odd}")
            with pytest.raises(BackendFault) as caught:
                await sender.send(request, SOON)
            assert caught.value.reason == "BackendConnectionFailure"
            assert backend.accepted == 0

    run(play)


@pytest.mark.parametrize("path", ["/a b", "/a b HTTP/1.1"])
def test_a_blank_in_the_address_is_a_fault(path: str) -> None:
    """It would end the address."""

    async def play() -> None:
        async with answering(GOOD) as backend:
            with pytest.raises(BackendFault, match="blank"):
                await forwarder(backend.place).send(request_to(backend.place, path=path), SOON)

    run(play)


def test_a_character_beyond_latin_1_changes_no_other_header() -> None:
    """What HTTP cannot carry is escaped; what it can is sent as it is."""
    headers = [("A", "\u20ac"), ("B", "\xe9\tb"), ("C", '%41 "c"')]
    lines = head_of(request_to("", headers=headers, path="/\xe9"))
    assert lines[0] == b"GET /\xe9 HTTP/1.1"
    assert lines[2:5] == [b"A: %E2%82%AC", b"B: \xe9\tb", b'C: %41 "c"']


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_text_makes_one_head_or_a_fault(path: str, name: str, value: str) -> None:
    """No text of a policy makes two requests of one, or one that is no HTTP."""
    request = request_to("b", path=path, headers=[(name, value)])
    destination = Destination("http://b", "b")
    try:
        head = forwarding._head(request, destination, "")
    except BackendFault as fault:
        assert fault.reason == "BackendConnectionFailure"  # noqa: PT017  the rest is in the else
        return
    lines = head.split(b"\r\n")
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    assert len(lines[0].split(b" ")) == 3
    assert lines[0].endswith(b" HTTP/1.1")
    assert len(lines) <= 5
    assert not set(head.replace(b"\r\n", b"")) & set(b"\r\n\0")


# --- what comes back ------------------------------------------------------------------------------


def test_headers_of_the_connection_are_not_passed_on() -> None:
    """Nor those that Connection names; the rest stays in order, duplicates too."""

    async def play() -> None:
        wire = (
            b"HTTP/1.1 503 Busy \xe9\r\nSet-Cookie: a\r\nConnection: keep-alive, X-Hop\r\n"
            b"X-Hop: 1\r\nKeep-Alive: timeout=5\r\nset-cookie: b\r\nServer: s\r\n"
            b"Proxy-Connection: x\r\nUpgrade: h2c\r\nTrailer: X\r\nContent-Length: 4\r\n\r\nbusy"
        )
        async with answering(wire) as backend:
            sender = forwarder(backend.place)
            response = await sender.send(request_to(backend.place), SOON)
            assert list(response.headers.items()) == [
                ("Set-Cookie", "a"),
                ("set-cookie", "b"),
                ("Server", "s"),
                ("Content-Length", "4"),
            ]
            assert (response.status, response.reason) == (503, "Busy \xe9")
            assert response.body.content == b"busy"
            sender.close()

    run(play)


@pytest.mark.parametrize(
    ("wire", "method", "length"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", "HEAD", "1000000000"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", None),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", None),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", "5"),
    ],
)
def test_a_response_without_a_body_is_complete(
    wire: bytes, method: str, length: str | None
) -> None:
    """Its length is that of another one; the connection is used again at once."""

    async def play() -> None:
        async with answering(wire) as backend:
            sender = forwarder(backend.place)
            for _ in range(3):
                response = await sender.send(request_to(backend.place, method), SOON)
                assert response.body.content == b""
                assert response.headers.get("content-length") == length
            assert (backend.accepted, idle(sender), kept(sender)) == (1, 1, 1)
            sender.close()

    run(play)


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, MEGABYTE])
@pytest.mark.parametrize("framing", ["length", "chunks", "end"])
def test_a_body_of_any_size_comes_back(size: int, framing: str) -> None:
    """Small or streamed, in any framing; the connection is used again if it can be."""
    body = b"d" * size
    wire = {
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, body),
        "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"%x\r\n%b\r\n" % (size, body) if size else b"")
        + b"0\r\n\r\n",
        "end": b"HTTP/1.0 200 OK\r\n\r\n" + body,
    }[framing]

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            while True:
                await backend.take(reader)
                writer.write(wire)
                await writer.drain()
                if framing == "end":
                    return

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            for _ in range(3):
                response = await sender.send(request_to(backend.place), SOON)
                assert await whole(response) == body
            assert backend.accepted == (3 if framing == "end" else 1)
            assert kept(sender) == (0 if framing == "end" else 1)
            sender.close()

    run(play)


def test_a_large_body_is_not_taken_into_memory() -> None:
    """Down: the backend is ahead of the reader by a few MB at most, whatever the size."""

    async def play() -> None:
        sent = 0

        async def script(reader: Reader, writer: Writer, number: int) -> None:
            nonlocal sent
            del number
            await backend.take(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MEGABYTE))
            for _ in range(50):
                writer.write(b"d" * MEGABYTE)
                await writer.drain()
                sent += MEGABYTE

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            response = await sender.send(request_to(backend.place), SOON)
            await asyncio.sleep(0.2)
            assert response.body.stream is not None
            assert sent < 20 * MEGABYTE
            taken = most = 0
            async for piece in response.body.stream:
                taken += len(piece)
                most = max(most, sent - taken)
                if not taken % 7:
                    await asyncio.sleep(0)
            assert taken == 50 * MEGABYTE
            assert most < 20 * MEGABYTE
            assert response.body.release is not None
            response.body.release()
            sender.close()

    run(play)


def test_a_large_upload_is_not_taken_into_memory() -> None:
    """Up: no more is taken from the client than the backend and the network between take."""

    async def play() -> None:
        taken = received = 0
        may_read = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            nonlocal taken
            for _ in range(800):
                taken += 1 << 16
                yield b"u" * (1 << 16)

        async def script(reader: Reader, writer: Writer, number: int) -> None:
            nonlocal received
            del number
            await reader.readuntil(b"\r\n\r\n")
            await may_read.wait()
            while received < 50 * MEGABYTE:
                received += len(await reader.read(MEGABYTE))
                assert taken - received < 20 * MEGABYTE
            writer.write(GOOD)

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            made = Body(None, body(), 50 * MEGABYTE)
            sending = asyncio.create_task(
                sender.send(request_to(backend.place, "POST", made), SOON)
            )
            await asyncio.sleep(0.2)
            assert taken < 20 * MEGABYTE
            may_read.set()
            assert await whole(await sending) == b"ok"
            assert received == 50 * MEGABYTE
            sender.close()

    run(play)


def test_both_ways_at_once() -> None:
    """A backend may answer while it reads: the upload goes on beside the response."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            received = 0
            while received < 5 * MEGABYTE:
                piece = await reader.read(1 << 16)
                received += len(piece)
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await reader.read(1)

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            body = Body(None, stream(5 * MEGABYTE), 5 * MEGABYTE)
            response = await sender.send(request_to(backend.place, "POST", body), SOON)
            assert await whole(response) == b"u" * 5 * MEGABYTE
            assert idle(sender) == 1
            sender.close()

    run(play)


def test_an_early_answer_is_the_answer() -> None:
    """The rest of the upload is left; the connection is closed, and nobody hangs."""

    async def play() -> None:
        never = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"begin"
            await never.wait()

        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.readuntil(b"begin")
            writer.write(b"HTTP/1.1 413 Too large\r\nContent-Length: 2\r\n\r\nno")
            await reader.read()

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            made = Body(None, body(), 1000)
            response = await sender.send(request_to(backend.place, "POST", made), SOON)
            assert (response.status, await whole(response)) == (413, b"no")
            await until(lambda: backend.open == 0, "the connection is closed")
            assert kept(sender) == 0

    run(play)


# --- connections that are kept --------------------------------------------------------------------


def test_a_connection_is_used_again_when_its_response_was_read() -> None:
    """And not before: at the same time each exchange has one of its own."""

    async def play() -> None:
        async with answering(GOOD, pause=0.01) as backend:
            sender = forwarder(backend.place)
            await asyncio.gather(*(sender.send(request_to(backend.place), SOON) for _ in range(10)))
            assert (backend.accepted, idle(sender)) == (10, 10)
            for _ in range(20):
                await sender.send(request_to(backend.place), SOON)
            assert backend.accepted == 10
            sender.close()
            await until(lambda: backend.open == 0, "all are closed")

    run(play)


def test_a_response_that_is_not_read_to_its_end_ends_its_connection() -> None:
    """Given back too early it is closed; given back twice, or after the end, nothing happens."""

    async def play() -> None:
        body = b"d" * 10 * MEGABYTE
        wire = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        async with answering(wire) as backend:
            sender = forwarder(backend.place)
            response = await sender.send(request_to(backend.place), SOON)
            assert response.body.release is not None
            assert response.body.stream is not None
            await anext(response.body.stream)
            response.body.release()
            response.body.release()
            assert kept(sender) == 0
            await until(lambda: backend.open == 0, "it is closed")
            assert await whole(await sender.send(request_to(backend.place), SOON)) == body
            response.body.release()
            assert (backend.accepted, idle(sender)) == (2, 1)
            sender.close()

    run(play)


@pytest.mark.parametrize(
    ("method", "body", "is_repeated"),
    [
        ("GET", Body(), True),
        ("HEAD", Body(), True),
        ("DELETE", Body(), True),
        ("PUT", Body(b"abc"), True),
        ("POST", Body(b"abc"), False),
        ("PATCH", Body(b"abc"), False),
        ("PUT", None, False),
    ],
)
@pytest.mark.parametrize("ends", ["closed", "reset", "silent"])
def test_a_kept_connection_that_is_stale(
    method: str, body: Body | None, is_repeated: bool, ends: str
) -> None:
    """A backend may close it as the request arrives: once more, but for what is not repeatable."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            await backend.take(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            if number == 1:
                if ends == "reset":
                    reset(writer)
                elif ends == "silent":
                    await asyncio.sleep(1)
                return
            raise AssertionError("the second connection has one request only")

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            await sender.send(request_to(backend.place), SOON)
            made = Body(None, stream(3), 3) if body is None else body
            request = request_to(backend.place, method, made)
            seconds = 0.1 if ends == "silent" else SOON
            if is_repeated and ends != "silent":
                assert (await sender.send(request, seconds)).status == 200
                assert backend.accepted == 2
            else:
                with pytest.raises(BackendFault) as caught:
                    await sender.send(request, seconds)
                expected = "Timeout" if ends == "silent" else "BackendConnectionFailure"
                assert caught.value.reason == expected
                assert backend.accepted == 1
            sender.close()

    run(play)


def test_once_more_is_once() -> None:
    """A backend that closes every connection gets two of them, and no third."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            if number == 1:
                await backend.take(reader)
                writer.write(GOOD)
            await reader.readuntil(b"\r\n\r\n")

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            await sender.send(request_to(backend.place), SOON)
            with pytest.raises(BackendFault, match="closed the connection"):
                await sender.send(request_to(backend.place), SOON)
            assert backend.accepted == 2

    run(play)


def test_a_new_connection_that_breaks_is_not_tried_again() -> None:
    """A backend that is broken is asked once."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del writer, number
            await reader.readuntil(b"\r\n\r\n")

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            with pytest.raises(BackendFault, match="closed the connection"):
                await sender.send(request_to(backend.place), SOON)
            assert backend.accepted == 1

    run(play)


def test_a_connection_that_answered_in_part_is_not_stale() -> None:
    """The backend has seen the request: it is not sent again."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await backend.take(reader)
            writer.write(GOOD)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 20")

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            await sender.send(request_to(backend.place), SOON)
            with pytest.raises(BackendFault):
                await sender.send(request_to(backend.place), SOON)
            assert backend.accepted == 1

    run(play)


def test_a_connection_is_not_used_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its backend may be about to close it; all that are too old are closed."""
    monkeypatch.setattr(forwarding, "_KEPT_SECONDS", 0.05)

    async def play() -> None:
        async with answering(GOOD, pause=0.01) as backend:
            sender = forwarder(backend.place)
            await asyncio.gather(*(sender.send(request_to(backend.place), SOON) for _ in range(3)))
            await asyncio.sleep(0.1)
            await sender.send(request_to(backend.place), SOON)
            assert (backend.accepted, idle(sender)) == (4, 1)
            await until(lambda: backend.open == 1, "the old ones are closed")
            sender.close()

    run(play)


def test_a_connection_that_the_backend_has_closed_is_not_used() -> None:
    """That it has is known before a request is sent, so a POST works as well."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await backend.take(reader)
            writer.write(GOOD)

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            for number in range(1, 4):
                request = request_to(backend.place, "POST", Body(b"abc"))
                assert await whole(await sender.send(request, SOON)) == b"ok"
                await until(lambda: backend.open == 0, "the backend closes")
                await asyncio.sleep(0.02)
                assert backend.accepted == number

    run(play)


# --- what keeps a response from coming ------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "base",
    [
        "http://no.such.host.invalid",
        "http://" + "a" * 70 + ".invalid",
        "http://" + "a." * 200,
        "http://h..invalid",
        "http://[::1",
        "http://[zz]",
        "http://h.invalid:99999",
        "http://h.invalid:abc",
        "ftp://h.invalid",
        "://h.invalid",
        "",
        "https://",
        "http://ex\u2100mple",
        "http://\ud800.invalid",
    ],
)
def test_an_address_that_leads_nowhere_is_a_fault(base: str) -> None:
    """Whatever a policy or a redirect makes of it."""

    async def play() -> None:
        place = base.partition("://")[2]
        sender = forwarder(place, "h.invalid", "")
        with pytest.raises(BackendFault) as caught:
            await sender.send(Request("GET", Url(base, "/"), request_to("").headers, Body()), SOON)
        assert caught.value.reason == "BackendConnectionFailure"
        assert kept(sender) == 0

    run(play)


def test_nobody_listens() -> None:
    """The fault names the address."""

    async def play() -> None:
        place = f"127.0.0.1:{free_port()}"
        with pytest.raises(BackendFault, match=f"backend {place}: ") as caught:
            await forwarder(place).send(request_to(place), SOON)
        assert caught.value.reason == "BackendConnectionFailure"

    run(play)


def test_no_other_host_is_contacted() -> None:
    """What the configuration does not name is a fault before anything is looked up."""

    async def play() -> None:
        with pytest.raises(BackendFault, match="is not in the configuration"):
            await forwarder("other.example").send(request_to("evil.example"), SOON)

    run(play)


def test_ipv6() -> None:
    """An address in brackets is one like any other, and in Host with its brackets."""

    async def play() -> None:
        try:
            backend = await RawBackend(answer, "::1").__aenter__()
        except OSError:
            pytest.skip("this machine has no IPv6")
        sender = forwarder(backend.place)
        assert await whole(await sender.send(request_to(backend.place), SOON)) == b"ok"
        assert b"host: [::1]:" in heads[-1]
        sender.close()
        await backend.__aexit__()

    heads: list[bytes] = []

    async def answer(reader: Reader, writer: Writer, number: int) -> None:
        del number
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(GOOD)
        await reader.read()

    run(play)


MOMENTS = range(0, len(GOOD) + 1, 3)


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_backend_may_end_at_any_moment(how: str) -> None:
    """A response that is whole by then is good, any other a fault; nothing is left open."""

    async def play() -> None:
        for moment in [*MOMENTS, len(GOOD)]:

            async def script(
                reader: Reader, writer: Writer, number: int, moment: int = moment
            ) -> None:
                del number
                await reader.readuntil(b"\r\n\r\n")
                writer.write(GOOD[:moment])
                await writer.drain()
                await asyncio.sleep(0.005)
                if how == "reset":
                    reset(writer)

            async with RawBackend(script) as backend:
                sender = forwarder(backend.place)
                sending = sender.send(request_to(backend.place), SOON)
                if moment < len(GOOD):
                    with pytest.raises(BackendFault) as caught:
                        await sending
                    assert caught.value.reason == "BackendConnectionFailure"
                else:
                    assert await whole(await sending) == b"ok"
                await until(lambda: backend.open == 0, "it is closed")
                sender.close()
                assert kept(sender) == 0

    run(play)


@pytest.mark.parametrize("how", ["reset", "close", "garbage"])
@pytest.mark.parametrize("framing", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
def test_a_streamed_body_may_break_off(how: str, framing: bytes) -> None:
    """Its head is out, so the fault comes with the body; the connection is not kept."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            piece = b"d" * 100_000
            chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if b"chunked" in framing else piece
            writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (framing, chunk))
            await writer.drain()
            await asyncio.sleep(0.05)
            if how == "reset":
                reset(writer)
            elif how == "garbage" and b"chunked" in framing:
                writer.write(b"what?\r\n")
                await reader.read()

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            response = await sender.send(request_to(backend.place), SOON)
            assert response.status == 200
            with pytest.raises(BackendFault):
                await whole(response)
            assert kept(sender) == 0

    run(play)


@pytest.mark.parametrize("sends", [b"", b"HTTP/1.1 200", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_slow_head_is_a_timeout(sends: bytes) -> None:
    """Also if something of it, or an interim response, has come."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(sends)
            await reader.read()

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            with pytest.raises(BackendFault, match="timed out") as caught:
                await sender.send(request_to(backend.place), 0.05)
            assert caught.value.reason == "Timeout"
            await until(lambda: backend.open == 0, "it is closed")
            assert kept(sender) == 0

    run(play)


def test_a_whole_body_may_take_longer_than_its_head() -> None:
    """The timeout is that of the head."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(GOOD[:-2])
            await asyncio.sleep(0.2)
            writer.write(GOOD[-2:])

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            assert await whole(await sender.send(request_to(backend.place), 0.1)) == b"ok"
            sender.close()

    run(play)


# --- TLS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_trusted", [False, True], ids=["refused", "trusted"])
def test_a_certificate_must_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    """One that nobody vouches for is a fault; SSL_CERT_FILE can name it."""
    context, shown = self_signed(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(shown))

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            while True:
                await backend.take(reader)
                writer.write(GOOD)

        async with RawBackend(script, ssl=context) as backend:
            sender = forwarder(backend.place)
            requests = [request_to(backend.place) for _ in range(2)]
            for request in requests:
                request.url.base = f"https://{backend.place}"
            if is_trusted:
                for request in requests:
                    assert await whole(await sender.send(request, SOON)) == b"ok"
                assert (backend.accepted, idle(sender)) == (1, 1)
            else:
                with pytest.raises(BackendFault, match="self-signed certificate") as caught:
                    await sender.send(requests[0], SOON)
                assert caught.value.reason == "BackendConnectionFailure"
                assert kept(sender) == 0
            sender.close()
            await until(lambda: backend.open == 0, "it is closed")

    run(play)


@pytest.mark.parametrize("says", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
def test_a_backend_that_speaks_no_tls_is_a_fault(says: bytes) -> None:
    """Whether it says something else or closes."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.read(10)
            writer.write(says)

        async with RawBackend(script) as backend:
            request = request_to(backend.place)
            request.url.base = f"https://{backend.place}"
            with pytest.raises(BackendFault, match="Error connecting to the backend"):
                await forwarder(backend.place).send(request, SOON)

    run(play)


def test_a_handshake_that_does_not_end_is_a_timeout() -> None:
    """Connecting is part of the time that a head has."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del writer, number
            await reader.read()

        async with RawBackend(script) as backend:
            request = request_to(backend.place)
            request.url.base = f"https://{backend.place}"
            sender = forwarder(backend.place)
            assert sender._tls is not None  # it takes a while to make
            with pytest.raises(BackendFault) as caught:
                await sender.send(request, 0.3)
            assert caught.value.reason == "Timeout"
            await until(lambda: backend.accepted == 1 and not backend.open, "it is closed")

    run(play)


# --- whoever waits may be cancelled ---------------------------------------------------------------


async def waiting(reader: Reader, writer: Writer) -> None:
    del writer
    await reader.read()


async def dripping(reader: Reader, writer: Writer) -> None:
    writer.write(GOOD[:-1])
    await reader.read()


async def large(reader: Reader, writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nabc")
    await reader.read()


async def deaf(reader: Reader, writer: Writer) -> None:
    del reader, writer
    await asyncio.sleep(10)


@pytest.mark.parametrize(
    ("scheme", "moment"),
    [("http", waiting), ("http", dripping), ("http", large), ("http", deaf), ("https", waiting)],
)
@pytest.mark.parametrize("uploads", [False, True])
def test_whoever_waits_may_be_cancelled(
    scheme: str, moment: Callable[[Reader, Writer], Awaitable[None]], uploads: bool
) -> None:
    """While it connects, sends, waits or reads: connections are closed, nothing goes on."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            del number
            await reader.read(100)
            await moment(reader, writer)

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            body = Body(None, stream(50 * MEGABYTE), 50 * MEGABYTE) if uploads else Body()
            request = request_to(backend.place, "POST", body)
            request.url.base = f"{scheme}://{backend.place}"

            async def call() -> None:
                response = await sender.send(request, SOON)
                await whole(response)

            calling = asyncio.create_task(call())
            await until(lambda: backend.open, "the backend is connected")
            await asyncio.sleep(0.05)
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
            assert kept(sender) == 0

    run(play)


def test_a_lookup_may_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of it but a thread that ends by itself."""

    async def play() -> None:
        never = asyncio.Event()

        async def lookup(*_: object, **__: object) -> None:
            await never.wait()

        sender = forwarder("slow.example")
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", lookup)
        calling = asyncio.create_task(sender.send(request_to("slow.example"), SOON))
        await asyncio.sleep(0)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        assert kept(sender) == 0

    asyncio.run(play(), debug=True)


def test_closing_ends_every_exchange() -> None:
    """Whoever waits learns it at once; idle connections are closed, too."""

    async def play() -> None:
        async def script(reader: Reader, writer: Writer, number: int) -> None:
            if number == 1:
                await backend.take(reader)
                writer.write(GOOD)
            await reader.read()

        async with RawBackend(script) as backend:
            sender = forwarder(backend.place)
            await sender.send(request_to(backend.place), SOON)
            first = asyncio.create_task(sender.send(request_to(backend.place, "POST"), SOON))
            second = asyncio.create_task(sender.send(request_to(backend.place), SOON))
            await until(lambda: backend.accepted == 2, "both have a connection")
            await asyncio.sleep(0.05)
            sender.close()
            results = await asyncio.gather(first, second, return_exceptions=True)
            assert [type(result) for result in results] == [BackendFault, BackendFault]
            await until(lambda: backend.open == 0, "all are closed")
            assert kept(sender) == 0

    run(play)


def test_the_tls_context_is_the_systems() -> None:
    """Certificates and host names are checked."""

    async def play() -> None:
        context = forwarder()._tls
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)

    run(play)

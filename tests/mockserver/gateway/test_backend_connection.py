"""Does a connection reproduce every response exactly, and bound what a backend may do to it?"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mockserver.gateway import backend_connection
from mockserver.gateway.backend_connection import BackendConnection
from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body
from tests.mockserver.gateway.raw_backend import run, until

HEAD = b"GET /a HTTP/1.1\r\nhost: b\r\n\r\n"


class Wire(asyncio.Transport):
    """A transport without a network: it keeps what was written, and whether reading is paused."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.is_paused = self.is_aborted = False
        self.protocol: BackendConnection

    def may_send(self) -> bool:
        """Say whether the backend may send on."""
        return not self.is_paused

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    @override
    def pause_reading(self) -> None:
        self.is_paused = True

    @override
    def resume_reading(self) -> None:
        self.is_paused = False

    @override
    def abort(self) -> None:
        if not self.is_aborted:
            self.is_aborted = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)


def connected() -> tuple[BackendConnection, Wire]:
    """Return a connection on a wire of its own."""
    connection, wire = BackendConnection(Deadlines()), Wire()
    wire.protocol = connection
    connection.connection_made(wire)
    return connection, wire


@dataclass
class Outcome:
    """What came of an exchange: what the caller saw, and whether the connection is good still."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    is_kept: bool


async def exchange(pieces: Sequence[bytes], method: str = "GET", *, ends: bool = False) -> Outcome:
    """Send a request and let these pieces come back, each after whoever waits has had a turn."""
    connection, wire = connected()
    sending = asyncio.create_task(connection.send(method, HEAD, Body(), 5))
    await asyncio.sleep(0)
    for piece in pieces:
        if not wire.is_aborted:
            connection.data_received(piece)
        await asyncio.sleep(0)
    if ends and not wire.is_aborted:
        connection.eof_received()
        connection.connection_lost(None)
    await sending
    headers = list(connection.headers)
    body = await connection.read_all()
    await asyncio.sleep(0)
    is_kept = connection.can_be_used_again and not wire.is_aborted
    return Outcome(connection.status, connection.reason, headers, body, is_kept)


def exchanged(*pieces: bytes, method: str = "GET", ends: bool = False) -> Outcome:
    return asyncio.run(exchange(pieces, method, ends=ends))


# --- any framing, cut anywhere --------------------------------------------------------------------


@dataclass
class Framed:
    """A response on the wire, and what it means."""

    wire: bytes
    method: str
    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    ends: bool
    keeps: bool


TOKENS = st.text(alphabet="abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=12)
VALUES = st.text(
    alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFF).filter(
        lambda c: ord(c) not in range(0x7F, 0x80)
    ),
    max_size=20,
).map(lambda text: text.strip(" \t"))
FIELDS = st.lists(st.tuples(TOKENS.map(lambda name: f"x-{name}"), VALUES), max_size=4).map(
    lambda fields: [(name.encode(), value.encode("latin-1")) for name, value in fields]
)
REASONS = st.sampled_from([b"OK", b"", b"Not \xe9 known", b"a  b"])


def head(status: int, reason: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    lines = b"".join(b"%b: %b\r\n" % field for field in headers)
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, lines)


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """Write a body in chunks of any size, with extensions and trailers."""
    result, rest = b"", body
    extensions = st.sampled_from([b"", b";a=b", b';a="b"'])
    while rest:
        size = draw(st.integers(1, len(rest)))
        result += b"%X%b\r\n%b\r\n" % (size, draw(extensions), rest[:size])
        rest = rest[size:]
    trailers = b"".join(b"%b: %b\r\n" % field for field in draw(FIELDS))
    return result + b"0" * draw(st.integers(1, 3)) + b"\r\n" + trailers + b"\r\n"


@st.composite
def responses(draw: st.DrawFn) -> Framed:
    """Return a response in any of the framings of HTTP/1.1."""
    framing = draw(st.sampled_from(["length", "chunks", "end", "head", "204", "304"]))
    body = draw(st.binary(max_size=60))
    reason, headers = draw(REASONS), draw(FIELDS)
    interim = b"".join(
        head(draw(st.sampled_from([100, 102, 103])), b"Wait", draw(FIELDS))
        for _ in range(draw(st.integers(0, 2)))
    )
    length = (b"Content-Length", b"%d" % len(body))
    status, method, written = draw(st.sampled_from([200, 201, 302, 404, 500, 599])), "GET", body
    if framing == "length":
        headers.append(length)
    elif framing == "chunks":
        headers.append((b"Transfer-Encoding", b"chunked"))
        written = draw(chunked(body))
    elif framing != "end":
        headers += [length] * draw(st.booleans())
        method = "HEAD" if framing == "head" else "GET"
        status = status if framing == "head" else int(framing)
        body = written = b""
    closes = framing != "end" and draw(st.booleans())
    if closes:
        headers.insert(draw(st.integers(0, len(headers))), (b"Connection", b"close"))
    unframed_head = framing == "head" and length not in headers
    return Framed(
        interim + head(status, reason, headers) + written,
        method,
        status,
        reason,
        headers,
        body,
        ends=framing == "end",
        keeps=framing != "end" and not closes and not unframed_head,
    )


def cut(wire: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut bytes at some places."""
    marks = [0, *sorted(place % (len(wire) + 1) for place in places), len(wire)]
    return [wire[a:b] for a, b in pairwise(marks) if a < b]


@given(responses(), st.lists(st.integers(0, 2000), max_size=12))
def test_any_response_is_reproduced_however_it_is_cut(
    response: Framed, places: Sequence[int]
) -> None:
    """Status, reason, headers and body are those that were sent; trailers are nobody's."""
    outcome = exchanged(*cut(response.wire, places), method=response.method, ends=response.ends)
    assert (outcome.status, outcome.reason) == (response.status, response.reason)
    assert outcome.headers == response.headers
    assert outcome.body == response.body
    assert outcome.is_kept == response.keeps


@given(responses())
def test_single_bytes_make_the_same_response(response: Framed) -> None:
    """The slowest way to send a response changes nothing in it."""
    pieces = [bytes([byte]) for byte in response.wire]
    outcome = exchanged(*pieces, method=response.method, ends=response.ends)
    assert (outcome.status, outcome.reason) == (response.status, response.reason)
    assert (outcome.headers, outcome.body) == (response.headers, response.body)


@given(responses(), st.integers(0, 2000))
def test_a_response_that_is_cut_short_is_a_fault(response: Framed, place: int) -> None:
    """Whatever is missing is noticed, unless the end of the connection is the end of the body."""
    short = response.wire[: place % max(len(response.wire), 1)]
    is_over = response.ends and short.count(b"\r\n\r\n") >= response.wire.count(b"\r\n\r\n")
    if is_over or (not response.body and short.endswith(b"\r\n\r\n")):
        return
    with pytest.raises(BackendFault, match=r"closed the connection|not HTTP"):
        exchanged(short, method=response.method, ends=True)


@given(responses(), st.binary(min_size=1, max_size=80), st.lists(st.integers(0, 2000), max_size=4))
def test_bytes_after_a_response_do_not_change_it(
    response: Framed, more: bytes, places: Sequence[int]
) -> None:
    """They are nobody's, and the connection is not used again; blank lines are let pass."""
    if response.ends or not more.strip(b"\r\n"):
        return
    pieces = cut(response.wire + more, places)
    outcome = exchanged(*pieces, method=response.method)
    assert (outcome.status, outcome.reason) == (response.status, response.reason)
    assert (outcome.headers, outcome.body) == (response.headers, response.body)
    assert not outcome.is_kept


# --- what is no response, or another one ----------------------------------------------------------


@pytest.mark.parametrize("gap", [False, True], ids=["one segment", "two segments"])
def test_a_second_response_is_nobodys(gap: bool) -> None:
    """Status, headers and body are those of the first, and the connection is not used again."""
    first = b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 2\r\n\r\nhi"
    second = b"HTTP/1.1 404 Not Found\r\nB: 2\r\nContent-Length: 2\r\n\r\nno"
    outcome = exchanged(*([first, second] if gap else [first + second]))
    headers = [(b"A", b"1"), (b"Content-Length", b"2")]
    assert outcome == Outcome(200, b"OK", headers, b"hi", is_kept=False)


@pytest.mark.parametrize("gap", [False, True], ids=["one segment", "two segments"])
def test_trailers_are_not_headers(gap: bool) -> None:
    """They come after the body and say nothing that a head may say, in however many segments."""
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    rest = b"2\r\nhi\r\n0\r\nSet-Cookie: a\r\nX: b\r\n\r\n"
    outcome = exchanged(*([start, rest] if gap else [start + rest]))
    assert outcome.headers == [(b"Transfer-Encoding", b"chunked")]
    assert (outcome.body, outcome.is_kept) == (b"hi", True)


@pytest.mark.parametrize(
    ("method", "start"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n"),
    ],
)
@pytest.mark.parametrize("more", [b"h", b"hi", b"hihi", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_body_where_none_may_be_ends_the_connection(
    method: str, start: bytes, more: bytes
) -> None:
    """The rest of it would be taken for the next response."""
    outcome = exchanged(start + more, method=method)
    assert (outcome.body, outcome.is_kept) == (b"", False)


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 600 Odd\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 1000 Odd\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/7.0 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA(: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\xe9: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\x7f\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhixx0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 1000], ids=["single bytes", "at once"])
def test_what_is_no_response_is_a_fault(wire: bytes, step: int) -> None:
    """Nothing of it gets to the client as if it were one, and the connection is closed."""
    pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
    with pytest.raises(BackendFault) as caught:
        exchanged(*pieces, ends=True)
    assert caught.value.reason == "BackendConnectionFailure"


@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 103 Early\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 150 Odd\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 103 Early\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 1000], ids=["single bytes", "at once"])
def test_an_interim_response_with_a_body_is_never_the_answer(interim: bytes, step: int) -> None:
    """It may be skipped or a fault; the final response is not mixed with it."""
    wire = interim + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    pieces = [wire[start : start + step] for start in range(0, len(wire), step)]
    try:
        outcome = exchanged(*pieces)
    except BackendFault as fault:
        assert fault.reason == "BackendConnectionFailure"  # noqa: PT017  either is right
    else:
        assert outcome.headers == [(b"Content-Length", b"2")]
        assert (outcome.status, outcome.body) == (200, b"hi")


def test_interim_headers_are_not_those_of_the_response() -> None:
    """Early hints are for nobody here."""
    outcome = exchanged(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    )
    assert outcome == Outcome(200, b"OK", [(b"Content-Length", b"0")], b"", is_kept=True)


@pytest.mark.parametrize(
    ("wire", "keeps"),
    [
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi", True),
        (b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nhi", False),
        (b"HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 2\r\n\r\nhi", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", True),
    ],
)
def test_a_connection_is_kept_if_the_backend_keeps_it(wire: bytes, keeps: bool) -> None:
    """What HTTP/1.0 and Connection say of it holds."""
    outcome = exchanged(wire)
    assert (outcome.body, outcome.is_kept) == (b"hi", keeps)


# --- sizes ----------------------------------------------------------------------------------------


def endless(start: bytes, piece: bytes, most: int = 64 << 20) -> BackendConnection:
    """Feed a piece again and again until the connection is given up; fail if it never is."""

    async def play() -> BackendConnection:
        connection, wire = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 60))
        await asyncio.sleep(0)
        connection.data_received(start)
        fed = 0
        while not wire.is_aborted and fed < most:
            connection.data_received(piece)
            fed += len(piece)
            await asyncio.sleep(0)
        await asyncio.gather(sending, return_exceptions=True)
        assert fed <= 4 << 20, f"{fed >> 20} MB were taken"
        return connection

    return asyncio.run(play())


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"a" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 16_000),
        (b"HTTP/1.1 200 ", b"a" * 16_000),
        (b"HTTP/1.1 200 OK\r\n", b"a" * 16_000),
        (b"", b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" * 100),
        (b"", b"\r\n" * 8000),
    ],
    ids=["headers", "value", "reason", "name", "interim", "blank lines"],
)
def test_a_head_without_an_end_is_given_up(start: bytes, piece: bytes) -> None:
    """Whatever part of it does not end, a few hundred KB of it are held at most."""
    assert endless(start, piece).status == 0


@pytest.mark.parametrize(
    "piece",
    [b"X-Trailer: " + b"a" * 1000 + b"\r\n", b"a" * 16_000],
    ids=["many", "one"],
)
def test_trailers_without_an_end_are_given_up(piece: bytes) -> None:
    """What comes after a body is bounded as its head is."""
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"
    connection = endless(start, piece)
    assert len(connection.headers) == 1


def test_a_large_head_is_taken() -> None:
    """Below the limit it is a head like any other."""
    fields = [(b"x-%d" % number, b"a" * 1000) for number in range(200)]
    outcome = exchanged(head(200, b"OK", [*fields, (b"Content-Length", b"0")]))
    assert outcome.headers[:-1] == fields


def test_a_body_that_nobody_takes_makes_the_backend_wait() -> None:
    """Reading is paused above some size, and goes on when what came was taken."""

    async def play() -> None:
        connection, wire = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 5))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n")
        await sending
        fed = 0
        while wire.may_send():
            connection.data_received(b"a" * 50_000)
            fed += 50_000
            assert fed < 1_000_000
        body = connection.stream()
        taken = len(await anext(body))
        assert wire.may_send()
        while fed < 3_000_000:
            while wire.may_send() and fed < 3_000_000:
                connection.data_received(b"a" * 50_000)
                fed += 50_000
            taken += len(await anext(body))
        taken += sum([len(piece) async for piece in body])
        assert taken == 3_000_000
        assert connection.can_be_used_again

    asyncio.run(play())


# --- time and ends --------------------------------------------------------------------------------


def refused(play: Coroutine[Any, Any, object]) -> BackendFault:
    """Return the fault that an exchange ends with."""
    with pytest.raises(BackendFault) as caught:
        asyncio.run(play)
    return caught.value


def test_a_head_that_does_not_come_in_time_is_a_timeout() -> None:
    """A head that drips is no better than none."""

    async def play() -> None:
        connection, wire = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 0.05))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")
        for _ in range(1000):
            if wire.is_aborted:
                break
            connection.data_received(b"HTTP/1.1 103 Early\r\n\r\n")
            await asyncio.sleep(0.005)
        await sending

    fault = refused(play())
    assert (fault.reason, str(fault)) == ("Timeout", "Request to the backend service timed out")


def test_a_body_may_drip_but_not_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece begins the wait anew; silence ends the exchange, after what had come."""
    monkeypatch.setattr(backend_connection, "IDLE_SECONDS", 0.15)

    async def play() -> None:
        connection, wire = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 5))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        await sending
        body = connection.stream()
        for _ in range(6):
            connection.data_received(b"a")
            assert await anext(body) == b"a"
            await asyncio.sleep(0.05)
        with pytest.raises(BackendFault, match="timed out") as caught:
            await anext(body)
        assert caught.value.reason == "Timeout"
        assert wire.is_aborted

    asyncio.run(play())


def test_a_connection_that_is_over_carries_nothing() -> None:
    """It may end after it was opened and before it is used: that is told at once."""

    async def play() -> None:
        connection, _ = connected()
        connection.connection_lost(None)
        with pytest.raises(BackendFault, match="closed the connection"):
            await connection.send("GET", HEAD, Body(), 0.5)

    asyncio.run(play())


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    """Before the first request as between two."""

    async def play() -> None:
        connection, wire = connected()
        connection.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
        assert wire.is_aborted
        assert not connection.is_open
        with pytest.raises(BackendFault):
            await connection.send("GET", HEAD, Body(), 0.5)

    asyncio.run(play())


def test_a_reset_cuts_a_body_without_a_length() -> None:
    """The end of the connection is the end of the body only if it is a clean one."""

    async def play() -> None:
        connection, _ = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 5))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        connection.connection_lost(ConnectionResetError("reset"))
        await sending
        await connection.read_all()

    assert "closed the connection: reset" in str(refused(play()))


def test_what_came_before_an_end_is_yielded_first() -> None:
    """A fault is told in its place, after the bytes that were whole."""

    async def play() -> None:
        connection, _ = connected()
        sending = asyncio.create_task(connection.send("GET", HEAD, Body(), 5))
        await asyncio.sleep(0)
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.eof_received()
        connection.connection_lost(None)
        await sending
        body = connection.stream()
        assert await anext(body) == b"half"
        with pytest.raises(BackendFault):
            await anext(body)

    asyncio.run(play())


# --- uploads --------------------------------------------------------------------------------------


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


@pytest.mark.parametrize(
    ("length", "written"), [(4, b"abcd"), (None, b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n")]
)
def test_a_stream_is_written_as_its_framing_says(length: int | None, written: bytes) -> None:
    """An empty piece is no end of the chunks."""

    async def play() -> None:
        connection, wire = connected()
        body = Body(None, pieces_of(b"ab", b"", b"cd"), length)
        sending = asyncio.create_task(connection.send("POST", HEAD, body, 5))
        for _ in range(10):
            await asyncio.sleep(0)
        assert wire.sent == HEAD + written
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await sending
        assert connection.can_be_used_again

    asyncio.run(play())


def test_an_early_response_ends_an_upload() -> None:
    """The response is whole, the request is not: the connection is not used again."""

    async def play() -> None:
        never = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b"begin"
            await never.wait()

        connection, wire = connected()
        sending = asyncio.create_task(connection.send("POST", HEAD, Body(None, body(), 100), 5))
        await until(lambda: wire.sent.endswith(b"begin"), "the body has begun")
        connection.data_received(b"HTTP/1.1 413 Too large\r\nContent-Length: 2\r\n\r\nno")
        await sending
        assert await connection.read_all() == b"no"
        assert not connection.can_be_used_again
        connection.abort()

    run(play)


def test_an_upload_waits_for_a_backend_that_does_not_read() -> None:
    """While the transport holds much, nothing more is taken from the client."""

    async def play() -> None:
        taken = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal taken
            for _ in range(10):
                taken += 1
                yield b"piece"

        connection, wire = connected()
        connection.pause_writing()
        sending = asyncio.create_task(connection.send("POST", HEAD, Body(None, body(), 50), 5))
        for _ in range(20):
            await asyncio.sleep(0)
        assert (taken, wire.sent) == (1, HEAD)
        connection.resume_writing()
        await until(lambda: wire.sent.endswith(b"piece" * 10), "the upload goes on")
        connection.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await sending

    run(play)


def test_a_failing_body_is_a_fault_and_no_lost_exception() -> None:
    """Whatever the stream of a request raises, the exchange ends with it."""

    async def play() -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"begin"
            raise BackendFault("BackendConnectionFailure", "the source has broken off")

        connection, wire = connected()
        with pytest.raises(BackendFault, match="the source has broken off"):
            await connection.send("POST", HEAD, Body(None, body(), 100), 0.5)
        assert wire.is_aborted

    run(play)

"""Are bytes sent as they are, and is it told apart what came, what ended and what stays silent?"""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts.exchange import Request
from contracts.findings import Broken, NotJudged
from contracts.raw_wire import (
    ENDED,
    CutOff,
    as_bytes,
    in_pieces,
    raw_connection,
    within_limits,
)
from contracts.run import Plan, Run
from contracts.session import OutOfTime, Session
from contracts.target import Limit, Target
from contracts.wire import LimitReached
from tests.contracts.scripted_server import Talk, answer, read_request, scripted
from tests.mockserver.gateway.certificates import self_signed

GET = Request("GET", "/a%2fb", (("Host", "target"),))
WELL = answer("200 OK", b"{}", "x-B: 1", "X-b: 2")
LIMITED = answer("429 Too Many Requests", b"", "Retry-After: 7")


@contextmanager
def session_at(talk: Talk, **more: Any) -> Iterator[tuple[Session, list[float]]]:
    """Yield a session with a scripted server, and the waits that it made."""
    waits: list[float] = []
    with scripted(talk) as url:
        target = Target(url, "w", "s", "k", **{"timeout": 5.0, **more})
        with Run(target, Plan(only=("no_server_error",))) as run:
            run.session.wire.pass_time = waits.append
            yield run.session, waits


def sending(*pieces: bytes) -> Talk:
    """Read one request, send pieces one by one, and close."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.01)  # so that they are likely to come one by one

    return talk


# --- what goes out --------------------------------------------------------------------------------


def test_a_request_in_bytes_is_what_http_writes() -> None:
    """Nothing is added, escaped or put in order."""
    request = Request("POST", "/a%2fb?x=+", (("B", "ü"), ("a", "1"), ("B", "2")), b"\x00")
    assert as_bytes(request) == b"POST /a%2fb?x=+ HTTP/1.1\r\nB: \xfc\r\na: 1\r\nB: 2\r\n\r\n\x00"


@pytest.mark.parametrize(
    ("count", "pieces"),
    [(1, [b"abcde"]), (2, [b"abc", b"de"]), (5, [b"a", b"b", b"c", b"d", b"e"]), (9, 5)],
)
def test_bytes_are_cut_in_pieces(count: int, pieces: list[bytes] | int) -> None:
    """None is empty, and together they are the whole."""
    made = list(in_pieces(b"abcde", count))
    assert made == pieces if isinstance(pieces, list) else len(made) == pieces
    assert b"".join(made) == b"abcde"


def test_bytes_go_out_as_they_are() -> None:
    """Half a request, or what is none."""
    seen: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        while data := connection.recv(65536):
            seen.append(data)
        connection.sendall(WELL)

    with session_at(talk) as (session, _), raw_connection(session) as connection:
        connection.send(b"GET / HT")
        connection.send(b"\x00\xff")
        connection.end_sending()
        reply = connection.receive()
    assert b"".join(seen) == b"GET / HT\x00\xff"
    assert reply is not None
    assert reply.status == 200


# --- what comes in --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_reply_is_kept_as_it_came(size: int) -> None:
    """In whatever pieces it comes."""
    with session_at(sending(*in_pieces(WELL, len(WELL) // size + 1))) as (session, _):
        with raw_connection(session) as connection:
            assert connection.is_fresh
            exchange = connection.call(GET)
            assert (connection.is_fresh, connection.trouble) == (False, "")
        assert session.wire.exchanges == [exchange]
    assert exchange.reply is not None
    assert exchange.reply.body == b"{}"
    assert exchange.reply.headers == (("x-B", "1"), ("X-b", "2"), ("Content-Length", "2"))


def test_replies_in_one_piece_are_told_apart() -> None:
    """Each is read when it is asked for, in its order; then there is none."""
    replies = b"".join(answer(f"{status} So") for status in (200, 401, 404))
    with session_at(sending(replies)) as (session, _), raw_connection(session) as connection:
        connection.send(as_bytes(GET))
        came = [connection.answer(GET).status for _ in range(4)]
        assert came == [200, 401, 404, 0]
        assert (connection.trouble, connection.is_silent) == (ENDED, False)
        assert len(session.wire.exchanges) == 3


def test_a_body_may_end_with_the_connection() -> None:
    """As in HTTP/1.0."""
    talk = sending(b"HTTP/1.0 200 OK\r\n\r\nab", b"c")
    with session_at(talk) as (session, _), raw_connection(session) as connection:
        reply = connection.call(GET).reply
    assert reply is not None
    assert reply.body == b"abc"


def test_a_reply_before_the_reply_is_none() -> None:
    """`100 Continue` says that a body is awaited; it is not the answer."""
    talk = sending(b"HTTP/1.1 100 Continue\r\n\r\n", WELL)
    with session_at(talk) as (session, _), raw_connection(session) as connection:
        assert connection.call(GET).status == 200


def half(connection: socket.socket) -> None:
    """Send half of a body, and close."""
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab")


def broken_off(connection: socket.socket) -> None:
    """End a connection by a reset, as a process does that dies."""
    read_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize(
    ("talk", "trouble"),
    [
        (sending(), ENDED),
        (half, ENDED),
        (broken_off, ENDED),
        (sending(b"SSH-2.0-x\r\n\r\n"), "the answer is no HTTP"),
        (lambda _: None, ENDED),
    ],
)
def test_what_is_no_reply_is_told(talk: Talk, trouble: str) -> None:
    """It is not kept: whether it is a fault, the check knows."""
    with session_at(talk) as (session, _), raw_connection(session) as connection:
        exchange = connection.call(GET)
        assert exchange.reply is None
        assert exchange.trouble.startswith(trouble)
        assert (connection.is_fresh, connection.is_silent) == (True, False)
        assert session.wire.exchanges == []


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_silence_is_no_end(begin: bytes) -> None:
    """Whoever says nothing, or no more, and does not close is told from one who closes."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(begin)
        connection.recv(1)  # until the client closes

    with session_at(talk, timeout=0.1) as (session, _), raw_connection(session) as connection:
        exchange = connection.call(GET)
        assert connection.is_silent
    assert exchange.trouble == "no answer within 0.1 s"


def test_a_reply_that_never_ends_is_silence_too() -> None:
    """Each piece comes soon enough, but the whole does not."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:  # until the client closes
            connection.sendall(b"X-More: 1\r\n")
            time.sleep(0.02)

    with session_at(talk, timeout=0.2) as (session, _), raw_connection(session) as connection:
        assert connection.call(GET).reply is None
        assert connection.is_silent


def hasty(connection: socket.socket) -> None:
    """Answer before anything has come, and close."""
    connection.sendall(WELL)


def test_sending_to_nobody_is_no_trouble_yet() -> None:
    """A target may close before it has read all; what it answered is still read."""
    with session_at(hasty) as (session, _), raw_connection(session) as connection:
        reply = connection.receive()
        for _ in range(50):
            connection.send(b"x" * 65536)
        connection.end_sending()
        assert connection.receive() is None
    assert reply is not None


def test_tls_is_spoken_with_the_certificates_of_the_target(tmp_path: Path) -> None:
    """Only nobody can say there that nothing more will come."""
    context, shown = self_signed(tmp_path)
    with scripted(sending(WELL), context) as url:
        target = Target(url, "w", "s", "k", ca_file=str(shown), timeout=5.0)
        with Run(target, Plan()) as run, raw_connection(run.session) as connection:
            connection.end_sending()
            connection.send(as_bytes(GET))
            reply = connection.receive()
        with (
            Run(replace(target, ca_file=None), Plan()) as run,
            pytest.raises(Broken, match="CERTIFICATE_VERIFY_FAILED"),
            raw_connection(run.session),
        ):
            pass
    assert reply is not None
    assert reply.status == 200


def test_without_a_connection_the_target_is_gone() -> None:
    """It was there when the run began."""
    with (
        Run(Target("http://127.0.0.1:1", "w", "s", "k"), Plan()) as run,
        pytest.raises(Broken, match="no connection can be opened"),
        raw_connection(run.session),
    ):
        pass


def test_no_connection_is_opened_when_time_is_over() -> None:
    """As with every other call."""
    with session_at(sending(WELL)) as (session, _):
        session.deadline = time.monotonic() - 1
        with pytest.raises(OutOfTime), raw_connection(session):
            pass


# --- limits ---------------------------------------------------------------------------------------


def in_turn(*replies: bytes) -> Talk:
    """Answer the first connection with the first, and so on; the last one ever after."""
    left = list(replies)

    def talk(connection: socket.socket) -> None:
        sending(left.pop(0) if len(left) > 1 else left[0])(connection)

    return talk


def one_call(session: Session) -> Callable[[], None]:
    """Return a conversation of one call."""

    def conversation() -> None:
        with raw_connection(session) as connection:
            connection.call(GET)

    return conversation


def test_a_limit_cuts_a_conversation_off() -> None:
    """What it asks for is told; the limited call is not kept."""
    with session_at(in_turn(LIMITED)) as (session, _), raw_connection(session) as connection:
        with pytest.raises(CutOff) as cut:
            connection.call(GET)
        assert (cut.value.seconds, cut.value.exchange.status) == (7.0, 429)
        assert session.wire.exchanges == []


def test_a_conversation_begins_anew_after_a_limit() -> None:
    """When the time that it asked for is over."""
    with session_at(in_turn(LIMITED, LIMITED, WELL)) as (session, waits):
        within_limits(session, 1, one_call(session))
        assert [exchange.status for exchange in session.wire.exchanges] == [200]
        assert (waits, session.wire.obeyed) == ([7.0, 7.0], 2)


def test_a_limit_that_always_comes_between_is_no_verdict() -> None:
    """Some conversations are longer than a limit allows."""
    with session_at(in_turn(LIMITED)) as (session, waits):
        with pytest.raises(NotJudged):
            within_limits(session, 1, one_call(session))
        assert waits == [7.0] * 4


def test_a_limit_that_asks_for_too_much_ends_the_run() -> None:
    """As with every other call."""
    with session_at(in_turn(LIMITED)) as (session, _):
        session.wire.longest_wait = 10.0
        with pytest.raises(LimitReached):
            within_limits(session, 1, one_call(session))


def test_a_conversation_keeps_our_own_pace() -> None:
    """All its calls are counted before it begins."""
    with session_at(in_turn(WELL), rate_limit=Limit(2, 600.0)) as (session, waits):
        within_limits(session, 2, one_call(session))
        assert waits == []
        within_limits(session, 1, one_call(session))
        (wait,) = waits
        assert 0 < wait <= 600

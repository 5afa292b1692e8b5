"""Are calls sent as they are, kept as they came, and are limits obeyed?"""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from contracts import wire as module
from contracts.exchange import Exchange, Reply, Request
from contracts.target import Limit, Target
from contracts.wire import LimitReached, Pace, Unsendable, Wire, wait_asked_for
from tests.contracts.scripted_server import answer, read_request, scripted
from tests.mockserver.gateway.certificates import self_signed

HOST = ("Host", "target")
GET = Request("GET", "/", (HOST,))
QUOTA = "Out of call volume quota. Quota will be replenished in "


def refusal(status: int, message: str = "No.", *headers: tuple[str, str]) -> Reply:
    """Return a refusal as API Management words it."""
    body = f'{{ "statusCode": {status}, "message": "{message}" }}'
    return Reply(status, headers, body.encode())


@contextmanager
def wire_to(talk: Callable[[socket], None], **more: Any) -> Iterator[tuple[Wire, list[float]]]:
    """Yield a wire to a scripted server, and the waits that it made."""
    waits: list[float] = []
    with scripted(talk) as url:
        wire = Wire(Target(url, "w", "s", "k", timeout=5), waits.append)
        for name, value in more.items():
            setattr(wire, name, value)
        yield wire, waits
        wire.close()


def saying(*replies: bytes) -> Callable[[socket], None]:
    """Answer with these, one a connection, and the last of them ever after."""
    left = list(replies)

    def talk(connection: socket) -> None:
        read_request(connection)
        connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return talk


CLOSED = "Connection: close"
LIMITED = answer("429 Too Many Requests", b"", "Retry-After: 7", CLOSED)
WELL = answer("200 OK", b"{}", CLOSED)


# --- what goes out and what comes in --------------------------------------------------------------


def test_a_request_goes_out_to_the_byte() -> None:
    """The target with escapes as they are, headers in their order and as often as given."""
    seen: list[bytes] = []

    def talk(connection: socket) -> None:
        seen.append(read_request(connection))
        connection.sendall(WELL)

    headers = (HOST, ("X-Twice", "a"), ("x-twice", "b"), ("Content-Length", "2"))
    with wire_to(talk) as (wire, _):
        wire.send(Request("POST", "/a%2fb/%7e/../c?x=%20+&x=%C3", headers, b"hi"))
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /a%2fb/%7e/../c?x=%20+&x=%C3 HTTP/1.1",
        b"Host: target",
        b"X-Twice: a",
        b"x-twice: b",
        b"Content-Length: 2",
    ]
    assert body == b"hi"


def test_a_body_in_chunks_goes_out_in_two() -> None:
    """If the request asks for it by its header."""
    seen: list[bytes] = []

    def talk(connection: socket) -> None:
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(65536)
        seen.append(data.partition(b"\r\n\r\n")[2])
        connection.sendall(WELL)

    with wire_to(talk) as (wire, _):
        wire.send(Request("POST", "/", (HOST, ("Transfer-Encoding", "chunked")), b"abcd"))
    assert seen == [b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"]


def test_a_reply_is_kept_as_it_came() -> None:
    """Names of headers in their spelling, doubles and order included."""
    reply = answer("418 I'm a teapot", b"\xff", "x-B: 1", "X-b: 2", "A: 3", CLOSED)
    with wire_to(saying(reply)) as (wire, _):
        exchange = wire.send(GET, "me")
    assert exchange.reply is not None
    assert exchange.reply.headers[:3] == (("x-B", "1"), ("X-b", "2"), ("A", "3"))
    assert (exchange.status, exchange.reply.body, exchange.label) == (418, b"\xff", "me")


def test_a_redirection_is_a_reply() -> None:
    """It is not followed: what came is judged."""
    reply = answer("302 Found", b"", "Location: /elsewhere", CLOSED)
    with wire_to(saying(reply)) as (wire, _):
        assert wire.send(GET).status == 302
        assert len(wire.exchanges) == 1


def test_calls_are_numbered_and_shown_as_they_are_kept() -> None:
    """Whoever keeps calls of his own later gets the next number."""
    shown: list[Exchange] = []
    with wire_to(saying(WELL), on_exchange=shown.append) as (wire, _):
        first, second = wire.attempt(GET), wire.attempt(GET)
        assert wire.exchanges == []
        wire.record(second)
        wire.record(first)
        third = wire.send(GET)
        assert wire.exchanges == shown == [second, first, third]
    assert [exchange.number for exchange in shown] == [1, 2, 3]


def test_a_call_may_be_made_and_not_kept() -> None:
    """Limits are obeyed all the same."""
    with wire_to(saying(LIMITED, WELL)) as (wire, waits):
        assert wire.ask(GET).status == 200
        assert (wire.exchanges, waits) == ([], [7.0])


# --- no reply -------------------------------------------------------------------------------------


def test_a_closed_port_is_trouble() -> None:
    """No exception: what it means, the caller knows."""
    wire = Wire(Target("http://127.0.0.1:1", "w", "s", "k"))
    exchange = wire.send(GET)
    wire.close()
    assert (exchange.reply, exchange.status) == (None, 0)
    assert exchange.trouble.startswith("ConnectError")


def test_a_connection_that_ends_is_trouble() -> None:
    """The server reads the request and goes."""
    with wire_to(lambda connection: connection.close()) as (wire, _):
        exchange = wire.send(GET)
    assert exchange.reply is None
    assert exchange.trouble
    assert exchange.summary.endswith(exchange.trouble)


def test_what_http_cannot_carry_is_not_sent() -> None:
    """A line end in a header is our mistake, not the target's."""
    with wire_to(saying(WELL)) as (wire, _), pytest.raises(Unsendable):
        wire.send(Request("GET", "/", (HOST, ("X", "a\r\nb"))))


# --- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (None, None),
        (Reply(200, (("Retry-After", "5"),)), None),
        (Reply(503, (("Retry-After", "5"),)), None),
        (Reply(429, (("retry-after", " 5 "),)), 5.0),
        (Reply(429, (("Retry-After", "0"),)), 1.0),
        (Reply(429, (("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"),)), 1.0),
        (Reply(429), 1.0),
        (refusal(403, QUOTA + "00:30:02.", ("Retry-After", "9")), 9.0),
        (refusal(403, QUOTA + "00:30:02."), 30 * 60 + 3.0),
        (refusal(403, QUOTA + "6.23:59:55."), ((6 * 24 + 23) * 60 + 59) * 60 + 56.0),
        (refusal(403, QUOTA + "14.07:13:56."), ((14 * 24 + 7) * 60 + 13) * 60 + 57.0),
        (refusal(403, QUOTA + "soon."), None),
        (refusal(403, "Caller IP 1.00:00:00 is blocked."), None),
        (Reply(403, (), b'{"error": "quota 00:00:05"}'), None),
    ],
)
def test_what_a_limit_asks_for(reply: Reply | None, seconds: float | None) -> None:
    """429 in any form; 403 only with Retry-After or a time until a quota is replenished."""
    assert wait_asked_for(reply) == seconds


def test_a_limit_is_obeyed_and_the_call_repeated() -> None:
    """What was limited is not kept; what came in the end is."""
    with wire_to(saying(LIMITED, LIMITED, WELL)) as (wire, waits):
        exchange = wire.send(GET)
        assert (wire.exchanges, wire.obeyed, waits) == ([exchange], 2, [7.0, 7.0])
    assert (exchange.status, exchange.number) == (200, 1)


def test_a_limit_may_be_looked_at() -> None:
    """Then it is a reply like others."""
    with wire_to(saying(LIMITED)) as (wire, waits):
        assert wire.send(GET, obey=False).status == 429
        assert (len(wire.exchanges), wire.obeyed, waits) == (1, 0, [])


def test_more_time_than_there_is_ends_it() -> None:
    """All waits of a call count, and nothing is waited in vain."""
    with (
        wire_to(saying(LIMITED), longest_wait=20.0) as (wire, waits),
        pytest.raises(LimitReached, match="asks us to wait 21 s"),
    ):
        wire.send(GET)
    assert waits == [7.0, 7.0]


def test_a_moved_clock_makes_any_wait_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """But not one that never ends."""
    monkeypatch.setattr(module, "MOST_WAITS", 3)
    more: dict[str, Any] = {"longest_wait": 1.0, "is_clock_moved": True}
    with (
        wire_to(saying(LIMITED), **more) as (wire, waits),
        pytest.raises(LimitReached, match="still stands after 3 waits"),
    ):
        wire.send(GET)
    assert waits == [7.0, 7.0, 7.0]


class Clock:
    """A clock that stands still, unless waiting moves it."""

    def __init__(self, *, moves: bool) -> None:
        self.moves = moves
        self.now = 1000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds if self.moves else 0.0


@pytest.mark.parametrize("moves", [True, False])
def test_a_pace_of_ours_is_kept(monkeypatch: pytest.MonkeyPatch, moves: bool) -> None:
    """Two calls a minute, whether waiting moves our own clock or only the target's."""
    clock = Clock(moves=moves)
    monkeypatch.setattr(module, "time", clock)
    pace = Pace(Limit(2, 60.0))
    for _ in range(5):
        pace.wait(clock.pass_time)
    assert clock.waits == [60.0, 60.0]


def test_time_that_has_passed_need_not_be_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is left of the window is."""
    clock = Clock(moves=True)
    monkeypatch.setattr(module, "time", clock)
    pace = Pace(Limit(1, 60.0))
    for later in (0.0, 45.0, 61.0):
        clock.now += later
        pace.wait(clock.pass_time)
    assert clock.waits == [15.0]


def test_without_a_limit_nobody_waits() -> None:
    """However many calls there are."""
    waits: list[float] = []
    pace = Pace(None)
    for _ in range(100):
        pace.wait(waits.append)
    assert waits == []


def test_every_call_is_within_the_pace() -> None:
    """Calls that others send by themselves are told beforehand."""
    with scripted(saying(WELL)) as url:
        waits: list[float] = []
        wire = Wire(Target(url, "w", "s", "k", rate_limit=Limit(3, 100.0)), waits.append)
        wire.keep_pace(2)
        wire.send(GET)
        assert waits == []
        wire.send(GET)
        wire.close()
    (wait,) = waits
    assert 0 < wait <= 100


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[str, Path, Path]]:
    """Serve over TLS; yield the address, the server's certificate and ours, which is asked for."""
    (tmp_path / "ours").mkdir()
    context, shown = self_signed(tmp_path)
    self_signed(tmp_path / "ours")
    certificate = tmp_path / "ours" / "certificate.pem"
    context.load_verify_locations(certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    both = tmp_path / "ours.pem"
    both.write_bytes(certificate.read_bytes() + (tmp_path / "ours" / "key.pem").read_bytes())
    with scripted(saying(WELL), context) as url:
        yield url, shown, both


def over_tls(url: str, **more: Any) -> Exchange:
    """Make one call, and close."""
    wire = Wire(Target(url, "w", "s", "k", timeout=5, **more))
    exchange = wire.send(GET)
    wire.close()
    return exchange


def test_certificates_are_shown_and_looked_at(secured: tuple[str, Path, Path]) -> None:
    """With the server's certificate trusted and ours shown, all is as without TLS."""
    url, shown, ours = secured
    exchange = over_tls(url, ca_file=str(shown), client_certificate=str(ours))
    assert (exchange.status, exchange.trouble) == (200, "")


def test_any_certificate_is_taken_if_asked_for(secured: tuple[str, Path, Path]) -> None:
    """As --insecure does."""
    url, _, ours = secured
    assert over_tls(url, verify=False, client_certificate=str(ours)).status == 200


def test_an_unknown_certificate_is_trouble(secured: tuple[str, Path, Path]) -> None:
    """Nothing is sent to whoever shows it."""
    url, _, ours = secured
    exchange = over_tls(url, client_certificate=str(ours))
    assert "CERTIFICATE_VERIFY_FAILED" in exchange.trouble


def test_without_a_certificate_of_ours_there_is_no_answer(secured: tuple[str, Path, Path]) -> None:
    """If the server asks for one."""
    url, shown, _ = secured
    exchange = over_tls(url, ca_file=str(shown))
    assert exchange.reply is None
    assert exchange.trouble


def test_plain_http_has_no_certificates() -> None:
    """So none is read."""
    wire = Wire(Target("http://127.0.0.1:1", "w", "s", "k", ca_file="nowhere.pem"))
    assert wire.tls() is False
    wire.close()

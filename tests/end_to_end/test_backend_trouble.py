"""What does the gateway do when its backend, or its client, does not do what it should?

Whatever that is: the documented 500, a row that says why, nothing left open, and the next call is
served.
"""

import asyncio
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.end_to_end.case import Line, Request
from tests.end_to_end.gateway_case import Declared, GatewayCase, Json
from tests.end_to_end.gateway_stage import GatewayStage, receive, running_stage
from tests.end_to_end.recording_backend import BackendAnswer, closed_port

FAULT = re.compile(
    rb'\{ "statusCode": 500, "message": "Internal server error", "activityId": "[0-9a-f-]{36}" \}'
)
MEGABYTE = 1 << 20
PATIENCE = 10
"""Seconds after which a test gives up on what must come."""
GOOD = b'{"ok":true}'
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
IMPATIENT = """
<policies>
  <inbound><base /></inbound>
  <backend><forward-request timeout-ms="60" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"""


def case_of(**declared: Any) -> GatewayCase:
    """Return an API without a key, of which only its declaration matters."""
    open_api = Declared(subscription_required=False, **declared)
    return msgspec.convert(
        {
            "title": "An open API.",
            "evidence": "assumed",
            "gateway": msgspec.to_builtins(open_api),
            "request": {"method": "GET", "target": "/"},
            "expect": {"status": 200, "body": None},
        },
        GatewayCase,
    )


def is_closed(line: Line) -> bool:
    """Say whether a connection serves no further request."""
    try:
        line.send(Request("GET", "/case/patient/next"))
        receive(line, "GET")
    except (OSError, HTTPException):
        return True
    return False


CASES = {
    "patient": case_of(),
    "impatient": case_of(policy=IMPATIENT),
    "keyed": msgspec.structs.replace(case_of(), gateway=Declared()),
    "dead": case_of(service_url=f"http://{closed_port()}"),
}


@pytest.fixture(scope="module")
def running() -> Iterator[GatewayStage]:
    """Run an emulator and its backend."""
    with running_stage(CASES) as stage:
        yield stage


@pytest.fixture
def stage(running: GatewayStage) -> Iterator[GatewayStage]:
    """Return the stage with nothing on it; afterwards it must still serve."""
    running.backend.clear()
    running.backend.drop()
    wait_for(lambda: running.backend.open == 0, "every connection is closed")
    assert call(running, Request("GET", "/case/patient/before"))[::2] == (200, GOOD)
    running.admin.post("/reset").raise_for_status()
    running.backend.drop()
    wait_for(lambda: running.backend.open == 0, "every connection is closed")
    running.backend.clear()
    yield running
    running.backend.clear()
    running.backend.drop()
    assert call(running, Request("GET", "/case/patient/after"))[::2] == (200, GOOD)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return once the condition holds; fail the test if it does not within some seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)


Reply = tuple[int, list[tuple[str, str]], bytes]


def call(stage: GatewayStage, request: Request) -> Reply:
    """Make a call; return status, headers and body."""
    with Line(stage.url) as line:
        line.send(request)
        return receive(line, request.method)[:3]


def answered(stage: GatewayStage, *answers: BackendAnswer, api: str = "patient") -> Reply:
    """POST once to a backend that answers so; a POST is not sent again."""
    stage.backend.clear(answers)
    return call(stage, Request("POST", f"/case/{api}/a", {}, "once"))


def row(stage: GatewayStage, number: int = 1) -> Json:
    """Return the last row of the log, once it is there."""
    return stage.last_row(number)


def value(headers: list[tuple[str, str]], name: str) -> str:
    """Return the value of a header that comes once."""
    (found,) = (value for key, value in headers if key.lower() == name.lower())
    return found


def told(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what a row says of a failure."""
    names = ("responseCode", "backendResponseCode", "lastErrorSource", "lastErrorReason")
    return tuple(row[name] for name in names)


BROKEN = (500, None, "forward-request", "BackendConnectionFailure")


@pytest.mark.parametrize(
    "answer",
    [
        BackendAnswer(sends="nothing", then="reset"),
        BackendAnswer(sends="nothing", then="close"),
        BackendAnswer(sends="head", then="reset"),
        BackendAnswer(sends="head", then="close"),
        BackendAnswer(sends="half", then="reset"),
        BackendAnswer(sends="half", then="close"),
        BackendAnswer(content_length=1000, then="close"),
        BackendAnswer(raw="garbage\r\n\r\n", then="close"),
        BackendAnswer(raw="garbage\r\n\r\n", then="hang"),
        BackendAnswer(raw="HTTP/1.1 200 OK", then="close"),
        BackendAnswer(raw="HTTP/1.1 200 OK\r\nContent-Le", then="reset"),
        BackendAnswer(raw="HTTP/9.9 200 OK\r\n\r\n", then="close"),
        BackendAnswer(raw="HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n", then="close"),
        BackendAnswer(raw="HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n", then="close"),
        BackendAnswer(raw="HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", then="close"),
        BackendAnswer(raw="HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nabcde", then="close"),
        BackendAnswer(
            raw="HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", then="close"
        ),
        BackendAnswer(raw="HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n", then="close"),
    ],
    ids=range(18),
)
def test_an_answer_that_is_none_is_500(stage: GatewayStage, answer: BackendAnswer) -> None:
    """A small answer that is broken off or no HTTP is the documented 500, and the row says why."""
    status, headers, body = answered(stage, answer)
    assert (status, value(headers, "Content-Type")) == (500, "application/json")
    assert FAULT.fullmatch(body)
    found = row(stage)
    assert (found["responseCode"], found["lastErrorReason"]) == (500, "BackendConnectionFailure")
    assert found["lastErrorMessage"]
    assert len(stage.backend.seen) == 1


def test_a_backend_that_is_dead_is_500(stage: GatewayStage) -> None:
    """Nobody listens: the row names the address."""
    status, _, body = call(stage, Request("GET", "/case/dead/a"))
    assert status == 500
    assert FAULT.fullmatch(body)
    found = row(stage)
    assert told(found) == BROKEN
    assert found["backendUrl"].startswith("http://127.0.0.1:")
    assert found["backendUrl"].endswith("/a")
    assert "127.0.0.1" in found["lastErrorMessage"]


def test_a_slow_backend_is_given_up(stage: GatewayStage) -> None:
    """After the timeout the client has its 500, and the backend's connection is closed."""
    status, _, body = answered(stage, BackendAnswer(sends="nothing", then="hang"), api="impatient")
    assert status == 500
    assert FAULT.fullmatch(body)
    assert told(row(stage)) == (500, None, "forward-request", "Timeout")
    assert row(stage)["lastErrorMessage"] == "Request to the backend service timed out"
    wait_for(lambda: stage.backend.open == 0, "the connection is closed")


def test_a_late_answer_goes_to_nobody(stage: GatewayStage) -> None:
    """What a backend says after it was given up is not the answer to the next call."""
    late = BackendAnswer(delay=0.2, body="late")
    stage.backend.clear([late, BackendAnswer(body="next")])
    assert call(stage, Request("POST", "/case/impatient/a", {}, "once"))[0] == 500
    assert call(stage, Request("POST", "/case/patient/a", {}, "once"))[::2] == (200, b"next")


def test_bytes_behind_an_answer_are_not_the_next_one(stage: GatewayStage) -> None:
    """A body that is longer than its Content-Length is cut, and its connection is given up."""
    smuggled = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    first = BackendAnswer(raw=f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{smuggled}")
    stage.backend.clear([first, BackendAnswer(body="good")])
    assert call(stage, Request("POST", "/case/patient/a", {}, "1"))[::2] == (200, b"ok")
    assert call(stage, Request("POST", "/case/patient/b", {}, "2"))[::2] == (200, b"good")


def test_a_backend_that_answers_before_it_is_asked(stage: GatewayStage) -> None:
    """An answer on an idle connection is dropped with it."""
    early = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 3
    stage.backend.clear([BackendAnswer(raw=early), BackendAnswer(body="good")])
    assert call(stage, Request("GET", "/case/patient/a"))[::2] == (200, b"ok")
    assert [call(stage, Request("GET", "/case/patient/b"))[2] for _ in range(3)] == [b"good"] * 3


def test_endless_headers_are_given_up(stage: GatewayStage) -> None:
    """A head that does not end is cut off at some size, not taken into memory for ever."""
    endless = "HTTP/1.1 200 OK\r\n" + "X-A: 0123456789abcdef\r\n" * 200_000
    status, _, body = answered(stage, BackendAnswer(raw=endless, then="hang"))
    assert status == 500
    assert FAULT.fullmatch(body)
    assert told(row(stage)) == BROKEN
    wait_for(lambda: stage.backend.open == 0, "the connection is closed")


def test_one_endless_header_is_given_up(stage: GatewayStage) -> None:
    """The same with a single line."""
    endless = "HTTP/1.1 200 OK\r\nX-A: " + "a" * 4 * MEGABYTE
    status, _, body = answered(stage, BackendAnswer(raw=endless, then="hang"))
    assert status == 500
    assert FAULT.fullmatch(body)
    assert told(row(stage)) == BROKEN


def test_a_head_of_many_headers_is_taken(stage: GatewayStage) -> None:
    """A thousand headers are strange, and pass."""
    many = [f"X-{number}: {number}" for number in range(1000)]
    stage.backend.clear([BackendAnswer(headers=many)])
    with sent(
        stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    ) as line:
        got = b"".join(iter(lambda: line.recv(65536), b""))
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.lower().count(b"\r\nx-") == 1000
    assert got.endswith(GOOD)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_large_body_breaks_off_as_it_came(stage: GatewayStage, then: Any) -> None:
    """The head is out; so the client gets what there was, and its connection ends."""
    large = BackendAnswer(body="0123456789abcdef" * 65_536, sends="half", then=then)
    stage.backend.clear([large])
    with Line(stage.url) as line:
        line.send(Request("GET", "/case/patient/a"))
        status, headers, body, is_broken = receive(line, "GET")
        assert is_closed(line)
    assert (status, value(headers, "Content-Length")) == (200, str(MEGABYTE))
    assert is_broken
    assert len(body) <= MEGABYTE // 2
    found = row(stage)
    assert told(found) == (200, 200, "forward-request", "BackendConnectionFailure")
    assert found["responseSize"] == len(body)


@pytest.mark.parametrize(
    "answer",
    [
        BackendAnswer(sends="half", then="close", chunked=True),
        BackendAnswer(sends="half", then="reset", chunked=True),
        BackendAnswer(raw=f"{CHUNKED}5\r\nabcde\r\nzz\r\n", then="hang"),
        BackendAnswer(raw=f"{CHUNKED}5\r\nabcdefghij\r\n", then="hang"),
    ],
    ids=range(4),
)
def test_chunks_that_are_none_break_off(stage: GatewayStage, answer: BackendAnswer) -> None:
    """Chunks are passed on as they come; where they end too early the client's connection ends."""
    stage.backend.clear([answer])
    with Line(stage.url) as line:
        line.send(Request("POST", "/case/patient/a", {}, "once"))
        status, _, body, is_broken = receive(line, "POST")
    assert status == 200
    assert is_broken
    assert len(body) <= 5
    assert told(row(stage)) == (200, 200, "forward-request", "BackendConnectionFailure")


def test_a_body_that_ends_with_the_connection_may_be_cut_by_a_reset(stage: GatewayStage) -> None:
    """Without a length only a reset tells that something is missing."""
    open_end = BackendAnswer(body="0123456789" * 20_000, content_length="none", then="reset")
    stage.backend.clear([open_end])
    with Line(stage.url) as line:
        line.send(Request("GET", "/case/patient/a"))
        try:
            is_broken = receive(line, "GET")[3]
        except (OSError, HTTPException):
            is_broken = True
    found = row(stage)
    assert is_broken == (found["lastErrorReason"] == "BackendConnectionFailure")


def address(stage: GatewayStage) -> tuple[str, int]:
    """Return host and port of the gateway."""
    place = urlsplit(stage.url)
    return str(place.hostname), int(place.port or 0)


def sent(stage: GatewayStage, content: bytes) -> socket.socket:
    """Send bytes to the gateway; return the open connection."""
    line = socket.create_connection(address(stage), 10)
    line.sendall(content)
    return line


HEAD = b"POST /case/patient/a HTTP/1.1\r\nHost: a\r\n"


def test_a_client_that_goes_while_the_backend_hangs(stage: GatewayStage) -> None:
    """Its row has the status 0 and says why, and the backend's connection is given back."""
    stage.backend.clear([BackendAnswer(sends="nothing", then="hang")])
    line = sent(stage, HEAD + b"Content-Length: 4\r\n\r\nonce")
    wait_for(lambda: len(stage.backend.seen) == 1, "the backend has the request")
    line.close()
    found = row(stage)
    assert told(found) == (0, None, "client", "ClientConnectionFailure")
    assert found["isRequestSuccess"] is False
    wait_for(lambda: stage.backend.open == 0, "the connection is given back")


def test_a_client_that_resets_while_the_backend_hangs(stage: GatewayStage) -> None:
    """A reset is no other than an end."""
    stage.backend.clear([BackendAnswer(sends="nothing", then="hang")])
    line = sent(stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\n\r\n")
    wait_for(lambda: len(stage.backend.seen) == 1, "the backend has the request")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    line.close()
    assert told(row(stage)) == (0, None, "client", "ClientConnectionFailure")
    wait_for(lambda: stage.backend.open == 0, "the connection is given back")


@pytest.mark.parametrize(
    "beginning",
    [b"Content-Length: 1000\r\n\r\nbegin", b"Transfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"],
    ids=["length", "chunks"],
)
def test_a_client_that_goes_within_its_request(stage: GatewayStage, beginning: bytes) -> None:
    """Half a request is no request: the backend's connection ends, the row has the status 0."""
    line = sent(stage, HEAD + beginning)
    wait_for(lambda: len(stage.backend.seen) == 1, "the backend has the head")
    line.close()
    found = row(stage)
    assert told(found)[:1] + told(found)[2:] == (0, "client", "ClientConnectionFailure")
    assert found["requestSize"] == 5
    wait_for(lambda: stage.backend.open == 0, "the connection is given back")
    assert not stage.backend.seen[0].is_whole


def test_a_client_that_goes_before_its_body_begins(stage: GatewayStage) -> None:
    """A head alone, then nothing: there is a row, and nothing stays open."""
    line = sent(stage, HEAD + b"Content-Length: 1000\r\n\r\n")
    time.sleep(0.05)
    line.close()
    assert told(row(stage)) == (0, None, "client", "ClientConnectionFailure")
    wait_for(lambda: stage.backend.open == 0, "nothing is open")


def test_a_client_that_goes_within_a_large_answer(stage: GatewayStage) -> None:
    """The backend is not read to its end for nobody; its connection is given back."""
    large = BackendAnswer(body="0123456789abcdef" * (4 * MEGABYTE), then="hang")
    stage.backend.clear([large])
    line = sent(stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\n\r\n")
    assert line.recv(1000).startswith(b"HTTP/1.1 200 ")
    line.close()
    found = row(stage)
    assert (found["lastErrorSource"], found["lastErrorReason"]) == (
        "client",
        "ClientConnectionFailure",
    )
    assert found["responseSize"] < 64 * MEGABYTE
    wait_for(lambda: stage.backend.open == 0, "the connection is given back")


def test_a_client_that_does_not_read_holds_the_backend_back(stage: GatewayStage) -> None:
    """A large answer is not taken into memory for a client that does not read it."""
    large = BackendAnswer(body="0123456789abcdef" * (4 * MEGABYTE))
    stage.backend.clear([large])
    line = sent(stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert line.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert call(stage, Request("GET", "/case/keyed/a"))[0] == 401  # others are served meanwhile
    received = 1000
    while piece := line.recv(MEGABYTE):
        received += len(piece)
    line.close()
    assert received > 64 * MEGABYTE
    assert told(row(stage, 2)) == (200, 200, None, None)


@pytest.mark.parametrize(
    "answer",
    [
        BackendAnswer(body="0123456789" * 8, chunked=True, sends="half", then="hang"),
        BackendAnswer(body="0123456789" * 80_000, sends="half", then="hang"),
    ],
    ids=["chunks", "length"],
)
def test_pieces_reach_the_client_as_they_come(stage: GatewayStage, answer: BackendAnswer) -> None:
    """What the backend has sent is with the client while the rest is still to come."""
    stage.backend.clear([answer])
    with sent(stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\n\r\n") as line:
        got = b""
        while b"0123456789" not in got:
            got += line.recv(65536)
    assert got.startswith(b"HTTP/1.1 200 ")


def test_pieces_reach_the_backend_as_they_come(stage: GatewayStage) -> None:
    """What the client has sent is with the backend while the rest is still to come."""
    with sent(stage, HEAD + b"Content-Length: 10\r\n\r\nbegin") as line:
        wait_for(lambda: [one.body for one in stage.backend.seen] == [b"begin"], "half of it")
        line.sendall(b" end.")
        got = b""
        while GOOD not in got:
            got += line.recv(65536)
    assert stage.backend.seen[0].body == b"begin end."
    assert got.startswith(b"HTTP/1.1 200 ")


def test_a_half_closed_client_gets_its_answer(stage: GatewayStage) -> None:
    """A client that has said all it had to say is not one that went away."""
    stage.backend.clear([BackendAnswer(delay=0.2)])
    line = sent(stage, b"GET /case/patient/a HTTP/1.1\r\nHost: a\r\n\r\n")
    line.shutdown(socket.SHUT_WR)
    got = b"".join(iter(lambda: line.recv(65536), b""))
    line.close()
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.endswith(GOOD)
    assert told(row(stage)) == (200, 200, None, None)


KINDS: Sequence[tuple[str, BackendAnswer, Sequence[int]]] = (
    ("good", BackendAnswer(), (200,)),
    ("late", BackendAnswer(delay=0.05), (200,)),
    ("reset", BackendAnswer(sends="nothing", then="reset"), (500,)),
    ("half", BackendAnswer(sends="half", then="close"), (500,)),
    ("garbage", BackendAnswer(raw="what?\r\n\r\n", then="close"), (500,)),
    ("503", BackendAnswer(status=503), (503,)),
    ("large", BackendAnswer(body="0123456789" * 20_000), (200,)),
    ("hang", BackendAnswer(sends="nothing", then="hang"), (500,)),
    ("gone", BackendAnswer(sends="nothing", then="hang"), (0,)),
    ("chunks", BackendAnswer(chunked=True), (200,)),
)


async def one_call(stage: GatewayStage, kind: str, number: int) -> int:
    """Make one call of a kind; return its status, 0 for one whose client leaves."""
    reader, writer = await asyncio.open_connection(*address(stage))
    api = "impatient" if kind == "hang" else "patient"
    target = f"/case/{api}/{kind}?number={number}"
    body = b"once"
    writer.write(
        f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n".encode()
        + body
    )
    await writer.drain()
    if kind == "gone":
        await asyncio.sleep(0.2)
        writer.close()
        return 0
    got = await reader.read()
    writer.close()
    head, _, content = got.partition(b"\r\n\r\n")
    if kind in ("good", "late"):
        assert content == GOOD
    if kind == "large":
        assert content == b"0123456789" * 20_000
    return int(head.split()[1])


def test_two_hundred_calls_at_once_of_which_some_break(stage: GatewayStage) -> None:
    """Each call gets what is its own, whatever happens to the others."""
    count = 200
    stage.backend.clear(
        for_targets={
            f"/{kind}?number={number}": answer
            for number in range(count)
            for kind, answer, _ in KINDS
        }
    )

    async def all_calls() -> list[int]:
        calls = (one_call(stage, KINDS[n % len(KINDS)][0], n) for n in range(count))
        return list(await asyncio.gather(*calls))

    statuses = asyncio.run(all_calls())
    for number, status in enumerate(statuses):
        kind, _, allowed = KINDS[number % len(KINDS)]
        assert status in allowed, kind
    row(stage, count)
    rows = stage.rows()
    assert len(rows) == count
    assert Counter(each["responseCode"] for each in rows) == Counter(statuses)
    reasons = {
        (re.findall(r"patient/(\w+)", each["url"])[0], each["lastErrorReason"]) for each in rows
    }
    assert reasons == {
        ("good", None),
        ("late", None),
        ("reset", "BackendConnectionFailure"),
        ("half", "BackendConnectionFailure"),
        ("garbage", "BackendConnectionFailure"),
        ("503", None),
        ("large", None),
        ("hang", "Timeout"),
        ("gone", "ClientConnectionFailure"),
        ("chunks", None),
    }
    wanted = Counter(KINDS[number % len(KINDS)][0] for number in range(count))
    seen = Counter(one.target.partition("?")[0][1:] for one in stage.backend.seen)
    # None was sent twice. On a busy machine the impatient ones may not even get a connection.
    assert all(seen[kind] == number for kind, number in wanted.items() if kind != "hang")
    assert seen["hang"] <= wanted["hang"]
    # Connections over which all went well may be kept; the others are closed at once.
    busy = sum(kind in ("good", "late", "503", "large", "chunks") for kind in wanted.elements())
    wait_for(lambda: stage.backend.open <= busy, "what broke is closed")

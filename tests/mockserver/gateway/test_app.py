"""Does the gateway handle calls in its order, whatever clients, policies and a stop do to it?"""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.gateway.answers import INVALID_KEY, MISSING_KEY
from mockserver.gateway.call import Call
from mockserver.gateway.errors import Finished
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.policies.set_variable import SetVariable
from tests.mockserver.gateway.raw_backend import (
    GOOD,
    LOOPS,
    RawBackend,
    answering,
    reset,
    run,
    until,
)
from tests.mockserver.gateway.served_gateway import Answer, Served, declared, served

FAULT = re.compile(
    rb'\{ "statusCode": 500, "message": "Internal server error", "activityId": "[0-9a-f-]{36}" \}'
)
MEGABYTE = 1 << 20
KEY = ("Ocp-Apim-Subscription-Key", "right")
Play = Callable[[Served, RawBackend], Awaitable[None]]


def with_gateway(play: Play, backend: Callable[[], RawBackend] | None = None, **more: Any) -> None:
    """Play a test with a gateway in front of a backend that answers well, or of another one.

    `on_both` loops only if it is about ends of connections: a server takes a while to stop.
    """
    shutdown_seconds = more.pop("shutdown_seconds", 5)
    loops = LOOPS if more.pop("on_both", False) else LOOPS[:1]

    async def all_of_it() -> None:
        async with (
            (backend or (lambda: answering(GOOD)))() as behind,
            served(declared(behind.place, **more), shutdown_seconds) as gateway,
        ):
            await play(gateway, behind)
            gateway.server.should_exit = True

    run(all_of_it, loops)


def silent() -> RawBackend:
    """Return a backend that takes requests and says nothing."""

    async def script(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        del writer, number
        await backend.take(reader)
        await reader.read()

    backend = RawBackend(script)
    return backend


def assert_fault(answer: Answer) -> None:
    """Check that an answer is the documented 500."""
    assert answer.status == 500
    assert answer.values("content-type") == ["application/json"]
    assert FAULT.fullmatch(answer.body)


# --- the order ------------------------------------------------------------------------------------


def test_a_call_goes_through() -> None:
    """Status, headers, body; a row in each log."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        wire = [("Host", "g.example"), ("X-A", "1")]
        answer = await gateway.send("POST", "/a?b=c", wire, b"body")
        assert (answer.status, answer.body) == (200, b"ok")
        assert [name for name, _ in answer.headers] == ["date", "content-length", "connection"]
        head, body = backend.requests[0]
        assert head.startswith(b"POST /a?b=c HTTP/1.1\r\nhost: " + backend.place.encode())
        assert body == b"body"
        row = await gateway.row()
        assert (row.response_code, row.backend_response_code) == (200, 200)
        assert (row.request_size, row.response_size) == (4, 2)
        gateway.surface._request_log.flush()
        assert " POST /a 200 " in gateway.written.getvalue()

    with_gateway(play)


def test_the_address_comes_before_the_key_and_the_key_before_policies() -> None:
    """404, then 401, then what policies say; on-error hears of each."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        answer = await gateway.send("PATCH", "/a")
        assert (answer.status, answer.body) == (
            404,
            b'{ "statusCode": 404, "message": "Resource not found" }',
        )
        assert answer.values("x-where") == ["global"]
        for headers, told in (((), MISSING_KEY), (((KEY[0], "wrong"),), INVALID_KEY)):
            answer = await gateway.send(headers=headers)
            assert (answer.status, json.loads(answer.body)["message"]) == (401, told)
            assert answer.values("x-where") == ["api"]
            (challenge,) = answer.values("www-authenticate")
            assert challenge == (
                'AzureApiManagementKey realm="https://gateway.example/",'
                'name="Ocp-Apim-Subscription-Key",type="header"'
            )
        answer = await gateway.send(headers=[KEY])
        assert (answer.status, answer.body) == (418, b"")
        assert backend.requests == []

    def on_error(where: str) -> str:
        return f'<set-header name="x-where"><value>{where}</value></set-header>'

    finished = '<return-response><set-status code="418" reason="Tea" /></return-response>'
    with_gateway(
        play,
        api={"subscription_required": True},
        policies={"inbound": finished, "on_error": on_error("api")},
        policy="<policies><inbound/><backend/><outbound/>"
        f"<on-error>{on_error('global')}</on-error></policies>",
        subscriptions=[
            {"id": "s", "scope": "/apis", "primary_key": "right", "secondary_key": "other"}
        ],
    )


def test_ids_are_never_the_same() -> None:
    """Each call has its own, and each gateway others."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        for _ in range(3):
            await gateway.send()
        ids.update(row.correlation_id for row in gateway.surface.log)

    ids: set[str] = set()
    with_gateway(play)
    with_gateway(play)
    assert len(ids) == 6


CORS = (
    "<cors><allowed-origins><origin>https://page.example</origin></allowed-origins>"
    "<allowed-methods><method>PUT</method></allowed-methods>"
    "<allowed-headers><header>*</header></allowed-headers></cors>"
)
ASKS = [("Origin", "https://page.example"), ("Access-Control-Request-Method", "PUT")]


def test_a_preflight_is_answered_by_cors_alone() -> None:
    """Without a key, and no other policy runs; other verbs than those of operations are 404."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        answer = await gateway.send("OPTIONS", headers=ASKS)
        assert answer.status == 200
        assert answer.values("access-control-allow-origin") == ["https://page.example"]
        assert answer.values("x-ran") == []
        unknown = [ASKS[0], ("Access-Control-Request-Method", "BREW")]
        assert (await gateway.send("OPTIONS", headers=unknown)).status == 404
        assert (await gateway.send("OPTIONS", headers=ASKS[:1])).status == 404
        assert (await gateway.send("OPTIONS", headers=ASKS[1:])).status == 404
        assert (await gateway.send("PUT", headers=ASKS[:1])).status == 401
        assert backend.requests == []

    with_gateway(
        play,
        api={"subscription_required": True},
        policies={"inbound": CORS + '<set-header name="x-ran"><value>1</value></set-header>'},
    )


def test_without_cors_a_preflight_is_a_call_like_any_other() -> None:
    """404, unless there is an operation for OPTIONS."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        assert (await gateway.send("OPTIONS", headers=ASKS)).status == 404
        assert backend.requests == []

    with_gateway(play)


# --- HEAD and other answers without a body --------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "length"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", ["1000000"]),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", []),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ["0"]),
    ],
)
def test_head_has_the_length_of_get(wire: bytes, length: list[str]) -> None:
    """And no body; a length that is not known is not made up."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        answer = await gateway.send("HEAD")
        assert (answer.values("content-length"), answer.body) == (length, b"")

    with_gateway(play, lambda: answering(wire))


def test_a_refused_head_has_no_body() -> None:
    """Its length is that of the refusal which GET would get."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        get, head = await gateway.send("GET"), await gateway.send("HEAD")
        assert get.status == head.status == 401
        assert head.body == b""
        assert head.values("content-length") == [str(len(get.body))]

    with_gateway(play, api={"subscription_required": True})


LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"d" * 200_000
ODD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.mark.parametrize("code", [204, 304])
@pytest.mark.parametrize("wire", [GOOD, LARGE, ODD], ids=["whole", "streamed", "chunks"])
def test_a_status_that_has_no_body_sends_none(code: int, wire: bytes) -> None:
    """A policy may make a 200 with a body into one."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        answer = await gateway.send()
        assert (answer.status, answer.body) == (code, b"")
        assert (await gateway.row()).response_size == 0

    status = f'<set-status code="{code}" reason="x" />'
    with_gateway(play, lambda: answering(wire), policies={"outbound": status})


def test_a_get_may_be_forwarded_as_head_and_a_head_as_get() -> None:
    """The client's verb says whether there is a body."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        answer = await gateway.send("HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert backend.requests[0][0].startswith(b"PUT /a ")

    with_gateway(
        play, lambda: answering(LARGE), policies={"inbound": "<set-method>PUT</set-method>"}
    )


# --- bytes on the wire ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "forwarded"),
    [
        (b"/a%2Fb", b"/a/b"),
        (b"//a//b", b"//a//b"),
        (b"/?", b"/"),
        (b"/a?", b"/a"),
        (b"/a?b#c", b"/a?b"),
        (b"/#c", b"/"),
        (b"/a;b=c", b"/a;b=c"),
        (b"/a%00%0d%0ab", b"/a%00%0d%0ab"),
        (b"/%", b"/%"),
        (b"/a|b\\c", b"/a|b\\c"),
        (b"/a/../b", b"/a/../b"),
        (b"/a?b?c&&=d", b"/a?b?c&&=d"),
        (b"http://evil.example/a?b", b"/a?b"),
        (b"/\xc3\xa9", None),
        (b"/a?\xff", None),
        (b"?a", None),
        (b"*", b"404"),
        (b"", None),
        (b"/a b", None),
        (b"/a\tb", None),
    ],
)
def test_a_target_is_forwarded_as_it_is(target: bytes, forwarded: bytes | None) -> None:
    """But for %2F, a fragment and a question mark alone; what is no HTTP is 400."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        wire = b"GET %b HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n" % target
        answer = await gateway.exchange(wire)
        if forwarded is None:
            assert answer.body == b'{ "statusCode": 400, "message": "Bad Request" }'
        elif forwarded == b"404":
            assert answer.status == 404
        else:
            assert answer.status == 200
            assert backend.requests[0][0].split(b" ")[1] == forwarded
        assert (len(backend.requests) == 1) == (answer.status == 200)

    with_gateway(play)


SMUGGLED = b"GET /secret HTTP/1.1\r\nHost: g\r\n\r\n"


@pytest.mark.parametrize(
    "rest",
    [
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 35\r\n\r\n",
        b"Content-Length: 35\r\nContent-Length: 0\r\n\r\n",
        b"Content-Length: 0, 35\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length: 0x0\r\n\r\n",
        b"Content-Length : 0\r\n\r\n",
        b"Content-Length:\r\n 0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"X: a\r\n Content-Length: 3\r\n\r\n",
        b"X: a\rContent-Length: 3\r\n\r\n",
        b"X: a\nContent-Length: 3\r\n\r\n",
        b"X: a\0b\r\n\r\n",
        b"X y: 1\r\n\r\n",
        b"X(: 1\r\n\r\n",
        b"\xc3\xa9: 1\r\n\r\n",
        b": 1\r\n\r\n",
        b" X: 1\r\n\r\n",
    ],
)
def test_nothing_can_be_smuggled(rest: bytes) -> None:
    """A request whose end two readers could see differently is 400, and the connection ends."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        wire = b"POST /a HTTP/1.1\r\nHost: g\r\n" + rest + SMUGGLED
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(wire)
        got = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert got.startswith(b"HTTP/1.1 400 ")
        assert got.count(b"HTTP/1.1 ") == 1
        assert not any(b"secret" in head for head, _ in backend.requests)
        assert all(body == b"" for _, body in backend.requests)

    with_gateway(play)


def test_requests_on_one_connection_stay_apart() -> None:
    """Pipelined calls are answered in their order, each with its own body."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        post = b"POST /%d HTTP/1.1\r\nHost: g\r\nContent-Length: 3\r\n\r\n%03d"
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"".join(post % (number, number) for number in range(20)))
        got = b""
        while got.count(b"ok") < 20:
            got += await asyncio.wait_for(reader.read(65_536), 10)
        writer.close()
        assert [body for _, body in backend.requests] == [b"%03d" % n for n in range(20)]
        assert backend.accepted == 1

    with_gateway(play)


@pytest.mark.parametrize("gap", [False, True])
def test_trailers_of_a_request_are_no_headers(gap: bool) -> None:
    """Whether they come with the head or later: nothing has checked them."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        head = (
            b"POST /a HTTP/1.1\r\nHost: g\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        rest = b"1\r\na\r\n0\r\nX-Trailer: 1\r\nOcp-Apim-Subscription-Key: right\r\n\r\n"
        answer = await gateway.exchange(*([head, rest] if gap else [head + rest]))
        assert answer.status == 200
        sent, body = backend.requests[0]
        assert b"trailer" not in sent.lower()
        assert b"ocp-apim" not in sent.lower()
        assert body == b"a"

    with_gateway(play)


def test_headers_that_connection_names_stay_here() -> None:
    """They belong to the client's connection, as do those that always do."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        wire = (
            b"GET /a HTTP/1.1\r\nHost: g\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\n"
            b"TE: trailers\r\nKeep-Alive: 5\r\nX-Kept: 2\r\n\r\n"
        )
        assert (await gateway.exchange(wire)).status == 200
        lines = backend.requests[0][0].split(b"\r\n")[2:-2]
        assert lines == [b"x-kept: 2", b"x-forwarded-for: 127.0.0.1"]

    with_gateway(play)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("@(context.Request.OriginalUrl.Host)", b"gateway.example"),
        ('@(context.Request.Headers.GetValueOrDefault("Host", ""))', b"gateway.example"),
        ("other.example", b"other.example"),
    ],
)
def test_a_policy_may_keep_the_clients_host(value: str, sent: bytes) -> None:
    """Left alone, Host is the backend's; a policy may set it, also to what the client sent."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        assert (await gateway.send()).status == 200
        assert backend.requests[0][0].split(b"\r\n")[1] == b"host: " + sent

    host = f'<set-header name="Host"><value>{value}</value></set-header>'
    with_gateway(play, policies={"inbound": host})


def test_what_is_no_http_is_400_in_the_gateways_form() -> None:
    """With a line in the request log; the gateway's own log has no row of it."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        answer = await gateway.exchange(b"what?\r\n\r\n")
        assert (answer.status, answer.body) == (
            400,
            b'{ "statusCode": 400, "message": "Bad Request" }',
        )
        assert answer.values("content-type") == ["application/json"]
        assert len(answer.values("date")) == 1
        gateway.surface._request_log.flush()
        assert "400 0.00ms  not HTTP" in gateway.written.getvalue()
        assert list(gateway.surface.log) == []
        assert backend.requests == []

    with_gateway(play)


def test_a_date_is_the_backends_or_the_clocks() -> None:
    """One Date only; without the backend's it is that of the emulator's clock."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        gateway.clock.freeze(0.0)
        assert (await gateway.send()).values("date") == ["Fri, 01 Jan 2027 00:00:00 GMT"]
        assert (await gateway.send("PATCH")).values("date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]

    dated = b"HTTP/1.1 200 OK\r\nDate: Fri, 01 Jan 2027 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n"
    with_gateway(play, lambda: answering(dated))


@pytest.mark.parametrize("status", [100, 101, 199, 600, 999])
def test_a_status_that_is_none_is_a_fault(status: int) -> None:
    """The client gets the documented 500, and there is a row that says why."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        assert_fault(await gateway.send())
        row = await gateway.row()
        assert (row.response_code, row.backend_response_code) == (500, None)
        assert row.last_error_reason == ("Timeout" if status in (100, 199) else BROKEN)

    wire = b"HTTP/1.1 %d X\r\n\r\n" % status
    policies = {"backend": '<forward-request timeout-ms="500" />'}
    with_gateway(play, lambda: answering(wire), policies=policies)


def test_an_early_answer_can_be_read() -> None:
    """A client that still sends when it is refused gets its answer, not a reset."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        for _ in range(5):
            answer = await gateway.send("POST", body=b"x" * 5 * MEGABYTE)
            assert answer.status == 401
            assert json.loads(answer.body)["message"] == MISSING_KEY
        assert backend.accepted == 0

    with_gateway(play, api={"subscription_required": True})


BROKEN = "BackendConnectionFailure"


# --- policies that fail ---------------------------------------------------------------------------


class Boom(Exception):
    """What no policy should raise."""


@pytest.mark.parametrize("section", ["inbound", "outbound", "on_error"])
def test_a_defect_of_a_policy_is_the_documented_500(
    section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client learns nothing of it; the event log has it, and the row says what it was."""

    async def fail(policy: SetVariable, call: Call) -> None:
        del policy, call
        raise Boom("secret")

    monkeypatch.setattr(SetVariable, "run", fail)

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        assert_fault(await gateway.send())
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (500, "InternalError")
        (record,) = gateway.errors
        assert (record.levelno, record.name) == (logging.ERROR, "mockserver.gateway")
        gateway.errors.clear()
        assert (await gateway.send("PATCH")).status == 404

    policies = {section: '<set-variable name="a" value="b" />'}
    if section == "on_error":
        policies["inbound"] = "<set-body>@(((string)null).Length.ToString())</set-body>"
    with_gateway(play, policies=policies)


def test_a_failing_expression_goes_to_on_error() -> None:
    """Which may word the answer."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        answer = await gateway.send()
        assert (answer.status, answer.body) == (
            500,
            b"set-body: ExpressionValueEvaluationFailure",
        )
        row = await gateway.row()
        assert row.last_error_source == "set-body"
        assert (row.last_error_section, row.last_error_scope) == ("inbound", "api")
        assert backend.requests == []

    worded = '@(context.LastError.Source + ": " + context.LastError.Reason)'
    policies = {
        "inbound": "<set-body>@(((string)null).Length.ToString())</set-body>",
        "on_error": f"<set-body>{worded}</set-body>",
    }
    with_gateway(play, policies=policies)


def test_a_backend_that_breaks_while_a_policy_reads_goes_to_on_error() -> None:
    """A streamed body that a policy asks for may break off before anything was sent."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        answer = await gateway.send()
        assert (answer.status, answer.values("x-reason")) == (500, [BROKEN])
        assert (await gateway.row()).last_error_reason == BROKEN

    def broken() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(LARGE[:100_000])

        return RawBackend(script)

    reason = "<value>@(context.LastError.Reason)</value>"
    policies = {
        "outbound": '<find-and-replace from="a" to="b" />',
        "on_error": f'<set-header name="x-reason">{reason}</set-header>',
    }
    with_gateway(play, broken, policies=policies)


@pytest.mark.parametrize("framing", [b"Content-Length: 1000000", b"Transfer-Encoding: chunked"])
def test_a_streamed_answer_that_breaks_off_is_seen_to(framing: bytes) -> None:
    """Its head is out: the client sees that it is not whole, and the row says why."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        answer = await gateway.send()
        assert (answer.status, answer.is_complete) == (200, False)
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (200, BROKEN)
        assert row.response_size == len(answer.body) == 100_000
        await until(lambda: gateway.errors, "uvicorn says that the answer is not complete")
        gateway.errors.clear()

    def broken() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            piece = b"d" * 100_000
            chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if b"chunked" in framing else piece
            writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (framing, chunk))
            await writer.drain()
            await asyncio.sleep(0.1)

        return RawBackend(script)

    with_gateway(play, broken)


def test_a_body_that_is_too_large_to_be_held_is_a_fault() -> None:
    """Of a request as of a response; what nobody asks for is not held and passes."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        body = b"POST /a HTTP/1.1\r\nHost: g\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000
        last = b"GET /a HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(body)
        assert (await reader.readline()).startswith(b"HTTP/1.1 500 ")
        writer.write(last)
        await asyncio.wait_for(reader.read(), 10)
        writer.close()
        rows = list(gateway.surface.log)
        assert [row.last_error_reason for row in rows] == ["BodyTooLarge", "BodyTooLarge"]
        assert [head[:4] for head, _ in backend.requests] == [b"GET "]
        assert (await gateway.row(2)).last_error_source == "find-and-replace"
        await until(lambda: backend.open == 0, "the backend is given up")

    policies = {
        "inbound": '<find-and-replace from="a" to="b" />',
        "outbound": '<find-and-replace from="a" to="b" />',
    }
    with_gateway(play, lambda: answering(LARGE), policies=policies, max_buffered_bytes=100_000)


def test_a_header_that_cannot_be_sent_does_not_leave_the_client_without_an_answer() -> None:
    """Whatever puts it there, the client gets a 500 and the log a row."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        headers = Headers({"X": "a\r\nb: c"})

        async def odd(*_: object) -> None:
            raise Finished(Response(200, "", headers, Body(b"x")))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SetVariable, "run", odd)
            answer = await gateway.send()
        assert answer.status == 500
        assert answer.values("b") == []
        assert (await gateway.row()).response_code == 500
        gateway.errors.clear()

    with_gateway(play, policies={"inbound": '<set-variable name="a" value="b" />'})


# --- clients that go ------------------------------------------------------------------------------


async def gone_from(gateway: Served, wire: bytes, moment: Callable[[], Awaitable[object]]) -> None:
    """Send bytes, wait for a moment, then close the connection."""
    _, writer = await asyncio.open_connection(*gateway.address)
    writer.write(wire)
    await moment()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_goes_while_the_backend_is_slow(how: str) -> None:
    """The call ends, the backend's connection too; the row has the status 0."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        _, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"POST /a HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\n\r\nonce")
        await until(lambda: backend.requests, "the backend has the request")
        if how == "reset":
            reset(writer)
        else:
            writer.close()
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (0, "ClientConnectionFailure")
        await until(lambda: backend.open == 0, "the backend is given up")
        gateway.surface._request_log.flush()
        assert " POST /a 499 " in gateway.written.getvalue()

    with_gateway(play, silent, on_both=True)


@pytest.mark.parametrize(
    "policy", ["", '<find-and-replace from="a" to="b" />'], ids=["streamed", "held"]
)
def test_a_client_that_goes_while_it_sends(policy: str) -> None:
    """Whoever reads the body, the call is over; that is no defect of the emulator."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        wire = b"POST /a HTTP/1.1\r\nHost: g\r\nContent-Length: 1000\r\n\r\nbegin"
        await gone_from(gateway, wire, lambda: asyncio.sleep(0.05))
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (0, "ClientConnectionFailure")
        assert row.request_size == 5
        await until(lambda: backend.open == 0, "the backend is given up")

    with_gateway(play, silent, on_both=True, policies={"inbound": policy})


def test_a_client_that_goes_while_nobody_reads_its_body() -> None:
    """A backend that does not read holds the upload up; the call ends with its timeout."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        _, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"POST /a HTTP/1.1\r\nHost: g\r\nContent-Length: 90000000\r\n\r\n")
        writer.write(b"u" * 30 * MEGABYTE)
        await until(lambda: backend.open, "the backend is connected")
        await asyncio.sleep(0.2)
        reset(writer)
        row = await gateway.row()
        assert row.response_code in (0, 500)
        await until(lambda: not gateway.surface._runtime.forwarder._busy, "it is given up")

    def deaf() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del writer, number
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(30)

        return RawBackend(script)

    with_gateway(play, deaf, on_both=True, policies={"backend": '<forward-request timeout="1" />'})


def test_a_client_that_goes_while_it_reads() -> None:
    """The backend is not read to its end for nobody."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"GET /a HTTP/1.1\r\nHost: g\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.close()
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (0, "ClientConnectionFailure")
        assert 0 < row.response_size < 60 * MEGABYTE
        await until(lambda: backend.open == 0, "the backend is given up")

    def endless() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (60 * MEGABYTE))
            for _ in range(60):
                writer.write(b"d" * MEGABYTE)
                await writer.drain()

        return RawBackend(script)

    with_gateway(play, endless, on_both=True)


def test_a_half_closed_client_gets_its_answer() -> None:
    """Who has said all may close its side; also if the backend is slow."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        reader, writer = await asyncio.open_connection(*gateway.address)
        writer.write(b"GET /a HTTP/1.1\r\nHost: g\r\n\r\n")
        writer.write_eof()
        got = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert got.endswith(b"\r\n\r\nok")
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (200, None)

    def slow() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.2)
            writer.write(GOOD)
            await reader.read()

        return RawBackend(script)

    with_gateway(play, slow, on_both=True)


@pytest.mark.parametrize("delay", [0.0, 0.04, 0.06, 0.1])
def test_clients_that_go_about_when_the_answer_comes(delay: float) -> None:
    """Each call leaves one row: answered, or gone; never both, and never a defect."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend
        wire = b"GET /a HTTP/1.1\r\nHost: g\r\n\r\n"
        moments = [delay + step / 2000 for step in range(-10, 11) if delay + step / 2000 >= 0]
        await asyncio.gather(
            *(gone_from(gateway, wire, lambda m=m: asyncio.sleep(m)) for m in moments)  # type: ignore[misc]
        )
        await gateway.row(len(moments))
        for row in gateway.surface.log:
            told = (row.response_code, row.last_error_reason)
            assert told in ((200, None), (0, "ClientConnectionFailure"))
        await until(lambda: not gateway.surface._runtime.forwarder._busy, "nothing is left busy")
        assert (await gateway.send()).status == 200

    def late() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(delay)
                writer.write(GOOD)

        return RawBackend(script)

    with_gateway(play, late, on_both=True)


# --- a stop ---------------------------------------------------------------------------------------


def test_a_stop_waits_for_running_calls() -> None:
    """For some seconds: a call that ends within them has its answer."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        calling = asyncio.create_task(gateway.send())
        await until(lambda: backend.accepted, "the call runs")
        gateway.server.should_exit = True
        assert (await calling).body == b"ok"

    def slow() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.5)
            writer.write(GOOD)
            await reader.read()

        return RawBackend(script)

    with_gateway(play, slow, on_both=True)


def test_a_stop_does_not_wait_longer() -> None:
    """What still runs gets the documented 500; its row says that the emulator was stopped."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        calling = asyncio.create_task(gateway.send())
        await until(lambda: backend.requests, "the call runs")
        gateway.server.should_exit = True
        assert_fault(await calling)
        row = await gateway.row()
        assert (row.response_code, row.last_error_reason) == (500, "ServiceStopping")
        await until(lambda: backend.open == 0, "the backend is given up")

    with_gateway(play, silent, on_both=True, shutdown_seconds=1)


def test_a_stop_breaks_off_what_is_being_sent() -> None:
    """The client sees that its answer is not whole, and the row does as well."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        calling = asyncio.create_task(gateway.send())
        await until(lambda: backend.accepted, "the call runs")
        await asyncio.sleep(0.1)
        gateway.server.should_exit = True
        answer = await calling
        assert (answer.status, answer.is_complete) == (200, False)
        row = await gateway.row()
        assert row.last_error_reason == "ServiceStopping"
        gateway.errors.clear()  # uvicorn says that the response is not complete

    def endless() -> RawBackend:
        async def script(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
        ) -> None:
            del number
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nabc")
            await reader.read()

        return RawBackend(script)

    with_gateway(play, endless, on_both=True, shutdown_seconds=1)


# --- reset ----------------------------------------------------------------------------------------


def test_a_reset_forgets_what_was_counted(tmp_path: Path) -> None:
    """Limits, quotas, rows; also quotas that are kept in a folder."""
    product = {
        "id": "p",
        "name": "P",
        "apis": ["api"],
        "state": "published",
        "policy": "<policies><inbound><base/>"
        '<rate-limit calls="2" renewal-period="60" /><quota calls="2" renewal-period="3600" />'
        "</inbound><backend><base/></backend><outbound/><on-error/></policies>",
    }
    subscription = {
        "id": "s",
        "scope": "/products/p",
        "primary_key": "right",
        "secondary_key": "other",
    }

    async def play() -> None:
        async with answering(GOOD) as backend:
            declaration = declared(backend.place, products=[product], subscriptions=[subscription])
            async with served(declaration, 5, tmp_path) as gateway:

                async def statuses() -> list[int]:
                    return [(await gateway.send(headers=[KEY])).status for _ in range(3)]

                gateway.clock.freeze()
                assert await statuses() == [200, 200, 429]
                gateway.surface.reset()
                assert list(gateway.surface.log) == []
                assert await statuses() == [200, 200, 429]
                gateway.clock.move_to(gateway.clock.now() + 120)
                assert await statuses() == [403, 403, 429]
                gateway.surface.reset()
                assert (await statuses())[0] == 200

    run(play)


def test_other_scopes_are_not_answered() -> None:
    """A websocket or a lifespan is nobody's."""

    async def play(gateway: Served, backend: RawBackend) -> None:
        del backend

        async def never(*_: object) -> Any:
            raise AssertionError("nothing is received or sent")

        await gateway.surface({"type": "lifespan"}, never, never)
        assert list(gateway.surface.log) == []

    with_gateway(play)

"""Can anything that a client sends bring the gateway off its track?

Any bytes at all go on the socket, and requests of any method, target, headers and body. What comes
back is the backend's answer or one that API Management has, never a framework's; and the gateway
goes on serving.
"""

import logging
import re
import socket
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import currently_in_test_context, example, given, note
from hypothesis import strategies as st
from typing_extensions import override

from tests.end_to_end.gateway_case import Declared, GatewayCase
from tests.end_to_end.gateway_stage import GatewayStage, running_stage

POLICY = """
<policies>
  <inbound>
    <base />
    <set-header name="X-Query"><value>@(context.Request.Url.Query.GetValueOrDefault("a", ""))</value></set-header>
    <set-header name="X-Header"><value>@(context.Request.Headers.GetValueOrDefault("X-A", ""))</value></set-header>
    <set-header name="X-Path"><value>@(context.Request.OriginalUrl.Path)</value></set-header>
    <set-query-parameter name="b"><value>@(context.Request.Headers.GetValueOrDefault("X-B", ""))</value></set-query-parameter>
  </inbound>
  <backend><base /></backend>
  <outbound>
    <base />
    <set-header name="X-Answer"><value>@(context.Request.Url.Query.GetValueOrDefault("a", ""))</value></set-header>
  </outbound>
  <on-error><base /></on-error>
</policies>
"""  # noqa: E501
OPERATIONS = [
    *(f"{verb} /*" for verb in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")),
    "GET /books/{book}/pages/{page}?api-version={version}&mode=full",
    "POST /x{middle}y",
]
GOOD = b'{"ok":true}'
FORBIDDEN = (
    b'{"detail"',
    b"Traceback",
    b"Invalid HTTP request received",
    b"Internal Server Error\r\n\r\n",
    b"Not Found\r\n\r\n",
)
DOCUMENTED = {200, 400, 401, 404, 500}
ENVELOPE = rb'\{ "statusCode": (?P<status>\d{3}), "message": "[^"\\]*"(?P<more>[^}]*) \}'
ACTIVITY = re.compile(rb', "activityId": "[0-9a-f-]{36}"')
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


def api(**fields: Any) -> GatewayCase:
    """Return a case of which only the declaration matters."""
    content = {
        "title": "Any bytes.",
        "evidence": "assumed",
        "gateway": msgspec.to_builtins(Declared(**fields)),
        "request": {"method": "GET", "target": "/"},
        "expect": {"status": 200, "body": None},
    }
    return msgspec.convert(content, GatewayCase)


CASES = {
    "open": api(subscription_required=False),
    "keyed": api(),
    "policies": api(subscription_required=False, policy=POLICY, operations=OPERATIONS),
}


class Defects(logging.Handler):
    """Takes note of whatever the emulator calls a defect of its own."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(logging.Formatter().format(record))


@pytest.fixture(scope="module")
def stage() -> Iterator[GatewayStage]:
    """Run an emulator and its backend."""
    with running_stage(CASES) as stage:
        assert stage.unusable == {}
        yield stage


@pytest.fixture(scope="module")
def defects() -> Iterator[Defects]:
    """Listen to every logger."""
    handler = Defects()
    logging.getLogger().addHandler(handler)
    for name in ("mockserver.gateway", "uvicorn.error", "asyncio"):
        logging.getLogger(name).addHandler(handler)
    yield handler
    for name in ("mockserver.gateway", "uvicorn.error", "asyncio"):
        logging.getLogger(name).removeHandler(handler)
    logging.getLogger().removeHandler(handler)


def answer_to(stage: GatewayStage, pieces: Sequence[bytes]) -> bytes:
    """Send bytes, say that there are no more, and return whatever comes back."""
    host, _, port = stage.names["gateway host"].rpartition(":")
    if currently_in_test_context():
        note(repr(pieces))
    got = b""
    with socket.create_connection((host, int(port)), 20) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                got += piece
        except ConnectionError:
            pass  # closed while there was still something to send
    return got


def check(got: bytes, defects: Defects) -> None:
    """See that an answer is one that the gateway may give; to half a request none is right."""
    mistakes, defects.found = defects.found, []
    assert not mistakes, "\n".join(mistakes)
    assert not [text for text in FORBIDDEN if text in got]
    if not got:
        return
    assert got.startswith(b"HTTP/1.1 ")
    statuses = {int(status) for status in STATUS.findall(got)}
    assert statuses <= DOCUMENTED
    for found in re.finditer(ENVELOPE, got):
        status = int(found["status"])
        assert status in statuses
        assert bool(ACTIVITY.fullmatch(found["more"])) == (status == 500)
        assert bool(found["more"]) == (status == 500)
    if 500 in statuses:
        assert ACTIVITY.search(got) or got.endswith(b"\r\n\r\n")  # to HEAD
    assert got.lower().count(b"\r\ndate: ") == len(STATUS.findall(got))


def check_alive(stage: GatewayStage) -> None:
    """See that the gateway still serves."""
    request = b"GET /case/open/alive HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got = answer_to(stage, [request])
    assert got.startswith(b"HTTP/1.1 200 ")
    assert got.endswith(GOOD)


ANY = st.binary(max_size=400)
TOKEN = st.text("!#$%&'*+-.^_`|~0123456789abcxyzABCXYZ", min_size=1, max_size=12)
VISIBLE = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)
LOOSE = st.text(st.characters(codec="latin-1"), max_size=40)
METHOD = st.sampled_from(
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"]
)
PREFIX = st.sampled_from(
    [
        *("/case/open", "/case/keyed", "/case/policies", "/azureml-demo", "", "/case", "//"),
        *("/CASE/Policies", "/case%2Fopen", "/case/open/..", "http://a/case/open", "*"),
        *("/case/policies/books/1/pages/2?api-version=1&mode=full&a=", "/case/policies/x1y"),
    ]
)
PIECE = st.one_of(
    st.text(st.characters(codec="latin-1", exclude_characters=" \r\n\0"), max_size=20),
    st.sampled_from(["%", "%2F", "%zz", "%00", "%0d%0aX:1", "%ff", "%u0041", "../", ";", "?", "#"]),
    st.sampled_from(["?a=%0d%0aX-Evil:%201", "&a=1&A=2", "?subscription-key=", "?=&&=", "\\"]),
)
NAME = st.one_of(
    TOKEN,
    st.sampled_from(
        [
            *("Host", "Content-Type", "Ocp-Apim-Subscription-Key", "Ocp-Apim-Trace", "X-A", "X-B"),
            *("X-Forwarded-For", "Connection", "Upgrade", "Expect", "Authorization", "Origin"),
            *("Access-Control-Request-Method", "Apim-Debug-Authorization", "Accept-Encoding", "TE"),
            *("Content-Encoding", "Keep-Alive", "Cookie", "Trailer", "Date", "Range"),
        ]
    ),
)
VALUE = st.one_of(
    VISIBLE,
    st.sampled_from(
        [
            *(
                "",
                ",",
                ";",
                "close",
                "keep-alive, x-a",
                "upgrade",
                "h2c",
                "websocket",
                "100-continue",
            ),
            *("true", "gzip", "POST", "null", "\t", "a" * 9000, "127.0.0.1", "\xff\xfe", "%0d%0a"),
        ]
    ),
)
BODY = st.one_of(st.just(b""), st.binary(max_size=200), st.just(b"0123456789abcdef" * 5000))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a method and the bytes of a request with it, well formed but for what may be odd."""
    method = draw(METHOD | TOKEN)
    target = draw(PREFIX) + "".join(draw(st.lists(PIECE, max_size=4)))
    lines = [f"{method} {target} HTTP/1.1"]
    if draw(st.booleans()):
        lines.append("Host: a")
    lines += [f"{draw(NAME)}: {draw(VALUE)}" for _ in range(draw(st.integers(0, 5)))]
    body = draw(BODY)
    match draw(st.sampled_from(["length", "chunks", "nothing", "wrong", "both"])):
        case "length":
            lines.append(f"Content-Length: {len(body)}")
        case "chunks":
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        case "wrong":
            lines.append(f"Content-Length: {draw(st.integers(-2, 500))}")
        case "both":
            lines += [f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"]
        case _:
            pass
    return method, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@given(pieces=st.lists(ANY, max_size=3))
@example(pieces=[])
@example(pieces=[b"\r\n" * 50])
@example(pieces=[b"GET"])
@example(pieces=[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
@example(pieces=[b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
@example(pieces=[b"GET /case/open/a HTTP/1.1\r\nHost: a\r\n\r\n" * 20])
@example(pieces=[b"GET /case/open/a HTTP/1.1\r\nHost: a\r\n\r\n", b"\x00\x01"])
@example(pieces=[b"GET /case/open/a HTTP/1.0\r\n\r\n"])
@example(pieces=[b"GET /case/open/a\r\n\r\n"])
@example(pieces=[b"GET " + b"/a" * 50_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"])
@example(pieces=[b"GET /case/open/a HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n"])
def test_any_bytes(pieces: list[bytes], stage: GatewayStage, defects: Defects) -> None:
    """Bytes that are no HTTP at all get 400 in the gateway's form, or nothing."""
    check(answer_to(stage, pieces), defects)
    check_alive(stage)


@given(request=requests())
@example(request=("GET", b"GET /case/policies/a?a=%0d%0aX-Evil:%201 HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("GET", b"GET /case/policies/a?a=%e2%82%ac HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("GET", b"GET /case/policies/a?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("GET", b"GET /case/policies/\xe9?\xe9=\xe9 HTTP/1.1\r\nHost: \xe9\r\n\r\n"))
@example(request=("GET", b"GET http://b:99999/case/open/a HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("GET", b"GET http://[::1/case/open/a HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("GET", b"GET /case/policies/a HTTP/1.1\r\nHost: [::1\r\n\r\n"))
@example(request=("GET", b"GET /case/policies/a HTTP/1.1\r\nHost: a b:c@d\r\n\r\n"))
@example(request=("OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
@example(request=("CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"))
def test_any_request(request: tuple[str, bytes], stage: GatewayStage, defects: Defects) -> None:
    """A request of whatever method, target, headers and body gets a documented answer, or none."""
    _, content = request
    got = answer_to(stage, [content])
    check(got, defects)
    assert b"\nX-Evil" not in got
    assert not any(one.values("X-Evil") for one in stage.backend.seen)
    stage.backend.forget()
    check_alive(stage)


@given(request=requests(), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_any_request_in_any_pieces(
    request: tuple[str, bytes], cuts: list[int], stage: GatewayStage, defects: Defects
) -> None:
    """However a request is cut up on its way, the answer is the same in kind."""
    _, content = request
    places = sorted({0, len(content), *(min(cut, len(content)) for cut in cuts)})
    pieces = [content[start:end] for start, end in pairwise(places)]
    check(answer_to(stage, pieces), defects)
    check_alive(stage)


@given(request=requests(), cut=st.integers(0, 300))
def test_any_request_that_breaks_off(
    request: tuple[str, bytes], cut: int, stage: GatewayStage, defects: Defects
) -> None:
    """A request that ends too early gets 400, nothing, or what its beginning asked for."""
    _, content = request
    check(answer_to(stage, [content[:cut]]), defects)
    check_alive(stage)


def test_a_defect_would_be_noticed(stage: GatewayStage, defects: Defects) -> None:
    """A framework's answer, a 500 that is not the documented one, and a logged error are found."""
    for got in (
        b'HTTP/1.1 404 Not Found\r\ndate: a\r\n\r\n{"detail":"Not Found"}',
        b"HTTP/1.1 500 Internal Server Error\r\ndate: a\r\n\r\nInternal Server Error",
        b"HTTP/1.1 502 Bad Gateway\r\ndate: a\r\n\r\n",
        b'HTTP/1.1 500 \r\ndate: a\r\n\r\n{ "statusCode": 500, "message": "a" }',
        b"HTTP/1.1 200 OK\r\n\r\n",
    ):
        with pytest.raises(AssertionError):
            check(got, defects)
    logging.getLogger("mockserver.gateway").error("something broke")
    with pytest.raises(AssertionError, match="something broke"):
        check(b"", defects)
    check_alive(stage)

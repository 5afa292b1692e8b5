"""How is a request sent on, and what becomes of redirects, errors and bodies?"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.errors import GatewayFailure
from mockserver.gateway.message import Body, Headers, Request, Response
from mockserver.gateway.model import Backend
from mockserver.gateway.policy import run_all
from tests.mockserver.gateway.policy_calls import (
    BASE,
    TIMED_OUT,
    FakeBackend,
    Stage,
    body_of,
    handled,
    read,
)


def forward(attributes: str = "") -> str:
    return f"<forward-request {attributes} />"


def redirect(location: str, status: int = 302) -> Response:
    return Response(status, headers=Headers({"Location": location}))


def run_backend(call: Call, text: str) -> None:
    """Run a backend section alone. Raises what its policies raise."""
    asyncio.run(run_all(read(backend=text)["backend"], call))


async def stream(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("", 300.0),
        ('timeout="10"', 10.0),
        ('timeout="1800"', 1800.0),
        ('timeout-ms="50"', 0.05),
        ('timeout="@(2 + 3)"', 5.0),
        ('timeout-ms="@(1500)"', 1.5),
        ('http-version="1"', 300.0),
        ('http-version="2or1"', 300.0),
        ('continue-timeout="1"', 300.0),
        ('buffer-response="false"', 300.0),
    ],
)
def test_how_long_a_head_may_take(attributes: str, seconds: float) -> None:
    """As the page says; the rest of the attributes does not change it."""
    stage = Stage()
    response = handled(stage.call(), read(backend=forward(attributes)))
    assert (response.status, stage.backend.seconds) == (200, [seconds])


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ('timeout="1" timeout-ms="1"', "either 'timeout' or 'timeout-ms'"),
        ('http-version="2"', "http-version 2 is not supported"),
        ('http-version="3"', "none of 1, 2or1, 2"),
        ('timeout="1801"', "no whole number from 0 to 1800"),
        ('timeout="-1"', "no whole number"),
        ('follow-redirects="yes"', "neither true nor false"),
        ('follow-redirects="@(true)"', "an expression cannot be used here"),
        ('nonsense="1"', "not declared"),
    ],
)
def test_what_is_refused(attributes: str, problem: str) -> None:
    """When the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(backend=forward(attributes))


@pytest.mark.parametrize("section", ["inbound", "outbound", "on_error"])
def test_it_stands_in_the_backend_section_only(section: str) -> None:
    """Anywhere else it is refused."""
    with pytest.raises(DocumentNotUsable, match="not allowed in the specified section"):
        read(None, **{section: forward()})


def test_the_call_knows_what_was_forwarded() -> None:
    """For the log and the trace."""
    stage = Stage(FakeBackend([Response(503)]))
    call = stage.call("POST", query="a=b")
    response = handled(call, read(backend=forward()))
    assert (response.status, call.backend_status) == (503, 503)
    assert (call.backend_method, call.backend_url) == ("POST", f"{BASE}/books?a=b")
    assert call.backend_seconds > 0


def test_a_fault_is_an_internal_failure() -> None:
    """Its reason is that of the fault; what a backend said before is forgotten."""
    stage = Stage(FakeBackend([TIMED_OUT]))
    call = stage.call()
    call.backend_status = 200
    with pytest.raises(GatewayFailure) as caught:
        run_backend(call, forward())
    error = caught.value.error
    assert (caught.value.status, error.source, error.reason) == (500, "forward-request", "Timeout")
    assert error.message == "Request to the backend service timed out"
    assert call.backend_status is None


@pytest.mark.parametrize("status", [400, 404, 500, 503, 599])
def test_an_error_status_may_be_a_failure(status: int) -> None:
    """With fail-on-error-status-code on-error runs; without it the answer passes."""
    stage = Stage(FakeBackend([Response(status)]))
    sections = {"backend": forward('fail-on-error-status-code="true"'), "on_error": ""}
    call = stage.call()
    response = handled(call, read(None, **sections))
    assert (response.status, call.backend_status) == (500, status)
    assert call.last_error is not None
    assert call.last_error.reason == "BackendStatusCode"
    assert handled(stage.call(), read(backend=forward())).status == status


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_any_other_status_is_none(status: int) -> None:
    """Whatever fail-on-error-status-code says."""
    stage = Stage(FakeBackend([Response(status)]))
    response = handled(stage.call(), read(backend=forward('fail-on-error-status-code="true"')))
    assert response.status == status


# --- redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_pass(status: int) -> None:
    """Unless they are to be followed."""
    stage = Stage(FakeBackend([redirect("/other", status), Response(200)]))
    response = handled(stage.call(), read(backend=forward()))
    assert (response.status, response.headers["location"]) == (status, "/other")
    assert len(stage.backend.sent) == 1


FOLLOW = forward('follow-redirects="true"')


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/other?a=b", f"{BASE}/other?a=b"),
        ("other", f"{BASE}/other"),
        ("?c", f"{BASE}/books?c"),
        ("//backend.example/a", f"{BASE}/a"),
        ("https://else.example:8443/a?b=c#d", "https://else.example:8443/a?b=c"),
        ("http://else.example", "http://else.example"),
        ("/a%2Fb;c", f"{BASE}/a%2Fb;c"),
    ],
)
def test_a_redirect_is_followed(location: str, url: str) -> None:
    """To where it points, seen from the address before it."""
    stage = Stage(FakeBackend([redirect(location), Response(200, body=Body(b"there"))]))
    call = stage.call()
    response = handled(call, read(backend=FOLLOW))
    assert (response.status, body_of(response)) == (200, b"there")
    assert len(stage.backend.sent) == 2
    assert str(stage.backend.sent[1].url) == url


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", b""),
        (302, "POST", "GET", b""),
        (303, "POST", "GET", b""),
        (303, "DELETE", "GET", b""),
        (307, "POST", "POST", b"body"),
        (308, "PUT", "PUT", b"body"),
        (302, "GET", "GET", b"body"),
        (303, "HEAD", "HEAD", b"body"),
    ],
)
def test_which_verb_follows(status: int, method: str, then: str, body: bytes) -> None:
    """307 and 308 keep verb and body; the others ask with GET."""
    stage = Stage(FakeBackend([redirect("/b", status), Response(200)]))
    call = stage.call(method, body=Body(b"body"))
    assert handled(call, read(backend=FOLLOW)).status == 200
    assert [sent.method for sent in stage.backend.sent] == [method, then]
    assert stage.backend.bodies == [b"body", body]


def test_a_stream_that_was_sent_cannot_follow() -> None:
    """It is a fault, not a request that waits for a body for ever."""
    stage = Stage(FakeBackend([redirect("/b", 307), Response(200)]))
    call = stage.call("POST", body=Body(None, stream(b"ab", b"cd"), 4, is_buffered=False))
    assert handled(call, read(backend=FOLLOW)).status == 500
    assert len(stage.backend.sent) == 1


def test_a_stream_that_is_buffered_can_follow() -> None:
    """With buffer-request-body it is kept."""
    stage = Stage(FakeBackend([redirect("/b", 307), Response(200)]))
    call = stage.call("POST", body=Body(None, stream(b"ab", b"cd"), 4, is_buffered=False))
    both = forward('follow-redirects="true" buffer-request-body="true"')
    assert handled(call, read(backend=both)).status == 200
    assert stage.backend.bodies == [b"abcd", b"abcd"]


def test_redirects_without_an_end_are_given_up() -> None:
    """After ten."""
    stage = Stage(FakeBackend([redirect("/books")]))
    call = stage.call()
    assert handled(call, read(backend=FOLLOW)).status == 500
    assert len(stage.backend.sent) == 10
    assert call.last_error is not None
    assert call.last_error.reason == "BackendConnectionFailure"


@pytest.mark.parametrize(
    "response", [Response(302), Response(304, headers=Headers({"Location": "/a"})), redirect("")]
)
def test_what_is_no_redirect_passes(response: Response) -> None:
    """A redirect needs a Location and a status that is one."""
    stage = Stage(FakeBackend([response]))
    assert handled(stage.call(), read(backend=FOLLOW)).status == response.status
    assert len(stage.backend.sent) == 1


@pytest.mark.parametrize("location", ["http://[", "http://[zz]/", "https://ex\u2100mple/"])
def test_a_location_that_is_none_is_a_fault(location: str) -> None:
    """It is the backend's mistake, not a defect of the emulator."""
    stage = Stage(FakeBackend([redirect(location), Response(200)]))
    call = stage.call()
    assert handled(call, read(backend=FOLLOW)).status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "BackendConnectionFailure"


# --- bodies ---------------------------------------------------------------------------------------


def test_a_body_is_sent_once() -> None:
    """A second forward-request has nothing left to send, unless the body is buffered."""
    for attributes, second in (("", b""), ('buffer-request-body="true"', b"abcd")):
        stage = Stage()
        call = stage.call("POST", body=Body(None, stream(b"ab", b"cd"), 4, is_buffered=False))
        handled(call, read(backend=forward(attributes) * 2))
        assert stage.backend.bodies == [b"abcd", second]


def test_a_body_that_was_put_is_sent_again() -> None:
    """What a policy has made is kept."""
    stage = Stage()
    call = stage.call("POST", body=Body(None, stream(b"ab"), 2, is_buffered=False))
    text = "<set-body>other</set-body>" + forward() * 2
    handled(call, read(backend=text))
    assert stage.backend.bodies == [b"other", b"other"]


def test_a_body_that_is_to_be_buffered_is_bounded() -> None:
    """By the gateway's setting."""
    stage = Stage()
    stage.runtime.max_buffered_bytes = 3
    call = stage.call("POST", body=Body(None, stream(b"ab", b"cd"), 4, is_buffered=False))
    response = handled(call, read(backend=forward('buffer-request-body="true"')))
    assert response.status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "BodyTooLarge"
    assert stage.backend.sent == []


# --- backends -------------------------------------------------------------------------------------


def test_a_backend_gets_what_it_asks_for() -> None:
    """Its headers and query are added to what is sent, and to nothing else."""
    stage = Stage(FakeBackend([redirect("https://else.example/a"), Response(200)]))
    backend = Backend("b", "https://b.example", {"Key": "secret"}, {"code": "secret"})
    stage.runtime.backends = {"b": backend}
    call = stage.call(query="q=1", headers={"key": "client's"})
    call.backend_id = "b"
    response = handled(call, read(backend=FOLLOW))
    first, second = stage.backend.sent
    assert first.headers.getall("key") == ["secret"]
    assert first.url.query == "q=1&code=secret"
    assert second.headers.getall("key") == ["client's"]
    assert "secret" not in str(second.url)
    assert "secret" not in call.backend_url
    assert response.status == 200


def released(status: int, location: str, given_back: list[str]) -> Response:
    body = Body(None, stream(b"x"), 1, release=lambda: given_back.append(location))
    return Response(status, headers=Headers({"Location": location}), body=body)


class Streaming(FakeBackend):
    """Keeps the bodies of its answers as they are."""

    @override
    async def send(self, request: Request, seconds: float) -> Response:
        await super().send(request, seconds)
        answer = self.answers[len(self.sent) - 1]
        assert isinstance(answer, Response)
        return answer


def test_connections_are_given_back() -> None:
    """That of a redirect at once, that of the answer when the call is over."""
    given_back: list[str] = []
    answers = [released(302, "/a", given_back), released(200, "/b", given_back)]
    stage = Stage(Streaming(answers))
    call = stage.call()
    run_backend(call, FOLLOW)
    assert given_back == ["/a"]
    for done in call.at_end:
        done()
    assert set(given_back) == {"/a", "/b"}

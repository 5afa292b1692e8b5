"""Does `<send-request>` ask another service, and put its answer into a variable?"""

from collections.abc import AsyncIterator

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policy_calls import (
    TIMED_OUT,
    Answer,
    FakeBackend,
    Stage,
    body_of,
    handled,
    read,
)

TARGET = "<set-url>https://tokens.example/check?a=1</set-url><set-method>POST</set-method>"


def ask(inner: str = TARGET, attributes: str = "") -> str:
    """Write a send-request whose answer is in the variable `answer`."""
    return f'<send-request response-variable-name="answer" {attributes}>{inner}</send-request>'


def staged(*answers: Answer) -> Stage:
    """Return a stage on which services answer so."""
    return Stage(FakeBackend(answers))


def test_a_new_request_is_what_its_elements_say() -> None:
    """Address, verb, headers and body are those within; nothing of the call is sent along."""
    stage = staged(Response(200, "", Headers({"X-A": "1"}), Body(b'{"active":true}')))
    call = stage.call(headers={"Authorization": "secret"}, body=Body(b"own"))
    inner = (
        f'{TARGET}<set-header name="X-Path"><value>@(context.Request.Url.Path)</value></set-header>'
        "<set-body>@(context.Request.Method)</set-body>"
    )
    response = handled(call, read(inbound=ask(inner)))
    sent = stage.backend.sent[0]
    assert response.status == 200
    assert (sent.method, str(sent.url)) == ("POST", "https://tokens.example/check?a=1")
    assert list(sent.headers) == ["X-Path"]
    assert stage.backend.bodies == [b"GET"]
    assert stage.backend.seconds == [60]
    held = call.variables["answer"]
    assert (held.status, held.headers["X-A"], held.body.content) == (200, "1", b'{"active":true}')
    assert call.response is response
    assert call.backend_status is None
    assert call.request.headers["Authorization"] == "secret"


def test_a_traced_call_shows_request_and_answer() -> None:
    """The trace has what is sent and what comes back, under the policy's name."""
    stage = staged(Response(202, body=Body(b"{}")))
    call = stage.call()
    trace = call.trace = Trace("t", call.runtime.now, call.begun)
    handled(call, read(inbound=ask()))
    entries = [entry.data for entry in trace.entries["inbound"] if entry.source == "send-request"]
    assert isinstance(entries[0], dict)
    assert isinstance(entries[1], dict)
    assert entries[0]["request"]["url"] == "https://tokens.example/check?a=1"
    assert entries[1]["response"]["status"]["code"] == 202


def test_expressions_see_the_answer() -> None:
    """Status and body of the variable's response can be used by the policies that follow."""
    stage = staged(Response(202, body=Body(b'{"active":true}')))
    text = (
        f"{ask()}<choose>"
        '<when condition="@((bool)((IResponse)context.Variables["answer"]).Body'
        '.As<JObject>(preserveContent: true)["active"])">'
        '<return-response response-variable-name="answer" /></when>'
        "</choose>"
    )
    response = handled(stage.call(), read(inbound=text))
    assert (response.status, body_of(response)) == (202, b'{"active":true}')


def test_a_copy_is_that_of_the_call() -> None:
    """With mode copy only what is set differs from the call's own request, which stays."""
    stage = staged(Response(200), Response(200))
    call = stage.call("PUT", "/books", "a=1", {"X-Own": "1"}, Body(b"own"))
    inner = '<set-header name="X-More"><value>2</value></set-header>'
    policies = read(inbound=ask(inner, 'mode="copy"'), backend="<forward-request />")
    handled(call, policies)
    copied, forwarded = stage.backend.sent
    assert (copied.method, str(copied.url)) == ("PUT", "https://backend.example/books?a=1")
    assert dict(copied.headers) == {"X-Own": "1", "X-More": "2"}
    assert dict(forwarded.headers) == {"X-Own": "1"}
    assert stage.backend.bodies == [b"own", b"own"]


def test_a_copy_in_outbound_has_no_body() -> None:
    """There the body of the call's request is not sent along."""
    stage = staged(Response(200))
    call = stage.call("PUT", body=Body(b"own"))
    handled(call, read(outbound=ask("", 'mode="copy"')))
    assert stage.backend.bodies == [b""]


def test_an_answer_is_read_whole() -> None:
    """A streamed answer is in the variable with its bytes, and its connection is given back."""
    released: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 10
        yield b"b" * 10

    stage = staged(Response(200, body=Body(None, pieces(), release=lambda: released.append(1))))
    call = stage.call()
    handled(call, read(inbound=ask()))
    assert call.variables["answer"].body.content == b"a" * 10 + b"b" * 10
    assert released == [1]


@pytest.mark.parametrize("ignored", [True, False])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (TIMED_OUT, "Timeout"),
        (BackendFault("BackendConnectionFailure", "refused"), "BackendConnectionFailure"),
    ],
)
def test_a_failure_is_ignored_or_ends_the_call(answer: Answer, reason: str, ignored: bool) -> None:
    """With ignore-error the variable is null; without it the call fails with the reason."""
    stage = staged(answer)
    call = stage.call()
    attributes = f'ignore-error="{str(ignored).lower()}"'
    response = handled(call, read(inbound=ask(attributes=attributes)))
    if ignored:
        assert (response.status, call.variables["answer"]) == (200, None)
        return
    assert response.status == 500
    assert "answer" not in call.variables
    assert call.last_error is not None
    assert (call.last_error.source, call.last_error.reason) == ("send-request", reason)


def test_an_answer_that_is_too_large_is_a_failure() -> None:
    """An answer is read up to the bound of what the gateway holds."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a" * 100

    stage = staged(Response(200, body=Body(None, pieces())))
    stage.runtime.max_buffered_bytes = 99
    call = stage.call()
    handled(call, read(inbound=ask(attributes='ignore-error="true"')))
    assert call.variables["answer"] is None


def test_an_answer_that_never_ends_times_out() -> None:
    """The time is that until the body is there."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        raise TimeoutError

    stage = staged(Response(200, body=Body(None, pieces())))
    call = stage.call()
    handled(call, read(inbound=ask(attributes='timeout="1"')))
    assert call.last_error is not None
    assert call.last_error.reason == "Timeout"
    assert stage.backend.seconds == [1]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "tokens.example/check",
        "ftp://tokens.example/",
        "https://",
        "https://a b/",
        "http://[::1",
        "https://u:p@x/",
    ],
)
def test_what_is_no_address_is_a_failure(url: str) -> None:
    """An address that is none counts as one that is not reached."""
    stage = staged(Response(200))
    call = stage.call()
    inner = f'<set-url>@("{url}")</set-url><set-method>GET</set-method>'
    assert handled(call, read(inbound=ask(inner))).status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "BackendConnectionFailure"
    assert stage.backend.sent == []


def test_an_address_cannot_break_out_of_the_request_line() -> None:
    """Blanks, line ends and other bytes of an address are escaped; escapes stay."""
    stage = staged(Response(200))
    inner = (
        '<set-url>@("https://tokens.example/a b%20cä?q=1 2" + "%0a" + context.Api.Id)</set-url>'
        "<set-method>GET</set-method>"
    )
    handled(stage.call(), read(inbound=ask(inner)))
    assert str(stage.backend.sent[0].url).startswith(
        "https://tokens.example/a%20b%20c%C3%A4?q=1%202%0a"
    )


def test_an_expression_that_throws_is_not_ignored() -> None:
    """ignore-error is about what comes of the request, not about the policy itself."""
    inner = '<set-url>@((string)context.Variables["none"])</set-url><set-method>GET</set-method>'
    call = staged().call()
    assert handled(call, read(inbound=ask(inner, 'ignore-error="true"'))).status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "ExpressionValueEvaluationFailure"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"<send-request>{TARGET}</send-request>", "'response-variable-name' is missing"),
        (ask(""), "mode new needs <set-url> and <set-method>"),
        (ask("<set-url>https://a.example</set-url>"), "mode new needs"),
        (ask("<set-method>GET</set-method><set-url>https://a</set-url>"), "too late"),
        (ask(f'{TARGET}<authentication-certificate thumbprint="a"/>'), "cannot be used here"),
        (ask(f'{TARGET}<proxy url="http://a" />'), "cannot be used here"),
        (ask(f"{TARGET}{TARGET}"), "twice there"),
        (ask("<set-url><b/></set-url><set-method>GET</set-method>"), "cannot contain elements"),
        (ask('<set-url x="1">https://a</set-url><set-method>GET</set-method>'), "'x' attribute"),
        (ask("text"), "cannot contain text"),
        (ask(attributes='mode="other"'), "none of new, copy"),
        (ask(attributes='timeout="0"'), "no whole number from 1"),
        (ask(attributes='ignore-error="maybe"'), "neither true nor false"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What send-request does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=text)

"""Which body does a message have after `<set-body>`?"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from mockserver.gateway.errors import Finished
from mockserver.gateway.message import Body
from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import a_call, a_response, refusal, run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", b""),
        (" \n é{{key}} ", " \n ésecret ".encode()),
        ("<![CDATA[<a>1</a>]]>", b"<a>1</a>"),
        ('@("a" + 1)', b"a1"),
        ('@(Encoding.UTF8.GetBytes("é"))', "é".encode()),
        ("@(context.Request.Body.As<string>(preserveContent: true).ToUpper())", b"BEFORE"),
        ('@(new JObject(new JProperty("a", 1)).ToString())', b'{\r\n  "a": 1\r\n}'),
        ("@((string)null)", b""),
    ],
)
def test_another_body(text: str, expected: bytes) -> None:
    """The body is the text, in UTF-8, or what an expression gives, bytes as they are."""
    call = run(f"<set-body>{text}</set-body>", a_call(body=b"before"))
    assert call.request.body.content == expected


@pytest.mark.parametrize(
    ("section", "in_request"),
    [("inbound", True), ("backend", True), ("outbound", False), ("on-error", False)],
)
def test_which_message_is_meant(section: SectionName, in_request: bool) -> None:
    """Before the response it is the request's body, after it and on an error the response's."""
    call = run("<set-body>new</set-body>", a_call(response=a_response()), section)
    assert call.response is not None
    assert (call.request.body.content == b"new") == in_request
    assert (call.response.body.content == b"new") != in_request


def test_headers_follow() -> None:
    """Content-Length is that of the new body; a coding goes, and Content-Type stays."""
    headers = {"Content-Length": "6", "Content-Encoding": "gzip", "Content-Type": "text/plain"}
    call = a_call(body=b"before", headers=headers)
    run("<set-body>é</set-body>", call)
    assert dict(call.request.headers) == {"Content-Length": "2", "Content-Type": "text/plain"}


def test_a_stream_that_nobody_read_is_replaced() -> None:
    """A body that is still to come is not waited for."""

    read: list[bytes] = []

    async def stream() -> AsyncIterator[bytes]:
        read.append(b"old")
        yield b"old"

    response = a_response()
    response.body = Body(None, stream(), 3, is_buffered=False)
    run("<set-body>new</set-body>", a_call(response=response), "outbound")
    assert (response.body.content, response.body.is_buffered) == (b"new", True)
    assert asyncio.run(response.body.load()) == b"new"
    assert read == []


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ('{"id": "{{body.id}}", "k": "{{key}}"}', "inbound", b'{"id": "1", "k": "secret"}'),
        ("<a><b>{{ body.id }}</b></a>", "outbound", b"<a><b>2</b></a>"),
        ("{{ body.d }}", "inbound", b"03/21/2012 05:40:00"),
        ("{{ context.Response.StatusCode }}", "inbound", b"200"),
        ("", "inbound", b""),
    ],
)
def test_a_liquid_template(text: str, section: SectionName, expected: bytes) -> None:
    """The template sees the body of its message, the context, and named values."""
    headers = {"Content-Type": "application/json"}
    call = a_call(
        body=b'{"id": 1, "d": "2012-03-21T05:40Z"}',
        headers=headers,
        response=a_response(b'{"id": 2}', headers),
    )
    run(f'<set-body template="liquid">{text}</set-body>', call, section)
    message = call.request if section == "inbound" else call.response
    assert message is not None
    assert message.body.content == expected


def test_dates_and_nothing_in_a_liquid_template() -> None:
    """parse-date and xsi-nil say what dates and empty elements of the body become."""
    attributes = 'template="liquid" parse-date="false" xsi-nil="null"'
    text = "{{ body.a.d }} {{ body.a.n | default: &quot;none&quot; }}"
    content = b'<a xmlns:i="u"><d>2012-03-21T05:40Z</d><n i:nil="true"/></a>'
    call = a_call(body=content, headers={"Content-Type": "text/xml"})
    run(f"<set-body {attributes}>{text}</set-body>", call)
    assert call.request.body.content == b"2012-03-21T05:40Z none"


def test_a_liquid_template_of_a_response_that_is_returned() -> None:
    """Within return-response the body is that of the message of the section."""
    headers = {"Content-Type": "application/json"}
    call = a_call(body=b'{"id": 1}', headers=headers)
    text = '<return-response><set-body template="liquid">{{body.id}}</set-body></return-response>'
    with pytest.raises(Finished) as finished:
        run(text, call)
    assert finished.value.response.body.content == b"1"


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<set-body template="liquid">{{ body.a </set-body>', "the Liquid template cannot be read"),
        ('<set-body template="liquid">@("a")</set-body>', "cannot be an expression"),
        ('<set-body template="liquid" parse-date="no">a</set-body>', "neither true nor false"),
        ('<set-body template="razor">a</set-body>', "template"),
        ('<set-body xsi-nil="blank">a</set-body>', "means nothing without template"),
        ('<set-body parse-date="false">a</set-body>', "means nothing without template"),
        ("<set-body><a>1</a></set-body>", "CDATA"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """What could only be guessed at keeps the document from being loaded."""
    assert problem in refusal(xml)

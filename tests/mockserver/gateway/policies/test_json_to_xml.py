"""When does `<json-to-xml>` convert, and what does it make of the message?"""

import pytest

from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    refusal,
    run,
)

ALWAYS = '<json-to-xml apply="always" consider-accept-header="false" />'
JSON = {"Content-Type": "application/json; charset=utf-8", "Content-Length": "7"}


@pytest.mark.parametrize("section", ["inbound", "outbound", "on-error"])
def test_a_message_is_converted(section: SectionName) -> None:
    """The body becomes XML, and its type and length follow."""
    call = a_call(body=b'{"a":1}', headers=JSON, response=a_response(b'{"a":2}', JSON))
    run(ALWAYS, call, section)
    assert call.response is not None
    message = call.request if section == "inbound" else call.response
    assert message.body.content in (b"<a>1</a>", b"<a>2</a>")
    assert dict(message.headers) == {"Content-Type": "application/xml", "Content-Length": "8"}


@pytest.mark.parametrize(
    ("accept", "is_converted"),
    [
        ("application/xml", True),
        ("text/html, Text/XML;q=0.5", True),
        ("application/atom+xml", True),
        ("application/xml;q=0.0", False),
        ("application/json", False),
        ("*/*", False),
        (None, False),
    ],
)
def test_the_accept_header_is_considered(accept: str | None, is_converted: bool) -> None:
    """By default a client gets XML only if it asks for it."""
    headers = {} if accept is None else {"Accept": accept}
    call = a_call(headers=headers, response=a_response(b'{"a":1}'))
    run('<json-to-xml apply="always" />', call, "outbound")
    assert call.response is not None
    assert call.response.body.content == (b"<a>1</a>" if is_converted else b'{"a":1}')


@pytest.mark.parametrize(
    ("media", "is_converted"),
    [
        ("application/json", True),
        ("Text/JSON; charset=utf-8", True),
        ("application/problem+json", True),
        ("text/plain", False),
        (None, False),
    ],
)
def test_the_content_type_is_considered(media: str | None, is_converted: bool) -> None:
    """Asked to, it converts only what says that it is JSON."""
    headers = {} if media is None else {"Content-Type": media}
    xml = '<json-to-xml apply="content-type-json" consider-accept-header="@(false)" />'
    call = run(xml, a_call(body=b'{"a":1}', headers=headers))
    assert call.request.body.content == (b"<a>1</a>" if is_converted else b'{"a":1}')


def test_what_is_left_alone() -> None:
    """An empty body and a compressed one stay, with their type."""
    call = run(ALWAYS, a_call(headers={"Content-Type": "a/b"}))
    assert dict(call.request.headers) == {"Content-Type": "a/b"}
    call = run(ALWAYS, a_call(body=b"{", headers={"Content-Encoding": "gzip"}))
    assert call.request.body.content == b"{"


def test_the_style_is_given_by_attributes() -> None:
    """Separator, prefix, attribute block and dates are those of the element."""
    xml = (
        '<json-to-xml apply="always" consider-accept-header="false" parse-date="false"'
        ' namespace-separator=":" namespace-prefix="@("xml" + "ns")" attribute-block-name="$" />'
    )
    body = b'{"s:a":{"xmlns:s":"u","$":{"b":"2012-03-21T05:40:00Z"}}}'
    call = run(xml, a_call(body=body))
    assert call.request.body.content == b'<s:a xmlns:s="u" b="2012-03-21T05:40:00Z" />'


def test_a_body_that_is_no_json_fails() -> None:
    """The call fails, and the body stays."""
    call = a_call(body=b"{")
    failed = failure(ALWAYS, call)
    assert failed.error.source == "json-to-xml"
    assert "no JSON" in failed.error.message
    assert call.request.body.content == b"{"


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ("<json-to-xml />", "'apply' is missing"),
        ('<json-to-xml apply="content-type-xml" />', "apply"),
        ('<json-to-xml apply="always" consider-accept-header="1" />', "neither true nor false"),
        ("<json-to-xml apply='always' parse-date='@(true)' />", "expression cannot be used"),
        ('<json-to-xml apply="always" kind="direct" />', "not declared"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """Attributes that mean nothing keep the document from being loaded."""
    assert problem in refusal(xml)


def test_it_does_not_stand_in_backend() -> None:
    """The page does not list the section backend."""
    assert "Policy is not allowed" in refusal(ALWAYS, "backend")

"""When does `<xml-to-json>` convert, and what does it make of the message?"""

import pytest

from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    refusal,
    run,
)

XML = b'<?xml version="1.0"?><a b="1"><c/></a>'
ALWAYS = '<xml-to-json kind="direct" apply="always" consider-accept-header="false" />'


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('kind="direct"', b'{"version":"1.0","a":{"@b":"1","c":null}}'),
        ("kind='@(\"javascript-friendly\")'", b'{"a":{"b":"1","c":null}}'),
        (
            'kind="direct" always-array-child-elements="true"',
            b'{"version":"1.0","a":{"@b":"1","c":[null]}}',
        ),
    ],
)
@pytest.mark.parametrize("section", ["inbound", "outbound", "on-error"])
def test_a_message_is_converted(attributes: str, expected: bytes, section: SectionName) -> None:
    """The body becomes JSON in the form that is asked for, and its type and length follow."""
    headers = {"Content-Type": "text/xml", "Content-Length": "0"}
    call = a_call(body=XML, headers=headers, response=a_response(XML, headers))
    run(
        f'<xml-to-json {attributes} apply="always" consider-accept-header="false" />', call, section
    )
    assert call.response is not None
    message = call.request if section == "inbound" else call.response
    assert message.body.content == expected
    assert message.headers["Content-Type"] == "application/json"
    assert message.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize(
    ("accept", "media", "is_converted"),
    [
        ("application/json", "application/xml", True),
        ("application/json", "application/soap+xml; charset=utf-8", True),
        ("application/json", "text/plain", False),
        ("text/html", "application/xml", False),
    ],
)
def test_both_headers_are_considered(accept: str, media: str, is_converted: bool) -> None:
    """It converts what says that it is XML, for clients that ask for JSON."""
    call = a_call(headers={"Accept": accept}, response=a_response(b"<a/>", {"Content-Type": media}))
    run('<xml-to-json kind="direct" apply="content-type-xml" />', call, "outbound")
    assert call.response is not None
    assert call.response.body.content == (b'{"a":null}' if is_converted else b"<a/>")


@pytest.mark.parametrize("body", [b"<a>", b"{}", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_a_body_that_is_no_xml_fails(body: bytes) -> None:
    """The call fails, and the body stays."""
    call = a_call(body=body)
    assert failure(ALWAYS, call).error.source == "xml-to-json"
    assert call.request.body.content == body


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<xml-to-json apply="always" />', "'kind' is missing"),
        ('<xml-to-json kind="direct" />', "'apply' is missing"),
        ('<xml-to-json kind="badgerfish" apply="always" />', "kind"),
        ('<xml-to-json kind="direct" apply="content-type-json" />', "apply"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """Attributes that mean nothing keep the document from being loaded."""
    assert problem in refusal(xml)


def test_a_computed_kind_that_is_none_fails() -> None:
    """The call fails if an expression gives another kind."""
    xml = "<xml-to-json kind='@(\"x\")' apply='always' consider-accept-header='false' />"
    assert failure(xml, a_call(body=b"<a/>")).error.source == "xml-to-json"

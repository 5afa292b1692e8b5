"""Which status does a response have after `<set-status>`?"""

import pytest

from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    refusal,
    run,
)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("404", "Gone for good", (404, "Gone for good")),
        ("599", "", (599, "")),
        ("@(context.Response.StatusCode + 1)", '@("a" + "b")', (201, "ab")),
    ],
)
def test_another_status(code: str, reason: str, expected: tuple[int, str]) -> None:
    """Code and reason are replaced; headers and body stay."""
    call = a_call(response=a_response(b"x", {"A": "b"}))
    run(f"<set-status code='{code}' reason='{reason}' />", call, "outbound")
    assert call.response is not None
    assert (call.response.status, call.response.reason) == expected
    assert (call.response.body.content, dict(call.response.headers)) == (b"x", {"A": "b"})


def test_without_a_reason_it_is_the_usual_one() -> None:
    """The reason may be left out, as the vendor's own policies do."""
    call = run('<set-status code="401" />', a_call(response=a_response()), "outbound")
    assert call.response is not None
    assert (call.response.status, call.response.reason) == (401, "")


def test_before_there_is_a_response() -> None:
    """Set in inbound, it is the status of the empty answer of a call without backend."""
    call = run('<set-status code="202" reason="Later" />', a_call())
    assert call.response is not None
    assert (call.response.status, call.response.body.content) == (202, b"")


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<set-status reason="OK" />', "'code' is missing"),
        ('<set-status code="100" reason="a" />', "no whole number from 200 to 599"),
        ('<set-status code="ok" reason="a" />', "no whole number"),
        ('<set-status code="200" reason="a&#13;&#10;b" />', "is no reason"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """A status that could not be sent keeps the document from being loaded."""
    assert problem in refusal(xml)


@pytest.mark.parametrize(
    "xml",
    [
        "<set-status code='@(99)' reason='a' />",
        "<set-status code='@(\"x\")' reason='a' />",
        "<set-status code='200' reason='@(\"a\\r\\nb\")' />",
    ],
)
def test_a_computed_status_that_is_none_fails(xml: str) -> None:
    """The call fails, and the response keeps its status."""
    call = a_call(response=a_response())
    failure(xml, call, "outbound")
    assert call.response is not None
    assert call.response.status == 200

"""Which method does a request have after `<set-method>`?"""

import pytest

from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    refusal,
    run,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("GET", "GET"), ("\n  PATCH\n", "PATCH"), ('@("DE" + "LETE")', "DELETE"), ("Own", "Own")],
)
@pytest.mark.parametrize("section", ["inbound", "on-error"])
def test_another_method(text: str, expected: str, section: SectionName) -> None:
    """The request has the method that the text says; its body stays."""
    call = a_call(body=b"x", response=a_response())
    run(f"<set-method>{text}</set-method>", call, section)
    assert (call.request.method, call.request.body.content) == (expected, b"x")


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ("<set-method />", "is no method"),
        ("<set-method>GET /</set-method>", "is no method"),
        ("<set-method><value>GET</value></set-method>", "invalid child element"),
        ('<set-method name="GET">GET</set-method>', "not declared"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """What is no method keeps the document from being loaded."""
    assert problem in refusal(xml)


def test_it_does_not_stand_behind_the_backend() -> None:
    """In outbound the request has been sent."""
    assert "Policy is not allowed" in refusal("<set-method>GET</set-method>", "outbound")


def test_a_computed_method_that_is_none_fails() -> None:
    """An expression cannot write the rest of the request's head."""
    call = a_call()
    failure('<set-method>@("GET / HTTP/1.1\\r\\nA: b")</set-method>', call)
    assert call.request.method == "POST"

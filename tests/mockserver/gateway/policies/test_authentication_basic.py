"""What does `<authentication-basic>` tell the backend?"""

from base64 import b64encode

import pytest

from tests.mockserver.gateway.policies.accessing import run_section
from tests.mockserver.gateway.policies.transforming import refusal
from tests.mockserver.gateway.policy_calls import Stage


@pytest.mark.parametrize(
    ("name", "password", "expected"),
    [
        ("ada", "secret", "ada:secret"),
        ("", "", ":"),
        ("ada", "a:b", "ada:a:b"),
        ("jürgen", "pässword", "jürgen:pässword"),
        ('@("a" + "b")', "@(context.Request.Method)", "ab:GET"),
    ],
)
def test_name_and_password(name: str, password: str, expected: str) -> None:
    """They take the place of the client's own Authorization."""
    call = Stage().call(headers={"authorization": "Bearer of-the-client"})
    run_section(call, f"<authentication-basic username='{name}' password='{password}' />")
    encoded = b64encode(expected.encode()).decode()
    assert call.request.headers.getall("Authorization") == [f"Basic {encoded}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<authentication-basic username='a' />", "'password' is missing"),
        ("<authentication-basic password='a' />", "'username' is missing"),
        ("<authentication-basic username='a' password='b'>c</authentication-basic>", "text"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """Both are required."""
    assert problem in refusal(text)


def test_it_stands_in_inbound_only() -> None:
    """Another section is refused when the policy is loaded."""
    text = "<authentication-basic username='a' password='b' />"
    assert "not allowed in the" in refusal(text, "outbound")

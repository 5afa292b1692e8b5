"""Which calls does `<check-header>` let pass?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import GatewayFailure
from tests.mockserver.gateway.policies.accessing import run_section
from tests.mockserver.gateway.policies.transforming import refusal
from tests.mockserver.gateway.policy_calls import Stage, body_of, handled, read

WORDS = st.sampled_from(["red", "RED", "Red", "blue", "", "red,blue"])


def policy(
    values: tuple[str, ...] = (), *, name: str = "X-Color", ignore_case: str = "false"
) -> str:
    """Return the policy that asks for a colour."""
    inner = "".join(f"<value>{value}</value>" for value in values)
    return (
        f"<check-header name='{name}' failed-check-httpcode='417'"
        f" failed-check-error-message='No colour' ignore-case='{ignore_case}'>"
        f"{inner}</check-header>"
    )


def refused(text: str, headers: dict[str, str] | None = None) -> GatewayFailure:
    """Return how a call with these headers fails."""
    with pytest.raises(GatewayFailure) as failed:
        run_section(Stage().call(headers=headers), text)
    return failed.value


def test_presence_is_enough_without_values() -> None:
    """A header that is there passes, whatever its value; its name is found in any case."""
    call = Stage().call(headers={"x-color": ""})
    run_section(call, policy())
    assert call.response is None


def test_a_missing_header_is_refused() -> None:
    """Status and message are those of the policy, the reason is in LastError."""
    failure = refused(policy())
    assert (failure.status, failure.told) == (417, "No colour")
    assert failure.error.source == "check-header"
    assert failure.error.reason == "HeaderNotFound"
    assert failure.error.message == "Header X-Color was not found in the request. Access denied."


def test_another_value_is_refused() -> None:
    """LastError names the value that came."""
    failure = refused(policy(("red", "blue")), {"X-Color": "green"})
    assert failure.error.reason == "HeaderValueNotAllowed"
    expected = "Header X-Color value of green is not allowed. Access denied."
    assert failure.error.message == expected


@given(WORDS, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.booleans())
def test_any_value_passes(sent: str, allowed: tuple[str, ...], ignores_case: bool) -> None:
    """A value passes if it is among those allowed, in the same case or in any."""
    same = [(word.lower() if ignores_case else word) for word in allowed]
    passes = (sent.lower() if ignores_case else sent) in same
    text = policy(allowed, ignore_case=str(ignores_case).lower())
    call = Stage().call(headers={"X-Color": sent})
    if passes:
        run_section(call, text)
        assert call.response is None
    else:
        assert refused(text, {"X-Color": sent}).error.reason == "HeaderValueNotAllowed"


def test_one_of_several_headers_is_enough() -> None:
    """A header that comes twice passes by either of its values."""
    call = Stage().call(headers={"X-Color": "green"})
    call.request.headers.add("X-Color", "red")
    run_section(call, policy(("red",)))
    assert call.response is None


def test_what_the_client_gets() -> None:
    """The message stands in the gateway's envelope; the backend is not called."""
    stage = Stage()
    call = stage.call()
    response = handled(call, read(inbound=policy(), backend="<forward-request />"))
    assert response.status == 417
    assert body_of(response) == b'{ "statusCode": 417, "message": "No colour" }'
    assert stage.backend.sent == []


def test_everything_may_be_an_expression() -> None:
    """Name, status, message, case and values are computed for each call."""
    text = """<check-header name='@("X-" + "Color")' failed-check-httpcode="@(400 + 1)"
        failed-check-error-message='@("no " + context.Request.Method)' ignore-case="@(true)">
        <value>@("re" + "d")</value></check-header>"""
    call = Stage().call(headers={"X-Color": "RED"})
    run_section(call, text)
    failure = refused(text)
    assert (failure.status, failure.told) == (401, "no GET")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<check-header name='a' />", "'failed-check-httpcode' is missing"),
        (policy().replace("ignore-case='false'", ""), "'ignore-case' is missing"),
        (policy(ignore_case="yes"), "neither true nor false"),
        (policy().replace("417", "99"), "no whole number from 200 to 599"),
        (policy().replace("></", "><other /></"), "invalid child element 'other'"),
        (policy().replace("></", ">text</"), "cannot contain text"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """All attributes are required, and nothing else may be within."""
    assert problem in refusal(text)

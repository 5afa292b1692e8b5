"""Does `<retry>` run its policies again as long as it should, with the documented waits?"""

from collections.abc import AsyncIterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body, Response
from mockserver.gateway.policies.retry import Waits
from tests.mockserver.gateway.policy_calls import (
    TIMED_OUT,
    Answer,
    FakeBackend,
    Stage,
    body_of,
    handled,
    read,
)

BUSY = Response(503, "", body=Body(b"busy"))
FINE = Response(200, "", body=Body(b"fine"))
ON_503 = "@(context.Response.StatusCode == 503)"
ON_ERRORS = "@(context.Response == null || context.Response.StatusCode >= 500)"


def retry(
    condition: str = ON_503,
    attributes: str = 'count="3" interval="1"',
    inner: str = '<forward-request buffer-request-body="true" />',
) -> str:
    """Write a retry."""
    return f"<retry condition='{condition}' {attributes}>{inner}</retry>"


def staged(*answers: Answer) -> Stage:
    """Return a stage whose backend answers so."""
    return Stage(FakeBackend(answers))


def test_it_stops_when_the_condition_is_false() -> None:
    """Two busy answers and a good one are three attempts, with two waits."""
    stage = staged(BUSY, BUSY, FINE)
    response = handled(stage.call(), read(backend=retry()))
    assert (response.status, body_of(response)) == (200, b"fine")
    assert len(stage.backend.sent) == 3
    assert stage.waits == [1.0, 1.0]


def test_a_good_answer_is_not_retried() -> None:
    """The policies run once if the condition is false after it."""
    stage = staged(FINE)
    assert handled(stage.call(), read(backend=retry())).status == 200
    assert len(stage.backend.sent) == 1
    assert stage.waits == []


@given(st.integers(1, 8))
def test_count_is_that_of_the_retries(count: int) -> None:
    """A backend that never recovers is called once and `count` times again; its answer passes."""
    stage = staged(BUSY)
    text = retry(attributes=f'count="{count}" interval="0"')
    response = handled(stage.call(), read(backend=text))
    assert (response.status, body_of(response)) == (503, b"busy")
    assert len(stage.backend.sent) == count + 1


@pytest.mark.parametrize("buffers", [True, False])
@pytest.mark.parametrize("streams", [True, False])
def test_a_body_is_sent_again_only_if_it_was_buffered(buffers: bool, streams: bool) -> None:
    """Without buffer-request-body the second attempt arrives without its body."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"a":'
        yield b"1}"

    body = Body(None, pieces(), 7, is_buffered=False) if streams else Body(b'{"a":1}')
    body.is_buffered = False
    stage = staged(BUSY, FINE)
    inner = f'<forward-request buffer-request-body="{str(buffers).lower()}" />'
    handled(stage.call("POST", body=body), read(backend=retry(inner=inner)))
    assert stage.backend.bodies == [b'{"a":1}', b'{"a":1}' if buffers else b""]


def test_a_timeout_is_retried_if_the_condition_says_so() -> None:
    """After a failure the condition sees the 500 that the client would get."""
    stage = staged(TIMED_OUT, FINE)
    call = stage.call()
    text = retry("@(context.Response != null && context.Response.StatusCode == 500)")
    response = handled(call, read(backend=text))
    assert (response.status, body_of(response)) == (200, b"fine")
    assert call.last_error is None


def test_a_failure_goes_on_if_the_condition_is_false() -> None:
    """A timeout is no 503: there is one attempt, and on-error sees the timeout."""
    stage = staged(TIMED_OUT, FINE)
    call = stage.call()
    response = handled(call, read(backend=retry()))
    assert response.status == 500
    assert call.last_error is not None
    assert (call.last_error.source, call.last_error.reason) == ("forward-request", "Timeout")
    assert call.last_error.path == "retry[1]/forward-request[1]"
    assert len(stage.backend.sent) == 1


def test_the_last_failure_goes_on() -> None:
    """A backend that is never reached fails the call in the end."""
    stage = staged(TIMED_OUT, BackendFault("BackendConnectionFailure", "refused"))
    call = stage.call()
    assert handled(call, read(backend=retry(ON_ERRORS))).status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "BackendConnectionFailure"
    assert len(stage.backend.sent) == 4


def test_the_next_attempt_sees_what_the_condition_saw() -> None:
    """After a failure that is its 500: a policy within can choose another backend by it."""
    stage = staged(BUSY, TIMED_OUT, FINE)
    seen = (
        '<choose><when condition="@(context.Response != null)">'
        '<set-header name="X-Seen"><value>@(context.Response.StatusCode.ToString())</value>'
        "</set-header></when></choose>"
    )
    handled(stage.call(), read(backend=retry(ON_ERRORS, inner=f"{seen}<forward-request />")))
    assert [sent.headers.get("X-Seen") for sent in stage.backend.sent] == [None, "503", "500"]


def test_return_response_ends_it() -> None:
    """A policy that ends the call ends the retry too."""
    stage = staged(BUSY)
    text = retry("true", inner="<forward-request /><return-response />")
    assert handled(stage.call(), read(backend=text)).status == 200
    assert len(stage.backend.sent) == 1


def test_a_condition_that_throws_ends_it() -> None:
    """The failure is then the condition's, with retry as its source."""
    stage = staged(TIMED_OUT)
    call = stage.call()
    text = retry('@((int)context.Variables["none"] > 0)', inner="<forward-request />")
    assert handled(call, read(backend=text)).status == 500
    assert call.last_error is not None
    assert (call.last_error.source, call.last_error.path) == ("retry", "retry[1]")


@pytest.mark.parametrize(
    ("attributes", "waits"),
    [
        ('interval="10"', [10, 10, 10, 10]),
        ('interval="0"', [0, 0, 0, 0]),
        ('interval="10" delta="5"', [10, 15, 20, 25]),
        ('interval="10" first-fast-retry="true"', [10, 10, 10]),
        ('interval="10" delta="5" first-fast-retry="true"', [15, 20, 25]),
        ('interval="10" delta="0" max-interval="100"', [10, 10, 10, 10]),
        ('interval="10" delta="10" max-interval="5"', [5, 5, 5, 5]),
        ('interval="@(2 + 3)"', [5, 5, 5, 5]),
    ],
)
def test_the_waits(attributes: str, waits: list[float]) -> None:
    """Fixed, linear and bounded waits are those of the documented formulas."""
    stage = staged(BUSY)
    handled(stage.call(), read(backend=retry(attributes=f'count="4" {attributes}')))
    assert stage.waits == waits


@given(st.integers(0, 49), st.integers(0, 100), st.integers(0, 100), st.integers(0, 10_000))
def test_exponential_waits_keep_their_bounds(
    number: int, interval: int, delta: int, longest: int
) -> None:
    """A wait is within a fifth of the formula without chance, and not above the maximum."""
    wait = Waits(interval, delta, longest).before(number, Random(number))
    growth = (2**number - 1) * delta
    assert wait >= min(interval + 0.8 * growth, longest) * (1 - 1e-9)
    assert wait <= min(interval + 1.2 * growth, longest) * (1 + 1e-9)


def test_exponential_waits_are_the_same_in_each_run() -> None:
    """Chance begins anew with each emulator, and with each reset."""

    def waits() -> list[float]:
        handled(stage.call(), read(backend=retry(attributes=attributes)))
        return stage.waits

    attributes = 'count="5" interval="10" delta="10" max-interval="100"'
    stage = staged(BUSY)
    first = waits()
    stage = staged(BUSY)
    assert waits() == first
    assert first == sorted(first)
    assert first[0] == 10
    assert 100 in first


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<retry condition="true" count="3" interval="1" />', "a policy is needed"),
        ('<retry count="3" interval="1"><trace /></retry>', "'condition' is missing"),
        ('<retry condition="true" interval="1"><trace /></retry>', "'count' is missing"),
        ('<retry condition="true" count="1"><trace /></retry>', "'interval' is missing"),
        (retry("true", 'count="0" interval="1"'), "from 1 to 50"),
        (retry("true", 'count="51" interval="1"'), "from 1 to 50"),
        (retry("true", 'count="1" interval="-1"'), "no whole number"),
        (retry("perhaps"), "neither true nor false"),
        (retry("true", 'count="1" interval="1" max-interval="9"'), "needs 'delta'"),
        (retry("true", 'count="1" interval="1" jitter="9"'), "'jitter' attribute is not declared"),
        (retry("true", inner="<base />"), "<base> may stand in a section only"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """What retry does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(backend=text)


def test_an_expression_out_of_bounds_fails() -> None:
    """A count that is computed must be within the bounds of one that is written."""
    call = staged(BUSY).call()
    assert handled(call, read(backend=retry("true", 'count="@(51)" interval="1"'))).status == 500
    assert call.last_error is not None
    assert "from 1 to 50" in call.last_error.message

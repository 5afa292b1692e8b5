"""Does rate-limit-by-key count each value of its key, once a call, and when it should?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policies.limited import MONDAY, Asked, Limited, failure_of, told

BY_USER = "@(context.Request.Headers.GetValueOrDefault(&quot;X-User&quot;, &quot;nobody&quot;))"
STEPS = st.one_of(
    st.just(0.0), st.integers(1, 24).map(lambda quarters: quarters / 4), st.floats(-15, -0.01)
)


def limit(more: str = "", calls: str = "2", key: str = BY_USER, seconds: str = "60") -> str:
    """Return the policy."""
    return (
        f'<rate-limit-by-key calls="{calls}" renewal-period="{seconds}"'
        f' counter-key="{key}" {more} />'
    )


def of(user: str, status: int = 200) -> Asked:
    """Return the call of a user."""
    return Asked(headers={"X-User": user}, status=status)


@given(st.lists(st.tuples(STEPS, st.sampled_from("ab")), max_size=40), st.integers(1, 3))
def test_each_key_agrees_with_the_list_of_its_calls(
    happened: list[tuple[float, str]], calls: int
) -> None:
    """Each key has a window of its own; a key hears of a clock moved back when it comes again."""
    limited = Limited(limit(calls=str(calls), seconds="5"))
    passed: dict[str, list[float]] = {"a": [], "b": []}
    for step, user in happened:
        limited.now += step
        now = limited.now
        mine = passed[user] = [moment for moment in passed[user] if moment <= now]
        is_full = sum(moment > now - 5 for moment in mine) >= calls
        response = limited.call(of(user))
        assert response.status == (429 if is_full else 200)
        if is_full:
            seconds = int(response.headers["Retry-After"])
            left = [sum(m > now + w - 5 for m in mine) for w in range(seconds + 1)]
            assert left[seconds] < calls
            assert seconds == 1 or left[seconds - 1] >= calls
        else:
            mine.append(now)


def test_the_answer_is_that_of_a_rate_limit() -> None:
    """429 with text and headers, and with its own name as the source."""
    names = 'remaining-calls-header-name="X-Left" retry-after-variable-name="again"'
    limited = Limited(limit(names), scope="global")
    assert [limited.call(of("a")).headers["X-Left"] for _ in range(2)] == ["1", "0"]
    limited.now += 3
    response = limited.call(of("a"))
    assert told(response) == "Rate limit is exceeded. Try again in 57 seconds."
    assert (response.headers["Retry-After"], response.headers["X-Left"]) == ("57", "0")
    assert limited.last is not None
    assert limited.last.variables == {"again": 57}
    assert failure_of(limited)[:2] == ("rate-limit-by-key", "RateLimitExceeded")
    assert limited.call(of("b")).status == 200


def test_a_key_is_counted_once_for_all_definitions() -> None:
    """Two policies with the same key count a call once; the narrower one decides."""
    limited = Limited(limit(calls="4"), limit(calls="2", seconds="10"), scope="api")
    assert limited.statuses(3) == [200, 200, 429]
    limited.now += 10
    # The refused call was counted by the first policy, with which the counter is shared.
    assert limited.statuses(2) == [200, 429]
    other = Limited(limit(), limit(key="another"), scope="api")
    assert other.statuses(3) == [200, 200, 429]


def test_who_waits_passes_two_definitions_with_one_key() -> None:
    """The wait sees what the first of them has counted."""
    limited = Limited(limit(calls="9"), limit(calls="1", seconds="10"))
    assert limited.call().status == 200
    limited.now += 4
    response = limited.call()
    assert (response.status, response.headers["Retry-After"]) == (429, "10")
    limited.now += 10
    assert limited.call().status == 200


def test_limits_may_be_expressions() -> None:
    """Calls, period and key are computed for each call, and checked."""
    number = "@(context.Request.Headers.GetValueOrDefault(&quot;X-Calls&quot;, &quot;1&quot;))"
    limited = Limited(limit(calls=number))
    assert limited.statuses(2) == [200, 429]
    assert limited.call(Asked(headers={"X-Calls": "3"})).status == 200
    assert limited.call(Asked(headers={"X-Calls": "0"})).status == 500
    assert failure_of(limited)[:2] == ("rate-limit-by-key", "ExpressionValueEvaluationFailure")


def test_a_condition_counts_what_it_wants_when_the_call_is_over() -> None:
    """Calls in between pass, so that one may pass too many."""
    condition = 'increment-condition="@(context.Response.StatusCode == 200)"'
    limited = Limited(limit(condition + ' remaining-calls-header-name="X-Left"'))
    assert limited.statuses(5, Asked(status=500)) == [500] * 5
    assert [limited.call().headers["X-Left"] for _ in range(2)] == ["2", "1"]
    assert limited.call().status == 429


def test_an_increment_is_counted_at_the_end_of_the_call() -> None:
    """Its moment in the window is that of the end, not that of the arrival."""
    condition = 'increment-condition="@(context.Response.StatusCode == 200)"'
    limited = Limited(limit(condition, calls="1"))
    assert limited.call(Asked(seconds=30)).status == 200
    limited.now += 59
    response = limited.call()
    assert (response.status, response.headers["Retry-After"]) == (429, "1")
    limited.now += 1
    assert limited.call().status == 200


def test_a_call_counts_from_the_moment_at_which_the_policy_runs() -> None:
    """What it waited for before that, such as its body, does not make it older."""
    limited = Limited(limit(calls="1"))
    call = limited.begin(Asked())
    limited.now += 20
    with pytest.raises(StopIteration):
        limited.inbound[0].run(call).send(None)
    assert limited.call().headers["Retry-After"] == "60"


def test_an_increment_may_be_any_number() -> None:
    """A fixed one counts at once, a computed one at the end; 0 and a false condition not at all."""
    assert Limited(limit('increment-count="2"', calls="3")).statuses(3) == [200, 200, 429]
    computed = 'increment-count="@(context.Response.StatusCode - 198)"'
    assert Limited(limit(computed, calls="3")).statuses(3) == [200, 200, 429]
    for nothing in ('increment-count="0"', 'increment-condition="False"'):
        assert Limited(limit(nothing)).statuses(9) == [200] * 9


def test_a_deferred_increment_counts_once_for_all_definitions() -> None:
    """The first policy that counts the call is the only one."""
    condition = 'increment-condition="@(context.Response.StatusCode == 200)"'
    assert Limited(limit(condition), limit(condition)).statuses(3) == [200, 200, 429]


def test_a_condition_that_fails_counts_nothing() -> None:
    """The answer is out by then; the trace says so."""
    condition = 'increment-condition="@((int)context.Variables[&quot;none&quot;] == 1)"'
    limited = Limited(limit(condition))
    assert limited.statuses(3) == [200] * 3
    call = limited.begin(Asked())
    call.trace = Trace("1", lambda: MONDAY, 0.0)
    with pytest.raises(StopIteration):
        limited.inbound[0].run(call).send(None)
    for done in call.at_end:
        done()
    entries = [entry for section in call.trace.entries.values() for entry in section]
    assert [entry.source for entry in entries] == ["rate-limit-by-key"]
    assert "Not counted" in str(entries[0].data)


def test_a_condition_may_read_the_request() -> None:
    """Its body is kept for the end of the call."""
    condition = (
        'increment-condition="@(context.Request.Body.As&lt;string&gt;(true) == &quot;count&quot;)"'
    )
    limited = Limited(limit(condition))
    assert limited.statuses(3, Asked(body=b"do not")) == [200] * 3
    assert limited.statuses(3, Asked(body=b"count")) == [200, 200, 429]


def test_endless_keys_do_not_fill_the_memory() -> None:
    """Keys that have run out are dropped; long ones are kept as a hash."""
    limited = Limited(limit())
    for number in range(4_000):
        limited.now += 0.5
        assert limited.call(of(f"{number}" * 300)).status == 200
    (kept,) = (memory["windows"] for memory in limited.runtime.memory.values())
    assert len(kept) <= 1_300
    assert max(len(key) for key, _ in kept.items()) == 64


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (limit(seconds="301"), "no whole number from 1 to 300"),
        ('<rate-limit-by-key calls="1" renewal-period="1" />', "'counter-key' is missing"),
        (limit('increment-condition="maybe"'), "neither true nor false"),
        (limit('increment-count="-1"'), "no whole number"),
        (limit('bandwidth="1"'), "'bandwidth' attribute is not declared"),
        (
            limit('increment-condition="@(context.Response.Body.As&lt;string&gt;() == null)"'),
            "the response's body has been sent",
        ),
    ],
)
def test_what_is_not_documented_is_refused(text: str, problem: str) -> None:
    """When the document is read, with what is wrong."""
    with pytest.raises(DocumentNotUsable, match=problem):
        Limited(text)

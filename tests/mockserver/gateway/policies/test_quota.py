"""Does quota let through what a list of all calls in the period says, over restarts too?"""

import asyncio
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.counting.quotas import QuotaCounters
from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.trace import Trace
from tests.mockserver.gateway.policies.limited import MONDAY, Asked, Limited, failure_of, told

STEPS = st.one_of(st.just(0), st.integers(1, 200), st.integers(-400, -1))
"""In eighths of a second, which floats hold exactly."""
STARTER = '<quota calls="3" renewal-period="604800" />'


@given(st.lists(STEPS, max_size=50), st.integers(1, 4), st.integers(0, 12), st.integers(-400, 400))
def test_fixed_periods_agree_with_the_list_of_all_calls(
    steps: list[int], limit: int, seconds: int, offset: int
) -> None:
    """A period's calls are those since the clock last came into it; the wait ends with it."""
    started = MONDAY + offset / 8
    limited = Limited(f'<quota calls="{limit}" renewal-period="{seconds}" />')
    asked = Asked(started=started)
    arrivals: list[tuple[int, bool]] = []
    for step in steps:
        limited.now += step / 8
        period = number_of(limited.now, started, seconds)
        passed = 0
        for number, has_passed in reversed(arrivals):
            if number != period:
                break
            passed += has_passed
        response = limited.call(asked)
        assert response.status == (200 if passed < limit else 403)
        arrivals.append((period, passed < limit))
        if passed >= limit and seconds:
            wait = int(response.headers["Retry-After"])
            assert number_of(limited.now + wait, started, seconds) > period
            assert wait == 1 or number_of(limited.now + wait - 1, started, seconds) == period


def number_of(now: float, started: float, seconds: int) -> int:
    """Return the number of a period, by exact fractions."""
    return (Fraction(now) - Fraction(started)) // seconds if seconds else 0


def test_who_waits_that_long_passes() -> None:
    """From any moment of the period."""
    limited = Limited('<quota calls="1" renewal-period="10" />')
    for _ in range(40):
        limited.now += 3.7
        response = limited.call()
        if response.status == 403:
            limited.now += int(response.headers["Retry-After"])
            assert limited.call().status == 200


def test_the_answer_says_when_it_is_replenished() -> None:
    """403 with the captured text, which gains days, and with LastError."""
    limited = Limited(STARTER)
    limited.now += 86_400
    assert limited.statuses(4) == [200, 200, 200, 403]
    limited.now += 86_400 - 7_391
    response = limited.call()
    text = "Out of call volume quota. Quota will be replenished in 5.02:03:11."
    assert (told(response), response.headers["Retry-After"]) == (text, "439391")
    assert failure_of(limited) == ("quota", "QuotaExceeded", text)


def test_a_quota_without_renewal_is_used_up_for_ever() -> None:
    """It says so with the largest number of seconds."""
    limited = Limited('<quota calls="1" renewal-period="0" />')
    assert limited.statuses(2) == [200, 403]
    limited.now += 1e9
    response = limited.call()
    assert told(response).endswith("Quota will be replenished in 24855.03:14:07.")
    assert response.headers["Retry-After"] == "2147483647"


def test_bandwidth_is_that_of_request_and_response() -> None:
    """In kilobytes of 1,024 bytes; the call that goes above it still passes."""
    limited = Limited('<quota bandwidth="2" renewal-period="3600" />')
    asked = Asked(body=b"x" * 24, sent=1_000)
    assert limited.statuses(3, asked) == [200, 200, 403]
    response = limited.call(asked)
    text = "Out of bandwidth quota. Quota will be replenished in 01:00:00."
    assert (told(response), response.headers["Retry-After"]) == (text, "3600")
    assert failure_of(limited)[1:] == ("QuotaExceeded", text)
    limited.now += 3_600
    assert limited.call(asked).status == 200


def test_bytes_count_for_the_period_in_which_the_call_ends() -> None:
    """Even if it began in the one before."""
    limited = Limited('<quota bandwidth="1" renewal-period="60" />')
    limited.now += 59
    assert limited.call(Asked(sent=2_000, seconds=2)).status == 200
    assert limited.call().status == 403


def test_calls_and_bandwidth_may_both_be_limited() -> None:
    """Calls are named first."""
    limited = Limited('<quota calls="2" bandwidth="9" renewal-period="60" />')
    assert limited.statuses(3) == [200, 200, 403]
    assert "call volume" in told(limited.call())
    limited.now += 60
    assert limited.call(Asked(sent=10_000)).status == 200
    assert "bandwidth" in told(limited.call())


def test_each_subscription_is_counted_for_itself_and_nobody_without_key() -> None:
    """One that is used up does not hinder another."""
    limited = Limited(STARTER)
    assert limited.statuses(4)[-1] == 403
    assert limited.call(Asked(subscription="two")).status == 200
    assert limited.statuses(5, Asked(subscription=None)) == [200] * 5


def test_what_a_rate_limit_refuses_is_not_counted() -> None:
    """If it stands before the quota."""
    limited = Limited('<rate-limit calls="1" renewal-period="10" />', STARTER)
    for _ in range(3):
        assert limited.statuses(3) == [200, 429, 429]
        limited.now += 10
    assert limited.call().status == 403


NESTED = """
<quota calls="5" renewal-period="3600">
  <api name="Echo API" calls="3">
    <operation id="get" bandwidth="1" renewal-period="600" />
  </api>
</quota>
"""


def test_quotas_for_apis_and_operations_are_counted_apart() -> None:
    """All that cover a call must let it pass; what one of them refuses counts for none."""
    limited = Limited(NESTED)
    assert limited.call(Asked(sent=1_024)).status == 200
    response = limited.call()
    assert told(response) == "Out of bandwidth quota. Quota will be replenished in 00:10:00."
    post = Asked(operation=("post", "Post it"))
    assert limited.statuses(3, post) == [200, 200, 403]
    assert limited.call().headers["Retry-After"] == "3600"
    other = Asked(api=("other", "Other"))
    assert limited.statuses(3, other) == [200, 200, 403]


def test_a_subscription_without_a_start_begins_with_its_first_call() -> None:
    """And its periods are counted from there for ever."""
    limited = Limited('<quota calls="1" renewal-period="100" />')
    asked = Asked(started=None)
    limited.now += 12_345.5
    assert limited.statuses(2, asked) == [200, 403]
    assert limited.call(asked).headers["Retry-After"] == "100"
    limited.now += 130
    assert limited.statuses(2, asked) == [200, 403]
    assert limited.call(asked).headers["Retry-After"] == "70"


def test_a_restart_forgets_no_quota(tmp_path: Path) -> None:
    """Another emulator with the same folder goes on where the first one ended."""

    async def run(times: int) -> list[int]:
        quotas = QuotaCounters(tmp_path)
        quotas.open()
        limited = Limited(STARTER, quotas=quotas)
        asked = Asked(started=None)
        statuses = [(await limited.answer(asked)).status for _ in range(times)]
        quotas.close()
        return statuses

    assert asyncio.run(run(2)) == [200, 200]
    assert asyncio.run(run(2)) == [200, 403]


def test_the_trace_shows_the_quota() -> None:
    """With the fields of a captured trace."""
    limited = Limited('<quota calls="1" renewal-period="604800" />')
    limited.call()
    call = limited.begin(Asked())
    call.trace = Trace("1", lambda: MONDAY, 0.0)
    with pytest.raises(Exception, match="Out of call volume"):
        limited.inbound[0].run(call).send(None)
    entries = [entry.data for section in call.trace.entries.values() for entry in section]
    quota = {"level": "Subscription", "calls": 1, "bandwidth": 0, "period": "604800"}
    assert {"message": "Quota was exceeded.", "quota": quota} in entries


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<quota renewal-period="60" />', "'calls' or 'bandwidth' is needed"),
        ('<quota calls="1" />', "'renewal-period' is missing"),
        (STARTER * 2, "only once"),
        ('<quota calls="1" renewal-period="1"><api id="a" /></quota>', "'calls' or 'bandwidth'"),
        ('<quota calls="1" renewal-period="1"><api calls="1" /></quota>', "needs 'name' or 'id'"),
        (NESTED.replace("operation", "other"), "invalid child element 'other'"),
    ],
)
def test_what_is_not_documented_is_refused(text: str, problem: str) -> None:
    """When the document is read, with what is wrong."""
    with pytest.raises(DocumentNotUsable, match=problem):
        Limited(text)


def test_it_has_no_place_but_in_a_product() -> None:
    """At the scope of an API it is refused."""
    with pytest.raises(DocumentNotUsable, match="not allowed in the specified scope"):
        Limited(STARTER, scope="api")

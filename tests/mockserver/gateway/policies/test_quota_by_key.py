"""Does quota-by-key count each value of its key in periods from its own start?"""

from datetime import UTC, datetime

import pytest

from mockserver.gateway.counting.quotas import QuotaCounters
from mockserver.gateway.element import DocumentNotUsable
from tests.mockserver.gateway.policies.limited import MONDAY, Asked, Limited, failure_of, told

BY_USER = "@(context.Request.Headers.GetValueOrDefault(&quot;X-User&quot;, &quot;nobody&quot;))"
OK_ONLY = 'increment-condition="@(context.Response.StatusCode == 200)"'


def quota(more: str = "", amounts: str = 'calls="2"', key: str = BY_USER) -> str:
    """Return the policy with a period of an hour."""
    return f'<quota-by-key {amounts} renewal-period="3600" counter-key="{key}" {more} />'


def of(user: str, status: int = 200, sent: int = 0) -> Asked:
    """Return the call of a user."""
    return Asked(headers={"X-User": user}, status=status, sent=sent)


def test_each_key_has_a_quota() -> None:
    """403 with the text of quota, and with its own name as the source; callers need no key."""
    limited = Limited(quota(), scope="global")
    limited.now += 60
    nobody = Asked(subscription=None)
    assert limited.statuses(3, nobody) == [200, 200, 403]
    response = limited.call(nobody)
    text = "Out of call volume quota. Quota will be replenished in 00:59:00."
    assert (told(response), response.headers["Retry-After"]) == (text, "3540")
    assert failure_of(limited) == ("quota-by-key", "QuotaExceeded", text)
    assert limited.call(of("b")).status == 200
    limited.now += 3_540
    assert limited.call(nobody).status == 200


def test_periods_begin_with_the_first_one() -> None:
    """At the start of the calendar if nothing is said; a moment before the first is in one too."""
    limited = Limited(quota('first-period-start="2026-03-09T08:30:00Z"'))
    assert datetime.fromtimestamp(MONDAY, UTC).isoformat() == "2026-03-09T08:00:00+00:00"
    limited.statuses(2)
    assert limited.call().headers["Retry-After"] == "1800"
    limited = Limited(quota())
    limited.statuses(2)
    assert limited.call().headers["Retry-After"] == "3600"


def test_a_key_is_counted_once_for_all_definitions() -> None:
    """The same counter is used wherever the policy stands, but for other periods."""
    limited = Limited(quota(), quota(amounts='calls="9"'))
    assert limited.statuses(3) == [200, 200, 403]
    limited = Limited(quota(amounts='calls="9"'), quota())
    assert limited.statuses(3) == [200, 200, 403]
    longer = quota().replace("3600", "7200")
    limited = Limited(quota(amounts='calls="9"'), longer)
    assert limited.statuses(3) == [200, 200, 403]


def test_a_condition_is_asked_when_the_call_is_over() -> None:
    """Only what it wants is counted, calls and bytes, by each counter once."""
    limited = Limited(quota(OK_ONLY), quota(OK_ONLY))
    assert limited.statuses(5, Asked(status=500)) == [500] * 5
    assert limited.statuses(3) == [200, 200, 403]
    limited = Limited(quota(OK_ONLY, 'bandwidth="1"'), quota(OK_ONLY, 'bandwidth="1"'))
    assert limited.statuses(3, of("a", 500, 9_000)) == [500] * 3
    assert limited.statuses(3, of("a", 200, 512)) == [200, 200, 403]
    assert told(limited.call(of("a"))).startswith("Out of bandwidth quota.")


def test_an_increment_may_be_any_number() -> None:
    """A fixed one counts at once, a computed one at the end."""
    for number in ("2", "@(context.Response.StatusCode - 198)"):
        limited = Limited(quota(f'increment-count="{number}"', 'calls="3"'))
        assert limited.statuses(3) == [200, 200, 403]


def test_endless_keys_do_not_fill_the_memory() -> None:
    """Keys whose period is over are dropped."""
    quotas = QuotaCounters()
    limited = Limited(quota().replace("3600", "300"), quotas=quotas)
    for number in range(4_000):
        limited.now += 0.5
        assert limited.call(of(f"{number}" * 300)).status == 200
    assert len(quotas._counters) <= 2_300


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (quota(amounts=""), "'calls' or 'bandwidth' is needed"),
        (quota().replace("3600", "299"), "'renewal-period' is 0, or at least 300"),
        (quota('first-period-start="2026-03-09"'), "no moment such as"),
        (quota('first-period-start="@(1)"'), "an expression cannot be used here"),
        (quota(amounts='calls="@(1)"'), "an expression cannot be used here"),
        ('<quota-by-key calls="1" renewal-period="0" />', "'counter-key' is missing"),
    ],
)
def test_what_is_not_documented_is_refused(text: str, problem: str) -> None:
    """When the document is read, with what is wrong."""
    with pytest.raises(DocumentNotUsable, match=problem):
        Limited(text)

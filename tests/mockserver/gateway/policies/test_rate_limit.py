"""Does rate-limit let through what a list of all that passed says, and does it tell so?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable
from tests.mockserver.gateway.policies.limited import Asked, Limited, failure_of, told

STEPS = st.one_of(
    st.just(0.0),
    st.integers(1, 24).map(lambda quarters: quarters / 4),
    st.floats(0.001, 12),
    st.floats(-30, -0.001),
)
MINUTE = '<rate-limit calls="2" renewal-period="60" {} />'


class Model:
    """All that ever arrived.

    What passed counts if it was within the window, and not yet to come, at each arrival since.
    """

    def __init__(self, limit: int, seconds: int) -> None:
        self.limit, self.seconds = limit, seconds
        self.arrivals: list[tuple[float, bool]] = []

    def used(self, now: float) -> int:
        """Count what passed within the last seconds, one arrival after the other."""
        lowest, highest, used = now, now, 0
        for moment, passed in reversed(self.arrivals):
            if passed and highest - self.seconds < moment <= lowest:
                used += 1
            lowest, highest = min(lowest, moment), max(highest, moment)
        return used

    def arrive(self, now: float) -> int:
        """Return the seconds to wait, 0 if the call passes."""
        wait = 0
        if self.used(now) >= self.limit:
            wait = next(w for w in range(1, 999) if self.used(now + w) < self.limit)
        self.arrivals.append((now, not wait))
        return wait


@given(st.lists(STEPS, max_size=40), st.integers(1, 5), st.integers(1, 12))
def test_a_sliding_window_agrees_with_the_list_of_all_calls(
    steps: list[float], limit: int, seconds: int
) -> None:
    """At every moment, also at the same one and after the clock was moved back."""
    limited = Limited(f'<rate-limit calls="{limit}" renewal-period="{seconds}" />')
    model = Model(limit, seconds)
    for step in steps:
        limited.now += step
        wait = model.arrive(limited.now)
        response = limited.call()
        assert response.headers.get("Retry-After") == (str(wait) if wait else None)
        assert response.status == (429 if wait else 200)
    response = limited.call()
    if response.status == 429:  # who waits that long passes
        limited.now += int(response.headers["Retry-After"])
        assert limited.call().status == 200


def test_a_clock_that_is_moved_back_forgets_what_was_after_it() -> None:
    """So nobody waits longer than the period, however far it was moved."""
    limited = Limited(MINUTE.format(""))
    assert limited.statuses(3) == [200, 200, 429]
    limited.now -= 86_400
    assert limited.statuses(3) == [200, 200, 429]
    assert limited.call().headers["Retry-After"] == "60"


def test_the_answer_says_when_to_come_again() -> None:
    """429 with the captured text; the names of header and variable are as they are given."""
    named = 'retry-after-header-name="X-Again" retry-after-variable-name="again"'
    limited = Limited(MINUTE.format(named))
    limited.statuses(2)
    limited.now += 2.5
    response = limited.call()
    assert (response.status, told(response)) == (
        429,
        "Rate limit is exceeded. Try again in 58 seconds.",
    )
    assert (response.headers["X-Again"], "Retry-After" in response.headers) == ("58", False)
    assert limited.last is not None
    assert limited.last.variables == {"again": 58}
    assert failure_of(limited) == ("rate-limit", "RateLimitExceeded", "Rate limit is exceeded")


def test_what_is_left_is_told_where_it_is_named() -> None:
    """In headers of every answer, and in a variable; without names nothing is told."""
    names = (
        'remaining-calls-header-name="X-Left" remaining-calls-variable-name="left"'
        ' total-calls-header-name="X-All"'
    )
    limited = Limited(MINUTE.format(names))
    for status, left in ((200, 1), (200, 0), (429, 0)):
        response = limited.call()
        assert (response.status, response.headers["X-Left"]) == (status, str(left))
        assert response.headers["X-All"] == "2"
        assert limited.last is not None
        assert limited.last.variables == {"left": left}
    silent = Limited(MINUTE.format(""))
    assert dict(silent.call().headers) == {}


def test_each_subscription_is_counted_for_itself_and_nobody_without_key() -> None:
    """One that is used up does not hinder another."""
    limited = Limited(MINUTE.format(""))
    assert limited.statuses(3) == [200, 200, 429]
    assert limited.statuses(3, Asked(subscription="two")) == [200, 200, 429]
    assert limited.statuses(5, Asked(subscription=None)) == [200] * 5


def test_two_definitions_count_for_themselves() -> None:
    """What the second one refuses was counted by the first one."""
    limited = Limited(
        '<rate-limit calls="4" renewal-period="60" />',
        '<rate-limit calls="2" renewal-period="10" />',
    )
    assert limited.statuses(3) == [200, 200, 429]
    limited.now += 10
    assert limited.statuses(2) == [200, 429]
    assert limited.call().headers["Retry-After"] == "50"


NESTED = """
<rate-limit calls="5" renewal-period="60" remaining-calls-header-name="X-Left">
  <api id="echo" name="ignored" calls="3" renewal-period="30">
    <operation name="Get it" calls="1" renewal-period="10" />
  </api>
  <api name="Other" calls="1" renewal-period="300" />
</rate-limit>
"""


def test_limits_for_apis_and_operations_are_counted_apart() -> None:
    """All that cover a call must let it pass; what one of them refuses counts for none."""
    limited = Limited(NESTED)
    post = Asked(operation=("post", "Post it"))
    assert [limited.call().status for _ in range(2)] == [200, 429]
    response = limited.call(post)
    assert (response.status, response.headers["X-Left"]) == (200, "3")
    assert limited.statuses(2, post) == [200, 429]
    assert limited.call(post).headers["Retry-After"] == "30"
    other = Asked(api=("other", "Other"))
    assert limited.statuses(2, other) == [200, 429]
    response = limited.call(other)
    assert (response.headers["Retry-After"], response.headers["X-Left"]) == ("300", "1")
    third = Asked(api=("third", "Third"))
    assert limited.statuses(2, third) == [200, 429]


def test_the_longest_wait_is_told() -> None:
    """Who waits that long passes every limit."""
    limited = Limited(NESTED)
    assert limited.call().status == 200
    limited.now += 1
    for _ in range(2):
        assert limited.call(Asked(operation=("post", "Post it"))).status == 200
    response = limited.call()
    assert response.headers["Retry-After"] == "29"
    limited.now += 29
    assert limited.call().status == 200


def test_a_reset_forgets_the_calls() -> None:
    """The memory of the emulator is all that there is."""
    limited = Limited(MINUTE.format(""))
    assert limited.statuses(3) == [200, 200, 429]
    limited.runtime.memory.clear()
    assert limited.call().status == 200


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<rate-limit calls="1" renewal-period="301" />', "no whole number from 1 to 300"),
        ('<rate-limit calls="@(5)" renewal-period="60" />', "an expression cannot be used here"),
        ('<rate-limit renewal-period="60" />', "'calls' is missing"),
        (MINUTE.format("") * 2, "only once"),
        (MINUTE.format('total-calls-header-name="a b"'), "'a b' is no name of a header"),
        ('<rate-limit calls="1" renewal-period="1">text</rate-limit>', "cannot contain text"),
        ('<rate-limit calls="1" renewal-period="1">@(1)</rate-limit>', "cannot contain text"),
        (
            '<rate-limit calls="1" renewal-period="1"><operation id="a" /></rate-limit>',
            "invalid child element 'operation'",
        ),
        (
            '<rate-limit calls="1" renewal-period="1"><api calls="1" /></rate-limit>',
            "'renewal-period' is missing",
        ),
        (
            NESTED.replace('id="echo" name="ignored"', ""),
            "<api> needs 'name' or 'id'",
        ),
        (
            NESTED.replace("Other", "B").replace('id="echo" name="ignored"', 'name="B"'),
            "named twice",
        ),
    ],
)
def test_what_is_not_documented_is_refused(text: str, problem: str) -> None:
    """When the document is read, with what is wrong."""
    with pytest.raises(DocumentNotUsable, match=problem):
        Limited(text)


def test_it_has_no_place_for_all_apis() -> None:
    """At the global scope it is refused."""
    with pytest.raises(DocumentNotUsable, match="not allowed in the specified scope"):
        Limited(MINUTE.format(""), scope="global")

"""Do windows count what a list of everything that ever happened would say, within bounds?"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.counting.counters import (
    NEVER,
    Counters,
    Periods,
    SlidingWindow,
    seconds_until,
    short,
)
from tests.mockserver.gateway.policies.limited import MONDAY

STEPS = st.one_of(
    st.just(0.0),
    st.integers(1, 40).map(lambda quarters: quarters / 4),
    st.floats(0.001, 30),
    st.floats(-200, -0.001),
)


@given(st.lists(st.tuples(STEPS, st.integers(1, 4)), max_size=40), st.integers(1, 20))
def test_a_sliding_window_is_what_a_list_of_all_moments_says(
    happened: list[tuple[float, int]], seconds: int
) -> None:
    """What counts is newer than the window; at no moment since was it too old, or yet to come."""
    window = SlidingWindow(20)
    now, history = MONDAY, list[tuple[float, int]]()
    for step, amount in happened:
        now += step
        history = [(m, each) for m, each in history if now - 20 < m <= now]
        assert window.used(now, seconds) == sum(each for m, each in history if m > now - seconds)
        window.add(now, amount)
        history.append((now, amount))


@given(st.lists(st.tuples(STEPS, st.integers(1, 3)), min_size=1, max_size=40), st.integers(1, 6))
def test_a_wait_is_the_least_number_of_seconds_that_is_enough(
    happened: list[tuple[float, int]], limit: int
) -> None:
    """After it there is room again, and a second before there is none, or it is one second."""
    seconds = 10
    window = SlidingWindow(20)
    now = MONDAY
    for step, amount in happened:
        now += step
        window.add(now, amount)
    if window.used(now, seconds) < limit:
        return
    wait = window.wait(now, seconds, limit)
    assert wait == 1 or window.used(now + wait - 1, seconds) >= limit
    assert window.used(now + wait, seconds) < limit


def test_a_busy_window_stays_small() -> None:
    """Above a thousand entries what is close together is one entry; nothing is lost of the sum."""
    window = SlidingWindow(300)
    for number in range(50_000):
        window.add(MONDAY + number / 250, 1)
    assert len(window._moments) <= 2_002
    now = MONDAY + 199.996
    assert window.used(now, 300) == 50_000
    wait = window.wait(now, 300, 25_000)
    assert window.used(now + wait - 2, 300) >= 25_000
    assert window.used(now + wait, 300) < 25_000
    assert window.used(now + 300, 300) == 0


def test_many_calls_at_one_moment_are_one_entry() -> None:
    """A clock that stands still does not make a window grow."""
    window = SlidingWindow(60)
    for _ in range(5_000):
        window.add(MONDAY, 2)
    assert (window.used(MONDAY, 60), len(window._moments)) == (10_000, 1)
    assert not window.is_over(MONDAY + 59)
    assert window.is_over(MONDAY + 60)


def test_seconds_are_whole_and_at_least_one() -> None:
    """A wait that is over already is still a second; a part of a second is one more."""
    assert seconds_until(10, 9, lambda later: later >= 9) == 1
    assert seconds_until(10, 12.01, lambda later: later >= 12.01) == 3
    assert seconds_until(10, 12, lambda later: later > 12) == 3


@given(
    st.integers(-(10**9), 10**9).map(lambda eighths: MONDAY + eighths / 8),
    st.integers(1, 10**6),
    st.sampled_from([MONDAY, 0.0, -62_135_596_800.0]),
)
def test_a_period_lies_between_its_ends(moment: float, seconds: int, start: float) -> None:
    """Each moment is in one period, and after the wait in the next one."""
    periods = Periods(start, seconds)
    number = periods.at(moment)
    assert periods.end(number - 1) <= moment < periods.end(number)
    wait = periods.wait(moment)
    assert periods.at(moment + wait) > number
    assert wait == 1 or periods.at(moment + wait - 1) == number


def test_a_period_of_no_seconds_has_no_end() -> None:
    """There is only one, whatever the moment."""
    periods = Periods(MONDAY, 0)
    assert {periods.at(moment) for moment in (-1e12, MONDAY, 1e12)} == {0}
    assert (periods.end(0), periods.wait(MONDAY)) == (math.inf, NEVER)


def windows(most: int, dropped: list[str]) -> Counters[str, SlidingWindow]:
    """Return windows of a minute, which tell what is dropped."""
    return Counters(lambda: SlidingWindow(60), SlidingWindow.is_over, most, dropped.append)


def test_counters_that_are_over_are_dropped() -> None:
    """Endless different keys leave no more counters than were used within a window, or so."""
    dropped: list[str] = []
    counters = windows(100_000, dropped)
    for number in range(20_000):
        now = MONDAY + number / 10
        counters.get(f"key {number}", now).add(now, 1)
    assert len(counters) <= 2_100
    assert len(counters) + len(dropped) == 20_000
    assert [key for key, _ in counters.items()][-1] == "key 19999"


@pytest.mark.parametrize("most", [1, 5, 1_500])
def test_counters_are_never_more_than_allowed(most: int) -> None:
    """At one moment those that were unused longest are dropped; the others go on."""
    dropped: list[str] = []
    counters = windows(most, dropped)
    for number in range(3 * most + 10):
        counters.get(f"key {number}", MONDAY).add(MONDAY, 1)
        assert len(counters) <= most
    newest = f"key {3 * most + 9}"
    assert counters.get(newest, MONDAY).used(MONDAY, 60) == 1
    assert len({*dropped}) == len(dropped) == 3 * most + 10 - len(counters)
    counters.clear()
    assert len(counters) == 0


def test_a_counter_that_is_used_is_not_the_oldest() -> None:
    """What is asked for again and again survives a flood of other keys."""
    counters = windows(50, [])
    counters.get("own", MONDAY).add(MONDAY, 1)
    for number in range(1_000):
        counters.get(f"key {number}", MONDAY).add(MONDAY, 1)
        assert counters.get("own", MONDAY).used(MONDAY, 60) == 1


def test_long_keys_are_kept_short() -> None:
    """A key stays as it is, or a hash stands for it; half a character does not disturb it."""
    assert short("a" * 200) == "a" * 200
    assert len(short("\ud800" * 10_000)) == 64
    assert short("a" * 201) != short("a" * 202)

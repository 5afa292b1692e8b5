"""Does a job wait and run as long as its script says?"""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mockserver.jobs.timing import Durations, durations
from mockserver.workspace.job_script import PollsTiming, SecondsTiming, Timing

SECONDS = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ("immediate", Durations(0, 0)),
        ("quick", Durations(0.5, 2)),
        ("observed", Durations(5, 45)),
        ("polls", Durations(polls=1)),
        (PollsTiming(profile="polls", polls=7), Durations(polls=7)),
        (PollsTiming(profile="polls", polls=0), Durations(polls=0)),
        (SecondsTiming(queued_seconds=3, running_seconds=4), Durations(3, 4)),
        (SecondsTiming(), Durations(0, 0)),
    ],
)
def test_a_profile_has_its_seconds_or_polls(timing: Timing, expected: Durations) -> None:
    """Each profile and each explicit form gives the documented durations."""
    assert durations(timing, 1) == expected


@given(SECONDS, SECONDS, st.floats(0, 1), st.integers(), st.integers(1, 10**6))
def test_jitter_keeps_within_its_bounds(
    queued: float, running: float, jitter: float, seed: int, number: int
) -> None:
    """Each time is stretched or shortened by at most that part, the same for seed and number."""
    timing = SecondsTiming(queued_seconds=queued, running_seconds=running, jitter=jitter, seed=seed)
    chosen = durations(timing, number)
    assert chosen == durations(timing, number)
    assert chosen.polls is None
    pairs = ((queued, chosen.queued_seconds), (running, chosen.running_seconds))
    for asked, given_seconds in pairs:
        most = asked * jitter * (1 + 1e-9) + 1e-300
        assert given_seconds >= 0
        assert abs(given_seconds - asked) <= most + asked * 1e-15


def test_jitter_differs_by_seed_and_number() -> None:
    """Jobs of one seed do not all take the same time, nor does one job under two seeds."""

    def chosen(seed: int, number: int) -> Durations:
        timing = SecondsTiming(queued_seconds=10, running_seconds=10, jitter=0.5, seed=seed)
        return durations(timing, number)

    every = {chosen(seed, number) for seed in range(4) for number in range(1, 26)}
    assert len(every) == 100
    assert all(one.queued_seconds != one.running_seconds for one in every)

"""Does the clock stop, move and speed up as it is told, and never go back on its own?"""

import math
from dataclasses import dataclass

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from mockserver.clock import Clock, Course, Mode, write_moment

NOON = 1_795_435_200.0
"""23 November 2026, 12:00 UTC."""


@dataclass
class System:
    """A system's clock that a test moves."""

    seconds: float = NOON

    def __call__(self) -> float:
        return self.seconds


def made() -> tuple[Clock, System]:
    system = System()
    return Clock(system), system


def test_at_first_it_is_the_systems() -> None:
    """A new clock shows the system's time and goes with it."""
    clock, system = made()
    assert (clock.mode, clock.now(), clock.offset_seconds, clock.rate) == ("system", NOON, 0, 1)
    system.seconds += 7
    assert clock.now() == NOON + 7
    assert abs(Clock().now() - Clock().now()) < 60


def test_a_frozen_clock_stands_still() -> None:
    """Where it is, or at a moment that is given; it moves only when it is moved."""
    clock, system = made()
    clock.freeze()
    system.seconds += 10
    assert (clock.now(), clock.mode, clock.rate, clock.offset_seconds) == (NOON, "frozen", 0, -10)
    clock.freeze(5.0)
    system.seconds += 10
    assert clock.now() == 5.0
    clock.move_to(NOON)
    system.seconds += 10
    assert (clock.now(), clock.mode) == (NOON, Mode.FROZEN)


def test_a_scaled_clock_goes_faster() -> None:
    """From where it is, or from a moment that is given, also after it is moved."""
    clock, system = made()
    clock.scale(60)
    system.seconds += 2
    assert (clock.now(), clock.mode, clock.rate) == (NOON + 120, "scaled", 60)
    clock.scale(0.5, 100.0)
    system.seconds += 2
    assert clock.now() == 101
    clock.move_to(NOON)
    system.seconds += 2
    assert (clock.now(), clock.rate) == (NOON + 1, 0.5)


def test_it_follows_the_system_again() -> None:
    """With it, or from a moment on, which is an offset then."""
    clock, system = made()
    clock.freeze(0.0)
    clock.follow_system(NOON + 3600)
    system.seconds += 1
    assert (clock.now(), clock.mode, clock.rate) == (NOON + 3601, "system", 1)
    assert clock.offset_seconds == 3600
    clock.follow_system()
    assert (clock.now(), clock.offset_seconds) == (system.seconds, 0)


def test_an_offset_is_set() -> None:
    """So far it stands ahead of the system's clock, and goes on as before."""
    clock, system = made()
    clock.set_offset(-30.0)
    system.seconds += 5
    assert (clock.now(), clock.offset_seconds) == (NOON - 25, -30)
    clock.scale(2)
    clock.set_offset(10)
    system.seconds += 5
    assert clock.now() == system.seconds + 15


@pytest.mark.parametrize(
    ("rate", "seconds", "expected"),
    [(1.0, 10, 10), (4.0, 10, 2.5), (1.0, 0, 0), (1.0, -5, 0), (0.0, 10, math.inf), (0.0, 0, 0)],
)
def test_it_tells_how_long_a_moment_is_away(rate: float, seconds: float, expected: float) -> None:
    """In seconds of the system's: none for what has been, infinity if the clock stands."""
    clock, _ = made()
    if rate:
        clock.scale(rate)
    else:
        clock.freeze()
    assert clock.system_seconds_until(NOON + seconds) == expected


def test_its_course_can_be_kept() -> None:
    """What is read back from its JSON goes on where the first clock would be by now."""
    clock, system = made()
    clock.scale(3, 1000.0)
    kept = msgspec.json.encode(clock.course)
    other = Clock(system)
    other.course = msgspec.json.decode(kept, type=Course)
    system.seconds += 2
    assert other.now() == clock.now() == 1006
    assert other.mode is Mode.SCALED


MOVES = st.one_of(
    st.tuples(st.just("advance"), st.floats(0, 1e6)),
    st.tuples(st.just("pass"), st.floats(0, 1e6)),
    st.tuples(st.just("freeze"), st.none()),
    st.tuples(st.just("scale"), st.floats(0.001, 1000)),
)


@given(st.lists(MOVES, max_size=30))
def test_time_never_goes_back(moves: list[tuple[str, float | None]]) -> None:
    """However it is stopped, sped up and moved ahead, it never shows an earlier time."""
    clock, system = made()
    before = clock.now()
    for move, number in moves:
        match move, number:
            case "advance", float():
                clock.move_to(clock.now() + number)
            case "pass", float():
                system.seconds += number
            case "freeze", _:
                clock.freeze()
            case "scale", float():
                clock.scale(number)
            case _:
                raise AssertionError(move)
        now = clock.now()
        assert now >= before - 1e-6 * abs(before) * 2**-20
        before = now


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (1_795_435_200.25, "2026-11-23T12:00:00.250000Z"),
        (-1, "1969-12-31T23:59:59.000000Z"),
        (221845392000, "9000-01-01T00:00:00.000000Z"),
    ],
)
def test_a_moment_is_written(seconds: float, written: str) -> None:
    """As ISO 8601 in UTC, always with six digits of microseconds."""
    assert write_moment(seconds) == written

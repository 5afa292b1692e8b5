"""Do waits go by the emulator's clock, and end at all?"""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.clock import Clock
from mockserver.gateway.waiting import LONGEST, sleeper


class System:
    """A system whose time goes by only in its own pauses."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.clock = Clock(lambda: self.time)
        self.during: Callable[[], object] = list

    async def pause(self, seconds: float) -> None:
        """Let time go by, and somebody turn the clock meanwhile."""
        await asyncio.sleep(0)
        self.time += seconds
        self.during()

    def sleep(self, seconds: float) -> float:
        """Wait; return how long it took by the system's clock."""
        begun = self.time
        asyncio.run(self.sleeper(seconds))
        return self.time - begun

    async def sleeper(self, seconds: float) -> None:
        """Wait by the emulator's clock."""
        await sleeper(self.clock, self.pause)(seconds)


@given(st.floats(0, 1000), st.floats(0.5, 1e6))
def test_a_scaled_clock_shortens_waits(seconds: float, rate: float) -> None:
    """A wait takes its seconds divided by the clock's rate, and never more than the longest."""
    system = System()
    system.clock.scale(rate)
    assert system.sleep(seconds) == pytest.approx(min(seconds / rate, LONGEST), abs=1e-3)


def test_nothing_is_waited_for_while_the_clock_stands_still() -> None:
    """A frozen clock would never come to the end of a wait."""
    system = System()
    system.clock.freeze()
    assert system.sleep(60) == 0.0


def test_moving_the_clock_ends_a_wait() -> None:
    """Whoever moves the clock past the end of a wait does not wait on."""
    system = System()
    system.during = lambda: system.clock.move_to(system.clock.now() + 3600)
    assert system.sleep(60) < 1


def test_stopping_the_clock_ends_a_wait() -> None:
    """A clock that is frozen in the middle of a wait does not hang the call."""
    system = System()
    system.during = system.clock.freeze
    assert system.sleep(60) < 1

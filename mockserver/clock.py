"""What time is it here? The system's time, or one that a test stops, moves or speeds up.

Whatever asks for the time in this emulator asks a `Clock`. Times are seconds since 1970, UTC.
"""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """How a clock goes."""

    SYSTEM = "system"
    """With the system's clock, `offset_seconds` away from it."""
    FROZEN = "frozen"
    """Not at all: only when it is moved."""
    SCALED = "scaled"
    """`rate` times as fast as the system's clock."""


class Course(msgspec.Struct, frozen=True):
    """How time has gone since it was last set: `now = start + (system - since) * rate`."""

    mode: Mode = Mode.SYSTEM
    start: float = 0.0
    since: float = 0.0
    rate: float = 1.0


class Clock:
    """A clock that can be stopped, moved and sped up. Safe to read from any thread."""

    def __init__(self, system: Callable[[], float] = time.time) -> None:
        self._system = system
        self.course = Course()
        """All there is to know about the clock; assign it to restore what was read before."""

    @property
    def mode(self) -> Mode:
        return self.course.mode

    @property
    def rate(self) -> float:
        """How many seconds pass in one of the system's."""
        return self.course.rate

    @property
    def offset_seconds(self) -> float:
        """How far this clock is ahead of the system's."""
        system = self._system()
        return self._at(self.course, system) - system

    def now(self) -> float:
        """Return the seconds since 1970, UTC."""
        return self._at(self.course, self._system())

    def system_now(self) -> float:
        """Return the time of the system's clock."""
        return self._system()

    def follow_system(self, now: float | None = None) -> None:
        """Go as the system's clock: with it, or from the moment `now` on."""
        system = self._system()
        self.course = Course(Mode.SYSTEM, system if now is None else now, system)

    def freeze(self, now: float | None = None) -> None:
        """Stand still, at the moment `now` if one is given."""
        moment = self.now() if now is None else now
        self.course = Course(Mode.FROZEN, moment, self._system(), 0.0)

    def scale(self, rate: float, now: float | None = None) -> None:
        """Go `rate` times as fast as the system's clock, from the moment `now` if one is given."""
        moment = self.now() if now is None else now
        self.course = Course(Mode.SCALED, moment, self._system(), rate)

    def move_to(self, moment: float) -> None:
        """Stand at this moment and go on as before."""
        course = self.course
        self.course = Course(course.mode, moment, self._system(), course.rate)

    def set_offset(self, seconds: float) -> None:
        """Stand so far ahead of the system's clock and go on as before."""
        self.move_to(self._system() + seconds)

    def system_seconds_until(self, moment: float) -> float:
        """Return how long the system's clock goes until this one is at `moment`."""
        left = moment - self.now()
        if left <= 0:
            return 0.0
        return left / self.course.rate if self.course.rate else math.inf

    @staticmethod
    def _at(course: Course, system: float) -> float:
        return course.start + (system - course.since) * course.rate


def write_moment(seconds: float) -> str:
    """Write a moment as ISO 8601 in UTC, with microseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")[:-6] + "Z"

"""How many calls were made in a window of time?

Two kinds of window: one that slides (rate limits), and one that is counted from a start (quotas).
Everything is in memory, and by the clock of the emulator.
"""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class SlidingWindow:
    """At most `limit` calls within any `seconds`."""

    limit: int
    seconds: float
    _calls: deque[float] = field(default_factory=deque)

    def count(self, now: float) -> float:
        """Count a call and return 0, or the seconds until the next one is welcome."""
        while self._calls and self._calls[0] <= now - self.seconds:
            self._calls.popleft()
        if len(self._calls) < self.limit:
            self._calls.append(now)
            return 0.0
        return self._calls[0] + self.seconds - now


@dataclass(slots=True)
class FixedWindow:
    """At most `limit` calls in each period of `seconds`, the first of which began at `start`.

    Without `seconds` the period never ends.
    """

    limit: int
    seconds: float
    start: float
    _period: int = -1
    _count: int = 0

    def count(self, now: float) -> float:
        """Count a call and return 0, or the seconds until the next period."""
        period = int((now - self.start) // self.seconds) if self.seconds else 0
        if period != self._period:
            self._period, self._count = period, 0
        if self._count < self.limit:
            self._count += 1
            return 0.0
        return self.start + (period + 1) * self.seconds - now if self.seconds else float("inf")

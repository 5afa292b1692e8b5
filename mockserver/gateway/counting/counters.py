"""How much was counted within a window of time, and after how many seconds is there room again?

Two kinds of window: one that slides (rate limits), and periods of fixed length (quotas). Every
moment is one of the emulator's clock, in seconds since 1970, and the clock may be moved back.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, ItemsView
from dataclasses import dataclass
from hashlib import sha256
from typing import Generic, TypeVar

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Rate limits forget what was counted at moments that the clock was moved back behind, and"
        " do not remember what had run out before it was. A quota's count belongs to one period,"
        " and in any other, earlier or later, it begins at 0.",
        Evidence.ASSUMED,
        "a rule of the emulator: API Management has no such clock",
    ),
    Fact(
        "Retry-After is the least number of whole seconds, and at least 1, after which the call"
        " would pass.",
        Evidence.ASSUMED,
        "captured values are whole; how they are rounded was not recorded",
    ),
    Fact(
        "A rate limit knows the moments of 1,000 calls apart; beyond them calls within a thousandth"
        " of the longest window count as made at the last one's moment.",
        Evidence.ASSUMED,
        "a rule of the emulator, which bounds its memory; Microsoft calls rate limits never exact",
    ),
    Fact(
        "Limits keep up to 100,000 counters; above that, those unused longest begin anew.",
        Evidence.ASSUMED,
        "a rule of the emulator, which bounds its memory",
    ),
)

MOST = 100_000
"""So many counters of one kind are kept."""
NEVER = 2**31 - 1
"""The seconds that stand for a wait without an end."""
_KEPT_APART = 1_000
_FIRST_SWEEP = 1_024
_LONGEST_KEY = 200

Key = TypeVar("Key", bound=Hashable)
Counter = TypeVar("Counter")


def short(key: str) -> str:
    """Return a key, or what stands for it if it is long: a client must not fill the memory."""
    if len(key) <= _LONGEST_KEY:
        return key
    return sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def seconds_until(now: float, moment: float, is_there: Callable[[float], bool]) -> int:
    """Return the whole seconds, at least 1, after which `is_there` holds: about at `moment`.

    `is_there` decides, because the sum of two moments may be rounded to either side.
    """
    seconds = max(1, math.ceil(moment - now))
    while not is_there(now + seconds):
        seconds += 1
    return seconds


class SlidingWindow:
    """What was counted within the last seconds, `longest` at most."""

    __slots__ = ("_before", "_longest", "_moments", "_totals")

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._moments: list[float] = []
        self._totals: list[int] = []
        """All that was counted up to each of the moments."""
        self._before = 0
        """All that was counted before the first of them."""

    def used(self, now: float, seconds: float) -> int:
        """Return what was counted within the last `seconds`."""
        self._forget(now)
        if not self._moments:
            return 0
        gone = bisect_right(self._moments, now - seconds)
        return self._totals[-1] - (self._totals[gone - 1] if gone else self._before)

    def add(self, now: float, amount: int) -> None:
        """Count an amount."""
        self._forget(now)
        total = (self._totals[-1] if self._totals else self._before) + amount
        if self._moments and self._is_close(now):
            self._moments[-1], self._totals[-1] = now, total
        else:
            self._moments.append(now)
            self._totals.append(total)

    def wait(self, now: float, seconds: float, limit: int) -> int:
        """Return the whole seconds after which less than `limit` is left of what is `used`."""
        last = bisect_left(self._totals, self._totals[-1] - limit + 1)
        moment = self._moments[last]
        return seconds_until(now, moment + seconds, lambda later: moment <= later - seconds)

    def is_over(self, now: float) -> bool:
        """Say whether nothing is left that counts."""
        self._forget(now)
        return not self._moments

    def _is_close(self, now: float) -> bool:
        """Say whether what comes now may be counted with what came last."""
        last = self._moments[-1]
        if len(self._moments) < _KEPT_APART:
            return last == now
        slot = self._longest / _KEPT_APART
        return last // slot == now // slot

    def _forget(self, now: float) -> None:
        """Let go of what is too old, and of what the clock was moved back behind."""
        moments = self._moments
        if moments and moments[-1] > now:
            kept = bisect_right(moments, now)
            del moments[kept:], self._totals[kept:]
        if moments and moments[0] <= now - self._longest:
            gone = bisect_right(moments, now - self._longest)
            self._before = self._totals[gone - 1]
            del moments[:gone], self._totals[:gone]


@dataclass(frozen=True, slots=True)
class Periods:
    """Periods of `seconds` each, number 0 of which begins at `start`; 0 seconds: one without end.

    Periods before the start have negative numbers.
    """

    start: float
    seconds: int

    def at(self, moment: float) -> int:
        """Return the number of the period in which a moment lies."""
        return int((moment - self.start) // self.seconds) if self.seconds else 0

    def end(self, number: int) -> float:
        """Return the moment at which a period ends."""
        return self.start + (number + 1) * self.seconds if self.seconds else math.inf

    def wait(self, now: float) -> int:
        """Return the whole seconds until the next period; NEVER if there is none."""
        if not self.seconds:
            return NEVER
        number = self.at(now)
        return seconds_until(now, self.end(number), lambda later: self.at(later) > number)


class Counters(Generic[Key, Counter]):
    """Counters by key, made when they are first asked for.

    Those that are over are dropped from time to time, and above `most` those that were unused
    longest; `forget` hears of each that is dropped.
    """

    def __init__(
        self,
        make: Callable[[], Counter],
        is_over: Callable[[Counter, float], bool],
        most: int = MOST,
        forget: Callable[[Key], object] = lambda _: None,
    ) -> None:
        self._make, self._is_over, self._most, self._forget = make, is_over, most, forget
        self._counters: dict[Key, Counter] = {}
        self._sweep_at = min(_FIRST_SWEEP, most)

    def __len__(self) -> int:
        return len(self._counters)

    def get(self, key: Key, now: float) -> Counter:
        """Return the counter of a key, which is now the one that was used last."""
        counter = self._counters.pop(key, None)
        if counter is None:
            if len(self._counters) >= self._sweep_at:
                self._sweep(now)
            counter = self._make()
        self._counters[key] = counter
        return counter

    def items(self) -> ItemsView[Key, Counter]:
        """Return the keys and their counters, the one that was used last at the end."""
        return self._counters.items()

    def clear(self) -> None:
        """Forget every counter, and tell nobody."""
        self._counters.clear()

    def _sweep(self, now: float) -> None:
        dropped = [key for key, each in self._counters.items() if self._is_over(each, now)]
        for key in dropped:
            del self._counters[key]
        # A tenth more than is needed, so that not every further key looks at all of them.
        too_many = len(self._counters) - (self._most - max(1, self._most // 10))
        if too_many > 0:
            oldest = list(self._counters)[:too_many]
            for key in oldest:
                del self._counters[key]
            dropped += oldest
        for key in dropped:
            self._forget(key)
        self._sweep_at = min(self._most, max(_FIRST_SWEEP, 2 * len(self._counters)))

"""`<rate-limit-by-key>`: so many calls with the same key within any so many seconds."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import Counters, SlidingWindow, short
from mockserver.gateway.element import Element
from mockserver.gateway.limits.increments import INCREMENT, Increment, Tally
from mockserver.gateway.limits.report import RATE_NAMES, RateReport
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "rate-limit-by-key counts in a sliding window of at most 300 s, for each value of its key;"
        " the counter of a value is the same wherever the policy stands. Above it the answer is"
        " 429 with Retry-After.",
        Evidence.PUBLISHED,
        "the page on rate-limit-by-key; the text is that of rate-limit",
    ),
    Fact(
        "Its failures have the source rate-limit-by-key.",
        Evidence.ASSUMED,
        "the table of predefined errors names rate-limit only",
    ),
)

_LONGEST_PERIOD = 300

Windows = Counters[str, SlidingWindow]


class RateLimitByKey(Policy):
    """The windows are those of the emulator, by key."""

    sections = ("inbound",)
    attributes = (
        Attribute(name="calls", kind="whole", least=1, required=True, expressions=True),
        Attribute(
            name="renewal-period",
            kind="whole",
            least=1,
            most=_LONGEST_PERIOD,
            required=True,
            expressions=True,
        ),
        *INCREMENT,
        *RATE_NAMES,
    )

    def __init__(self, given: Given) -> None:
        self._calls, self._seconds = given["calls"], given["renewal-period"]
        self._key = given["counter-key"]
        self._increment, self._report = Increment.read(given), RateReport.read(given)

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        key = short(await self._key.text(call))
        calls, seconds = await self._calls.whole(call), await self._seconds.whole(call)
        await self._increment.prepare(call)
        tally = Tally.of(call)
        counter = (RateLimitByKey, key)
        windows = _windows(call)
        now = call.runtime.now()
        window = windows.get(key, now)
        used = window.used(now, seconds)
        if used - tally.counted.get(counter, 0) >= calls:
            self._report.tell(call, calls, used)
            raise self._report.refuse(call, self.name, window.wait(now, seconds, calls))

        def count() -> None:
            now = call.runtime.now()
            amount = self._increment.amount(call)
            tally.count(counter, amount, lambda more: windows.get(key, now).add(now, more))

        if self._increment.fixed is not None:
            count()
        else:
            tally.at_end(self.name, count)
        # Not by the moment from before: what was counted since would lie ahead of it.
        self._report.tell(call, calls, window.used(call.runtime.now(), seconds))


def _windows(call: Call) -> Windows:
    memory = call.runtime.memory[RateLimitByKey]
    windows: Windows | None = memory.get("windows")
    if windows is None:
        windows = Counters(lambda: SlidingWindow(_LONGEST_PERIOD), SlidingWindow.is_over)
        memory["windows"] = windows
    return windows


POLICY = RateLimitByKey

"""`<rate-limit>`: so many calls of a subscription within any so many seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import SlidingWindow
from mockserver.gateway.element import Element
from mockserver.gateway.limits.parts import Part, parts_of
from mockserver.gateway.limits.report import RATE_NAMES, RateReport
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "rate-limit counts in a sliding window of at most 300 s, for each subscription; without a"
        " key nothing is limited. Above it the answer is 429 with Retry-After.",
        Evidence.PUBLISHED,
        "the page on rate-limit; the text was captured",
    ),
    Fact(
        "rate-limit may stand once in a document; limits for APIs and operations within it are"
        " counted apart from it and from each other.",
        Evidence.PUBLISHED,
        "the page on rate-limit",
    ),
    Fact(
        "A call that one of the limits within a rate-limit refuses is counted by none of them; what"
        " is told of remaining and total calls is that of the element itself.",
        Evidence.ASSUMED,
        "nested limits on a live gateway would settle it",
    ),
)

_LONGEST_PERIOD = 300
_LIMIT = (
    Attribute(name="calls", kind="whole", least=1, required=True),
    Attribute(name="renewal-period", kind="whole", least=1, most=_LONGEST_PERIOD, required=True),
)


@dataclass(frozen=True, slots=True)
class _Limit:
    calls: int
    seconds: int
    part: Part | None = None
    """What it is for; None: everything."""

    @classmethod
    def read(cls, given: Given, part: Part | None = None) -> Self:
        return cls(given.whole("calls"), given.whole("renewal-period"), part)

    def wait(self, window: SlidingWindow, now: float) -> int:
        """Return the whole seconds until a call may pass; 0 if one may now."""
        if window.used(now, self.seconds) < self.calls:
            return 0
        return window.wait(now, self.seconds, self.calls)


class RateLimit(Policy):
    """Windows are those of one element: a list for each subscription, with one for each limit."""

    sections = ("inbound",)
    scopes = ("product", "api", "operation")
    attributes = (*_LIMIT, *RATE_NAMES)
    children = ("api",)
    is_once = True

    def __init__(self, limits: Sequence[_Limit], report: RateReport) -> None:
        self._limits, self._report = limits, report
        self._has_parts = any(limit.part is not None for limit in limits)

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        parts = parts_of(element, _LIMIT, reader)
        limits = [_Limit.read(given), *(_Limit.read(part.given, part) for part in parts)]
        return cls(limits, RateReport.read(given))

    @override
    async def run(self, call: Call) -> None:
        subscription = call.caller.subscription
        if subscription is None:
            return
        counted = self._counted(call, subscription.id)
        whole, window_of_whole = counted[0]
        if self._has_parts:
            counted = [
                (limit, window)
                for limit, window in counted
                if limit.part is None or limit.part.covers(call.route)
            ]
        now = call.runtime.now()
        wait = max([limit.wait(window, now) for limit, window in counted])
        if not wait:
            for _, window in counted:
                window.add(now, 1)
        if self._report.tells:
            self._report.tell(call, whole.calls, window_of_whole.used(now, whole.seconds))
        if wait:
            raise self._report.refuse(call, self.name, wait)

    def _counted(self, call: Call, subscription: str) -> list[tuple[_Limit, SlidingWindow]]:
        """Return the limits with what a subscription has used of each."""
        memory = call.runtime.memory[self]
        counted: list[tuple[_Limit, SlidingWindow]] | None = memory.get(subscription)
        if counted is None:
            counted = [(limit, SlidingWindow(limit.seconds)) for limit in self._limits]
            memory[subscription] = counted
        return counted


POLICY = RateLimit

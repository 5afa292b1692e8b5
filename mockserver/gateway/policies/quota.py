"""`<quota>`: so many calls of a subscription in each period since it began."""

import math
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.answers import time_span
from mockserver.gateway.call import Call
from mockserver.gateway.counters import FixedWindow
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "quota counts calls in periods of fixed length from the subscription's start; a period of 0"
        " never ends. Above it the answer is 403 with Retry-After.",
        Evidence.PUBLISHED,
        "the page on quota; the text was captured, with and without days",
    ),
    Fact(
        "A call that a rate limit refuses does not count for the quota behind it.",
        Evidence.ASSUMED,
        "policies run in their order; a live gateway would settle it",
    ),
)

_NEVER = 10**9


class Quota(Policy):
    """Counters are those of one element, one for each subscription."""

    sections = ("inbound",)
    scopes = ("product",)
    attributes = (
        Attribute(name="calls", kind="whole", least=1),
        Attribute(name="bandwidth", kind="whole", least=1),
        Attribute(name="renewal-period", kind="whole", required=True),
    )

    def __init__(self, calls: int, period: int) -> None:
        self._calls, self._period = calls, period

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given.whole("calls"), given.whole("renewal-period"))

    @override
    async def run(self, call: Call) -> None:
        subscription = call.caller.subscription
        if subscription is None:
            return
        windows: dict[str, FixedWindow] = call.runtime.memory[self]
        window = windows.get(subscription.id)
        if window is None:
            window = FixedWindow(self._calls, self._period, subscription.started or call.now)
            windows[subscription.id] = window
        wait = window.count(call.now)
        if wait:
            seconds = math.ceil(min(wait, _NEVER))
            told = f"Out of call volume quota. Quota will be replenished in {time_span(seconds)}."
            error = LastError("quota", "QuotaExceeded", told)
            raise GatewayFailure(403, error, told, {"Retry-After": str(seconds)})


POLICY = Quota

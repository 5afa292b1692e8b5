"""`<rate-limit>`: so many calls of a subscription within any so many seconds."""

import math
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counters import SlidingWindow
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "rate-limit counts in a sliding window of at most 300 s, for each subscription; without a"
        " key nothing is limited. Above it the answer is 429 with Retry-After.",
        Evidence.PUBLISHED,
        "the page on rate-limit; the text was captured",
    ),
)

_LONGEST_PERIOD = 300


class RateLimit(Policy):
    """Counters are those of one element, one for each subscription."""

    sections = ("inbound",)
    scopes = ("product", "api", "operation")
    attributes = (
        Attribute(name="calls", kind="whole", least=1, required=True),
        Attribute(
            name="renewal-period", kind="whole", least=1, most=_LONGEST_PERIOD, required=True
        ),
        Attribute(name="retry-after-header-name", default="Retry-After"),
        Attribute(name="retry-after-variable-name"),
        Attribute(name="remaining-calls-header-name"),
        Attribute(name="remaining-calls-variable-name"),
        Attribute(name="total-calls-header-name"),
    )

    def __init__(self, calls: int, period: int, header: str) -> None:
        self._calls, self._period, self._header = calls, period, header

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(
            given.whole("calls"),
            given.whole("renewal-period"),
            given.text("retry-after-header-name"),
        )

    @override
    async def run(self, call: Call) -> None:
        subscription = call.caller.subscription
        if subscription is None:
            return
        windows: dict[str, SlidingWindow] = call.runtime.memory[self]
        window = windows.get(subscription.id)
        if window is None:
            window = windows[subscription.id] = SlidingWindow(self._calls, self._period)
        wait = math.ceil(window.count(call.now))
        if wait:
            told = f"Rate limit is exceeded. Try again in {wait} seconds."
            error = LastError("rate-limit", "RateLimitExceeded", "Rate limit is exceeded")
            raise GatewayFailure(429, error, told, {self._header: str(wait)})


POLICY = RateLimit

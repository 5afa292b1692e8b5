"""`<quota>`: so many calls or bytes of a subscription in each period since it began."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import Periods
from mockserver.gateway.counting.quotas import QuotaKey
from mockserver.gateway.element import Element
from mockserver.gateway.limits.increments import Tally
from mockserver.gateway.limits.parts import Part, parts_of
from mockserver.gateway.limits.usage import Allowance, Use, check
from mockserver.gateway.model import Subscription
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "quota counts calls, bytes or both in periods of fixed length from the subscription's"
        " start; a period of 0 never ends. Above it the answer is 403 with Retry-After. Without a"
        " key nothing is counted.",
        Evidence.PUBLISHED,
        "the page on quota; the text was captured, with and without days",
    ),
    Fact(
        "quota may stand once in a document; quotas for APIs and operations within it are counted"
        " apart from it and from each other.",
        Evidence.PUBLISHED,
        "the page on quota",
    ),
    Fact(
        "A quota within another that names no renewal-period has that of the other.",
        Evidence.ASSUMED,
        "the page's statement leaves it out, its table says that it is required",
    ),
    Fact(
        "A call that a rate limit refuses does not count for the quota behind it, and one that a"
        " quota within another refuses is counted by neither.",
        Evidence.ASSUMED,
        "policies run in their order; a live gateway would settle it",
    ),
)

_AMOUNTS = (
    Attribute(name="calls", kind="whole", least=1),
    Attribute(name="bandwidth", kind="whole", least=1),
)
_PERIOD = "renewal-period"


@dataclass(frozen=True, slots=True)
class _Limit:
    allowance: Allowance
    seconds: int
    part: Part | None = None
    """What it is for; None: the whole product."""


class Quota(Policy):
    """What was used is known by subscription, product and part, so that it survives a restart."""

    sections = ("inbound",)
    scopes = ("product",)
    attributes = (*_AMOUNTS, Attribute(name=_PERIOD, kind="whole", required=True))
    children = ("api",)
    is_once = True

    def __init__(self, limits: Sequence[_Limit]) -> None:
        self._limits = limits

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        seconds = given.whole(_PERIOD)
        limits = [_Limit(Allowance.read(given), seconds)]
        declared = (*_AMOUNTS, Attribute(name=_PERIOD, kind="whole", default=str(seconds)))
        for part in parts_of(element, declared, reader):
            own = part.given
            limits.append(_Limit(Allowance.read(own), own.whole(_PERIOD), part))
        return cls(limits)

    @override
    async def run(self, call: Call) -> None:
        subscription = call.caller.subscription
        if subscription is None:
            return
        quotas, now = call.runtime.quotas, call.runtime.now()
        start = subscription.started
        if start is None:
            start = quotas.start_of(subscription.id, now)
        uses = [
            Use(_key(subscription, limit.part), Periods(start, limit.seconds), limit.allowance)
            for limit in self._limits
            if limit.part is None or limit.part.covers(call.route)
        ]
        check(uses, self.name, "Subscription", call)
        for use in uses:
            quotas.add(use.key, use.periods, now, calls=1)
        if any(use.allowance.size is not None for use in uses):

            def count_bytes() -> None:
                for use in uses:
                    size = call.received + call.sent
                    quotas.add(use.key, use.periods, call.runtime.now(), size=size)

            Tally.of(call).at_end(self.name, count_bytes)


def _key(subscription: Subscription, part: Part | None) -> QuotaKey:
    labels = () if part is None else part.labels
    return ("quota", subscription.id, subscription.product or "", *labels)


POLICY = Quota

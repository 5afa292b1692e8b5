"""`<quota-by-key>`: so many calls or bytes with the same key in each period."""

from datetime import UTC, datetime
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import Periods, short
from mockserver.gateway.counting.quotas import QuotaKey
from mockserver.gateway.element import Element
from mockserver.gateway.limits.increments import INCREMENT, Increment, Tally
from mockserver.gateway.limits.usage import Allowance, Use, check
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable

FACTS = (
    Fact(
        "quota-by-key counts calls, bytes or both for each value of its key, in periods of at least"
        " 300 s from first-period-start, or without an end; the counter of a value is the same"
        " wherever the policy stands. Above it the answer is 403 with Retry-After.",
        Evidence.PUBLISHED,
        "the page on quota-by-key",
    ),
    Fact(
        "Policies with the same key but another renewal-period or first-period-start have counters"
        " of their own.",
        Evidence.ASSUMED,
        "the management API names a counter's values by number and length of the period",
    ),
    Fact(
        "Its failures have the source quota-by-key, with the words of quota.",
        Evidence.ASSUMED,
        "the table of predefined errors names quota only",
    ),
    Fact(
        "increment-condition decides about bytes too, increment-count does not.",
        Evidence.ASSUMED,
        "a bandwidth quota with an increment-condition on a live gateway would settle it",
    ),
)

_SHORTEST_PERIOD = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class QuotaByKey(Policy):
    """What was used is that of the emulator, by key."""

    sections = ("inbound",)
    attributes = (
        Attribute(name="calls", kind="whole", least=1),
        Attribute(name="bandwidth", kind="whole", least=1),
        Attribute(name="renewal-period", kind="whole", required=True),
        *INCREMENT,
        Attribute(name="first-period-start", default="0001-01-01T00:00:00Z"),
    )

    def __init__(self, given: Given) -> None:
        seconds = given.whole("renewal-period")
        if 0 < seconds < _SHORTEST_PERIOD:
            raise PolicyNotUsable(f"'renewal-period' is 0, or at least {_SHORTEST_PERIOD}")
        self._periods = Periods(_moment(given.text("first-period-start")), seconds)
        self._allowance, self._increment = Allowance.read(given), Increment.read(given)
        self._key = given["counter-key"]

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        periods = self._periods
        name = short(await self._key.text(call))
        key: QuotaKey = ("quota-by-key", name, str(periods.seconds), f"{periods.start:.0f}")
        await self._increment.prepare(call)
        tally = Tally.of(call)
        quotas = call.runtime.quotas
        use = Use(key, periods, self._allowance, tally.counted.get(key, 0))
        check([use], self.name, "Key", call)

        def count() -> None:
            now = call.runtime.now()
            amount = self._increment.amount(call)
            tally.count(key, amount, lambda more: quotas.add(key, periods, now, calls=more))

        if self._increment.fixed is not None:
            count()
        else:
            tally.at_end(self.name, count)
        if self._allowance.size is not None:
            tally.at_end(self.name, lambda: self._count_bytes(call, key, tally))

    def _count_bytes(self, call: Call, key: QuotaKey, tally: Tally) -> None:
        if self._increment.amount(call):
            size, now = call.received + call.sent, call.runtime.now()
            tally.count(
                (key, "bytes"),
                size,
                lambda more: call.runtime.quotas.add(key, self._periods, now, size=more),
            )


def _moment(text: str) -> float:
    """Return the seconds since 1970 of a moment in UTC. Raises PolicyNotUsable."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        problem = f"'first-period-start': '{text[:60]}' is no moment such as 2026-01-31T00:00:00Z"
        raise PolicyNotUsable(problem) from None
    return (moment - _EPOCH).total_seconds()


POLICY = QuotaByKey

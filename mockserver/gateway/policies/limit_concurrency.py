"""`<limit-concurrency>`: so many calls at once run the policies within it; others are refused."""

from collections import Counter
from collections.abc import Sequence
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import short
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader, run_all
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "limit-concurrency refuses with 429 at once who would be one too many within it. Policies"
        " with the same key share its places.",
        Evidence.PUBLISHED,
        "the page on limit-concurrency",
    ),
    Fact(
        "The refusal says `Concurrency limit is exceeded.`, with the reason"
        " ConcurrencyLimitExceeded and without Retry-After.",
        Evidence.ASSUMED,
        "a capture of a refusal by limit-concurrency would settle it",
    ),
    Fact(
        "A call that goes through two policies with the same key takes two places.",
        Evidence.ASSUMED,
        "one within another on a live gateway would settle it",
    ),
)

_TOLD = "Concurrency limit is exceeded."


class LimitConcurrency(Policy):
    """The places that are taken are those of the emulator, by key."""

    attributes = (
        Attribute(name="key", required=True, expressions=True),
        Attribute(name="max-count", kind="whole", least=1, required=True),
    )
    children = ("*",)

    def __init__(self, key: Value, most: int, policies: Sequence[Policy]) -> None:
        self._key, self._most = key, most
        self.within = policies
        """The policies that it holds."""

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if not element.children:
            raise PolicyNotUsable("a policy is needed within")
        return cls(given["key"], given.whole("max-count"), reader.policies(element.children))

    @override
    async def run(self, call: Call) -> None:
        key = short(await self._key.text(call))
        # Kept at hand: after a reset of the emulator there is another one.
        taken: Counter[str] = call.runtime.memory[LimitConcurrency].setdefault("taken", Counter())
        if taken[key] >= self._most:
            error = LastError(self.name, "ConcurrencyLimitExceeded", _TOLD)
            raise GatewayFailure(429, error, _TOLD)
        taken[key] += 1
        try:
            await run_all(self.within, call)
        finally:
            taken[key] -= 1
            if not taken[key]:
                del taken[key]


POLICY = LimitConcurrency

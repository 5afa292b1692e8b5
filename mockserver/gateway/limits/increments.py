"""Whether, when and by how much does a call count for a limit by key?

At once, or when the call is over if an expression has to see what came of it; and for each counter
once, however many policies would count the call.
"""

from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.policy import Given
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "A limit by key whose increment-condition or increment-count is an expression counts the"
        " call when it is over; until then it lets calls pass.",
        Evidence.PUBLISHED,
        "the page on rate-limit-by-key; that quota-by-key does so too is assumed",
    ),
    Fact(
        "A call passes as long as its counter is below the limit, whatever it then adds to it; what"
        " a limit refuses is not counted by that limit.",
        Evidence.ASSUMED,
        "calls refused above a limit, and a large increment-count, on a live gateway",
    ),
    Fact(
        "Several policies that count the same key count a call once: the first of them.",
        Evidence.PUBLISHED,
        "the page on quota-by-key; that rate-limit-by-key does so too is assumed",
    ),
    Fact(
        "If the expression of a deferred increment fails, as on a call without a response, the call"
        " is not counted.",
        Evidence.ASSUMED,
        "an increment-condition that throws on a live gateway would settle it",
    ),
)

Result = TypeVar("Result")

INCREMENT = (
    Attribute(name="counter-key", required=True, expressions=True),
    Attribute(name="increment-condition", kind="boolean", default="true", expressions=True),
    Attribute(name="increment-count", kind="whole", default="1", expressions=True),
)


@dataclass(frozen=True, slots=True)
class Increment:
    """Whether and by how much a call is counted."""

    condition: Value
    count: Value
    fixed: int | None
    """How much every call counts, if that is known before it is over."""

    @classmethod
    def read(cls, given: Given) -> Self:
        """Take what the attributes INCREMENT say. Raises PolicyNotUsable."""
        condition, count = given["increment-condition"], given["increment-count"]
        for value in (condition, count):
            if value.expression is not None and value.expression.reads_response_body:
                raise PolicyNotUsable(
                    "the response's body has been sent when a call is counted: an expression"
                    " for the increment cannot read it"
                )
        fixed = None
        if condition.fixed is not None and count.fixed is not None:
            fixed = int(count.fixed) if condition.fixed.lower() == "true" else 0
        return cls(condition, count, fixed)

    async def prepare(self, call: Call) -> None:
        """Keep what has to be known of a request whose increment is deferred."""
        for value in (self.condition, self.count):
            if value.expression is not None and value.expression.reads_request_body:
                await call.request.body.load(call.runtime.max_buffered_bytes)

    def amount(self, call: Call) -> int:
        """Return how much a call that is over, or any call, counts. Raises ExpressionFailed."""
        if self.fixed is not None:
            return self.fixed
        if not _completed(self.condition.boolean(call)):
            return 0
        return _completed(self.count.whole(call))


def _completed(computation: Coroutine[Any, Any, Result]) -> Result:
    """Return what comes of a computation that waits for nothing. Raises ExpressionFailed."""
    try:
        computation.send(None)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    computation.close()
    raise ExpressionFailed("what it reads is not there any more")


@dataclass(slots=True)
class Tally:
    """What one call adds to counters; each of them counts it once.

    It stands among what is done at the call's end, and then counts what was deferred.
    """

    call: Call
    counted: dict[Hashable, int] = field(default_factory=dict)
    """How much was counted, by counter."""
    _deferred: list[tuple[str, Callable[[], None]]] = field(default_factory=list)

    @classmethod
    def of(cls, call: Call) -> "Tally":
        """Return the one of a call."""
        for each in call.at_end:
            if isinstance(each, cls):
                return each
        tally = cls(call)
        call.at_end.append(tally)
        return tally

    def count(self, counter: Hashable, amount: int, add: Callable[[int], None]) -> None:
        """Have an amount added to a counter, unless it has counted the call."""
        if counter not in self.counted and amount:
            self.counted[counter] = amount
            add(amount)

    def at_end(self, policy: str, work: Callable[[], None]) -> None:
        """Have a policy do something when the call is over."""
        self._deferred.append((policy, work))

    def __call__(self) -> None:
        """Do what was deferred."""
        for policy, work in self._deferred:
            try:
                work()
            except ExpressionFailed as failure:
                if self.call.trace is not None:
                    self.call.trace.add(policy, {"message": f"Not counted: {failure}"})

"""What do the policies that limit calls have in common?

Which part of a product a limit is for, how a call is counted once, at once or when it is over, and
what the client and later policies are told.
"""

import re
from collections.abc import Callable, Coroutine, Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self, TypeVar

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element, Source
from mockserver.gateway.errors import ExpressionFailed, GatewayFailure, LastError
from mockserver.gateway.message import Response
from mockserver.gateway.policy import Given, Reader
from mockserver.gateway.routing import Route
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "An <api> or <operation> within a limit names its API or operation by id, else by name.",
        Evidence.PUBLISHED,
        "the pages on rate-limit and quota",
    ),
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
    Fact(
        "Headers with remaining and total calls are on every answer after the policy, also on 429.",
        Evidence.ASSUMED,
        "the page says: after each policy execution",
    ),
)

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAMES = ("remaining-calls-header-name", "total-calls-header-name")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Named:
    """An API or an operation, as an element names it."""

    id: str
    name: str

    def is_of(self, identifier: str, name: str) -> bool:
        """Say whether this is the one that has this id and name."""
        return self.id == identifier if self.id else self.name == name


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a product that has a limit of its own, and the attributes of that limit."""

    api: Named
    operation: Named | None
    given: Given

    def covers(self, route: Route) -> bool:
        """Say whether a call that goes there is limited by it."""
        if not self.api.is_of(route.api.id, route.api.name):
            return False
        operation = self.operation
        return operation is None or operation.is_of(route.operation.id, route.operation.name)

    def __str__(self) -> str:
        names = (self.api, self.operation) if self.operation else (self.api,)
        return "/".join(f"{each.id or each.name}" for each in names)


_NAME = (Attribute(name="name"), Attribute(name="id"))


def parts_of(element: Element, declared: tuple[Attribute, ...], reader: Reader) -> list[Part]:
    """Return the parts within a limit, whose attributes are `declared`, in their order.

    Raises PolicyNotUsable, DocumentNotUsable.
    """
    return list(_parts(element, declared, reader))


def _parts(element: Element, declared: tuple[Attribute, ...], reader: Reader) -> Iterator[Part]:
    for child in _children(element, "api"):
        given = reader.given(child, (*_NAME, *declared))
        api = _named(child, given)
        yield Part(api, None, given)
        for grandchild in _children(child, "operation"):
            within = reader.given(grandchild, (*_NAME, *declared))
            yield Part(api, _named(grandchild, within), within)
            _children(grandchild)


def _children(element: Element, *names: str) -> list[Element]:
    for child in element.children:
        if child.name not in names:
            raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
    if isinstance(element.text, Source) or element.text.strip():
        raise PolicyNotUsable(f"<{element.name}> cannot contain text.")
    return list(element.children)


def _named(element: Element, given: Given) -> Named:
    named = Named(given.text("id"), given.text("name"))
    if not named.id and not named.name:
        raise PolicyNotUsable(f"<{element.name}> needs 'name' or 'id'.")
    return named


RATE_NAMES = (
    Attribute(name="retry-after-header-name", default="Retry-After"),
    Attribute(name="retry-after-variable-name"),
    Attribute(name="remaining-calls-header-name"),
    Attribute(name="remaining-calls-variable-name"),
    Attribute(name="total-calls-header-name"),
)


@dataclass(frozen=True, slots=True)
class RateReport:
    """Under which names a rate limit tells what it found; an empty name is not told."""

    retry_header: str
    retry_variable: str
    remaining_header: str
    remaining_variable: str
    total_header: str

    @classmethod
    def read(cls, given: Given) -> Self:
        """Take the names from the attributes RATE_NAMES. Raises PolicyNotUsable."""
        for name in ("retry-after-header-name", *_NAMES):
            text = given.text(name)
            if text and not _HEADER.fullmatch(text):
                raise PolicyNotUsable(f"'{name}': '{text[:60]}' is no name of a header")
        names = [given.text(attribute.name) for attribute in RATE_NAMES]
        return cls(*names)

    def tell(self, call: Call, calls: int, used: int) -> None:
        """Tell what is left of the calls that are allowed."""
        remaining = max(0, calls - used)
        if self.remaining_variable:
            call.variables[self.remaining_variable] = remaining
        for name, number in ((self.remaining_header, remaining), (self.total_header, calls)):
            if name:
                call.at_response.append(partial(_put, name, str(number)))

    def refuse(self, call: Call, source: str, wait: int) -> GatewayFailure:
        """Return the failure of a call that comes too early by `wait` seconds."""
        if self.retry_variable:
            call.variables[self.retry_variable] = wait
        told = f"Rate limit is exceeded. Try again in {wait} seconds."
        error = LastError(source, "RateLimitExceeded", "Rate limit is exceeded")
        headers = {self.retry_header: str(wait)} if self.retry_header else {}
        return GatewayFailure(429, error, told, headers)


def _put(name: str, value: str, response: Response) -> None:
    response.headers[name] = value


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

    @classmethod
    def read(cls, given: Given) -> Self:
        """Take what the attributes INCREMENT say. Raises PolicyNotUsable."""
        increment = cls(given["increment-condition"], given["increment-count"])
        for value in (increment.condition, increment.count):
            if value.expression is not None and value.expression.reads_response_body:
                raise PolicyNotUsable(
                    "the response's body has been sent when a call is counted: an expression"
                    " for the increment cannot read it"
                )
        return increment

    @property
    def is_fixed(self) -> bool:
        """Whether it is known before the call is over."""
        return self.condition.fixed is not None and self.count.fixed is not None

    async def prepare(self, call: Call) -> None:
        """Keep what has to be known of a request whose increment is deferred."""
        for value in (self.condition, self.count):
            if value.expression is not None and value.expression.reads_request_body:
                await call.request.body.load(call.runtime.max_buffered_bytes)

    def amount(self, call: Call) -> int:
        """Return how much a call counts. Raises ExpressionFailed."""
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

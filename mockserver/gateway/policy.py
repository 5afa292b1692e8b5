"""What must each policy offer, and how do policies run?

A policy is a class `Policy…` in the module of `policies/` that bears its name. It declares its
attributes; what it does not declare is refused.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal, Protocol, Self, cast

from mockserver.gateway.call import Call
from mockserver.gateway.element import Element, Source
from mockserver.gateway.errors import BackendFault, ExpressionFailed, GatewayFailure, internal
from mockserver.gateway.message import BodyTooLarge
from mockserver.gateway.model import Backend
from mockserver.gateway.values import Attribute, Value

SectionName = Literal["inbound", "backend", "outbound", "on-error"]
SECTIONS: tuple[SectionName, ...] = ("inbound", "backend", "outbound", "on-error")
Scope = Literal["global", "product", "api", "operation"]
SCOPES: tuple[Scope, ...] = ("global", "product", "api", "operation")
"""From the broadest to the narrowest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy stands, in the words of LastError: `path` is such as `choose[1]/when[2]`."""

    scope: Scope
    section: SectionName
    path: str
    policy_id: str = ""


class Given:
    """The attributes of one element, checked against those that are declared for it."""

    def __init__(self, values: Mapping[str, Value | None]) -> None:
        self._values = values

    def get(self, name: str) -> Value | None:
        """Return an attribute, None if it was left out and has no default."""
        return self._values[name]

    def __getitem__(self, name: str) -> Value:
        """Return an attribute that is required or has a default."""
        return cast("Value", self._values[name])

    def text(self, name: str) -> str:
        """Return an attribute that cannot be an expression; empty if it was left out."""
        value = self._values[name]
        return "" if value is None else value.known

    def whole(self, name: str) -> int:
        """Return a whole number that cannot be an expression."""
        return int(self[name].known)

    def flag(self, name: str) -> bool:
        """Return a boolean that cannot be an expression."""
        return self[name].known.lower() == "true"


@dataclass(frozen=True, slots=True)
class Library:
    """What documents may name: values, fragments (parsed, by id) and backends."""

    named_values: Mapping[str, str] = field(default_factory=dict)
    fragments: Mapping[str, Element] = field(default_factory=dict)
    backends: Mapping[str, Backend] = field(default_factory=dict)


class Reader(Protocol):
    """What a policy may ask of whoever reads its document. Everything raises DocumentNotUsable."""

    library: Library
    scope: Scope
    section: SectionName

    def policies(self, elements: Iterable[Element]) -> "tuple[Policy, ...]":
        """Read policies that stand beside each other."""
        ...

    def inside(self, element: Element, number: int = 1) -> "tuple[Policy, ...]":
        """Read the policies within a part of a policy, such as the second `<when>`."""
        ...

    def leaves(self, element: Element, *names: str) -> list[Element]:
        """Return the children of an element, which hold text only: `names`, or `<value>`s."""
        ...

    def value(self, text: str | Source, attribute: Attribute | None = None) -> Value:
        """Return what a text or an attribute stands for."""
        ...

    def given(self, element: Element, declared: Sequence[Attribute]) -> Given:
        """Read the attributes of an element, such as a child of a policy."""
        ...


class Policy:
    """One element of a section. Instances are built with the configuration and serve every call.

    What a policy keeps between calls is in `call.runtime.memory[self]`: several emulators may be
    made from one configuration.
    """

    sections: ClassVar[tuple[SectionName, ...]] = SECTIONS
    """Where it may stand."""
    scopes: ClassVar[tuple[Scope, ...]] = SCOPES
    attributes: ClassVar[tuple[Attribute, ...]] = ()
    children: ClassVar[tuple[str, ...]] = ()
    """Which elements it may hold; `*` means policies. Without any it may not hold text either."""
    is_once: ClassVar[bool] = False
    """Whether a document may hold it only once, within other policies or not."""
    within: "Sequence[Policy]" = ()
    """The policies that it holds, all branches together."""
    name: str
    place: Place
    written: Mapping[str, str] = MappingProxyType({})
    """Its attributes as the document has them, for the trace: no named value is filled in."""

    @classmethod
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        """Build from an element and its attributes. Raises PolicyNotUsable."""
        raise NotImplementedError

    async def run(self, call: Call) -> None:
        """Do what the element says. Raises GatewayFailure, Finished, ExpressionFailed."""
        raise NotImplementedError


async def run_all(policies: Sequence[Policy], call: Call) -> None:
    """Run policies in their order. What fails learns where it was."""
    for policy in policies:
        try:
            if call.trace is None:
                await policy.run(call)
            else:
                with call.trace.step(policy, call):
                    await policy.run(call)
        except GatewayFailure as failure:
            _located(failure, policy)
            raise
        except ExpressionFailed as thrown:
            reason = "ExpressionValueEvaluationFailure"
            raise _located(internal(policy.name, reason, str(thrown)), policy) from thrown
        except BackendFault as fault:  # a policy reads a body that breaks off
            raise _located(internal(policy.name, fault.reason, str(fault)), policy) from fault
        except BodyTooLarge:
            problem = internal(policy.name, "BodyTooLarge", "The body is too large to be held.")
            raise _located(problem, policy) from None


def _located(failure: GatewayFailure, policy: Policy) -> GatewayFailure:
    place = policy.place
    failure.locate(place.scope, place.section, place.path, place.policy_id)
    return failure

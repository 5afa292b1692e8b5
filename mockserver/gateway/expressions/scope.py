"""Which local variables are there, and what was found out about the expression so far?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.kinds import Kind, UnknownType, arity_fits, read_kind
from mockserver.gateway.expressions.nodes import Mismatch, Node
from mockserver.gateway.expressions.source import ExpressionNotUsable, Source

DEEPEST = 90
"""How deep the parts of an expression may be nested."""


@dataclass(slots=True)
class Local:
    """A local variable: where it is kept, and its type."""

    slot: int
    kind: Kind


@dataclass(slots=True)
class Scope:
    """What is known while one expression is compiled."""

    source: Source
    slots: int = 0
    size: int = 0
    """How many parts were built: what one run through them costs."""
    depth: int = 0
    reads_request: bool = False
    reads_response: bool = False
    returns: list[tuple[int, Node]] = field(default_factory=list)
    """What the return statements of the block that is being built give."""
    _names: list[dict[str, Local]] = field(default_factory=lambda: [{}])

    def refusal(self, place: int, message: str) -> ExpressionNotUsable:
        """Return what is to be raised for a mistake at this place."""
        return self.source.refusal(place, message)

    @contextmanager
    def at(self, place: int) -> Iterator[None]:
        """Say of what does not fit in here where it stands."""
        try:
            yield
        except Mismatch as mismatch:
            raise self.refusal(place, str(mismatch)) from mismatch

    @contextmanager
    def deeper(self, place: int) -> Iterator[None]:
        """Count a level."""
        self.depth += 1
        self.size += 1
        if self.depth > DEEPEST:
            raise self.refusal(place, f"parts nested more than {DEEPEST} deep")
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def inner(self) -> Iterator[None]:
        """Forget what is declared in here at the end."""
        self._names.append({})
        try:
            yield
        finally:
            self._names.pop()

    def declare(self, name: str, kind: Kind, place: int) -> Local:
        """Make a local variable."""
        if self.find(name) is not None or name == "context":
            raise self.refusal(place, f"{name} is declared already")
        local = Local(self.slots, kind)
        self.slots += 1
        self._names[-1][name] = local
        return local

    def find(self, name: str) -> Local | None:
        """Return a local variable, or None."""
        return next((names[name] for names in reversed(self._names) if name in names), None)

    def kind(self, text: str, place: int, is_known: Callable[[Kind], bool]) -> Kind:
        """Return the type of this name. Raises ExpressionNotUsable."""
        try:
            kind = read_kind(text)
        except UnknownType as error:
            raise self.refusal(place, f"{text} is no type") from error
        if not is_known(kind) or not arity_fits(kind):
            raise self.refusal(place, f"the type {text} is not supported")
        return kind


def setter(slot: int) -> Callable[[Frame, Any], None]:
    """Return what puts a value into a local variable."""

    def store(frame: Frame, value: Any) -> None:
        frame.slots[slot] = value

    return store

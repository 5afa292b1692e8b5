"""What does a part of an expression become? A function of the frame, and the type it gives."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.json_tokens import JArray, JObject, token_of
from mockserver.gateway.expressions.kinds import (
    ANY,
    BOOL,
    BYTE,
    CHAR,
    DATE,
    DECIMAL,
    DOUBLE,
    GUID,
    INT,
    LONG,
    NULL,
    OFFSET,
    SPAN,
    TOKEN,
    Kind,
    bare,
    fits,
    is_value,
)
from mockserver.gateway.expressions.library.casts import unbox
from mockserver.gateway.expressions.library.sequences import items_of
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.throwing import null_argument, null_reference
from mockserver.gateway.expressions.times import DateTime, DateTimeOffset, TimeSpan

Run = Callable[[Frame], Any]
_WHOLE = (INT, LONG, BYTE)
_LARGEST_BYTE = 255
_ZEROS: Mapping[Kind, Any] = {
    BYTE: 0,
    INT: 0,
    LONG: 0,
    DOUBLE: 0.0,
    DECIMAL: Decimal(0),
    BOOL: False,
    CHAR: Char("\0"),
    DATE: DateTime(0),
    OFFSET: DateTimeOffset(0, utc=True),
    SPAN: TimeSpan(0),
    GUID: UUID(int=0),
}
_LISTS = ("[]", "List", "IEnumerable", "string")


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression, ready to run."""

    kind: Kind
    run: Run
    is_constant: bool = False
    value: Any = None
    """What it gives, if that is always the same."""


class Mismatch(ValueError):
    """Types that do not go together; the text says which."""


def constant(kind: Kind, value: Any) -> Node:
    """Return a part that always gives the same."""
    return Node(kind, lambda _: value, is_constant=True, value=value)


def applied(kind: Kind, function: Callable[[Any], Any], node: Node) -> Node:
    """Return a part that does something with what another one gives."""
    run = node.run
    if node.is_constant and node.value is not None:
        with suppress(ExpressionFailed):  # what throws is to throw when it runs
            return constant(kind, function(node.value))
    return Node(kind, lambda frame: function(run(frame)))


def unless_null(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that leaves null alone."""
    return lambda value: None if value is None else function(value)


def converted(node: Node, to: Kind) -> Node:
    """Return a part that gives another type, as C# converts by itself. Raises Mismatch."""
    kind = node.kind
    if kind == to:
        return node
    if to == BYTE and kind == INT and node.is_constant and 0 <= node.value <= _LARGEST_BYTE:
        return constant(BYTE, node.value)
    if not fits(kind, to):
        raise Mismatch(f"{described(kind)} is no {to}")
    if kind == ANY:
        return applied(to, lambda value: unbox(value, to), node)
    function = _conversion(bare(kind), bare(to))
    if function is None:
        return Node(to, node.run, node.is_constant, node.value)
    is_null = kind.name == "?" or kind == NULL
    return applied(to, unless_null(function) if is_null else function, node)


def _conversion(kind: Kind, to: Kind) -> Callable[[Any], Any] | None:
    if to == TOKEN and (is_value(kind) or kind.name == "string"):
        return token_of
    if to == OFFSET and kind == DATE:
        return lambda moment: DateTimeOffset(moment.ticks, utc=True)
    if kind == CHAR and to in (INT, LONG, DOUBLE, DECIMAL):
        return {DOUBLE: lambda c: float(ord(c)), DECIMAL: lambda c: Decimal(ord(c))}.get(to, ord)
    if kind in _WHOLE and to in (DOUBLE, DECIMAL):
        return float if to == DOUBLE else Decimal
    if to.name == "IEnumerable" and kind.name not in _LISTS and kind != NULL:
        return lambda value: None if value is None else list(items_of(value))
    return None


def required(node: Node, name: str) -> Node:
    """Return a part that throws where another one gives null."""
    if node.is_constant and node.value is not None:
        return node
    run = node.run

    def checked(frame: Frame) -> Any:
        value = run(frame)
        if value is None:
            raise null_argument(name or "value")
        return value

    return Node(node.kind, checked)


def weighed(run: Run, weight: int) -> Run:
    """Return a part that costs steps in proportion to the length of what it gives."""

    def measured(frame: Frame) -> Any:
        value = run(frame)
        if isinstance(value, str | list | bytes | bytearray | dict):
            length = len(value)
        elif isinstance(value, JObject | JArray):
            length = len(value.data)
        else:
            return value
        if length > weight:
            frame.steps -= length // weight
            if frame.steps < 0:
                frame.spend(0)
        return value

    return measured


def present(node: Node) -> Run:
    """Return a function that throws where a part gives null, as using a member of it does."""
    if is_value(node.kind) or (node.is_constant and node.value is not None):
        return node.run
    run = node.run

    def checked(frame: Frame) -> Any:
        value = run(frame)
        if value is None:
            raise null_reference()
        return value

    return checked


def zero_of(kind: Kind) -> Any:
    """Return the default value of a type."""
    return _ZEROS.get(kind)


def described(kind: Kind) -> str:
    """Write a type for a message."""
    return "null" if kind == NULL else str(kind)


def shared(left: Node, right: Node) -> Kind:
    """Return the type of what is one or the other. Raises Mismatch."""
    if fits(left.kind, right.kind):
        return right.kind
    if fits(right.kind, left.kind):
        return left.kind
    raise Mismatch(f"{described(left.kind)} and {described(right.kind)} have no common type")

"""What do `(type)x`, `x as type` and `x is type` give?"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mockserver.gateway.expressions.json_tokens import token_of
from mockserver.gateway.expressions.kinds import (
    ANY,
    BOOL,
    BYTE,
    CHAR,
    DATE,
    DECIMAL,
    DOUBLE,
    ENUMS,
    INT,
    LONG,
    NULL,
    NUMBERS,
    OBJECT,
    OFFSET,
    TOKEN,
    Kind,
    bare,
    family,
    fits,
    is_value,
)
from mockserver.gateway.expressions.library.casts import cast, is_of, unbox
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.nodes import (
    Mismatch,
    Node,
    applied,
    converted,
    described,
    unless_null,
)
from mockserver.gateway.expressions.operators import wrapped, wrapped_long
from mockserver.gateway.expressions.throwing import no_value, too_large
from mockserver.gateway.expressions.times import DateTimeOffset


def cast_to(node: Node, kind: Kind) -> Node:
    """Return `(kind)node`. Raises Mismatch."""
    have = node.kind
    if have == kind:
        return node
    if have == NULL and is_value(kind):
        raise Mismatch(f"null is no {kind}")
    if have.name == "?" and kind.name != "?":
        return _unwrapped(node, kind)
    if have == NULL:
        return converted(node, kind)
    if kind.name == "?":
        if TOKEN in family(have):
            return applied(kind, lambda value: cast(value, kind), node)
        return applied(kind, unless_null(_function(bare(have), bare(kind))), node)
    return applied(kind, _function(have, kind), node)


def caster(have: Kind, kind: Kind) -> Callable[[Any], Any]:
    """Return what a cast from one type to another does with a value. Raises Mismatch."""
    return _function(have, kind)


def _unwrapped(node: Node, kind: Kind) -> Node:
    inner = _function(bare(node.kind), kind)

    def convert(value: Any) -> Any:
        if value is None:
            raise no_value()
        return inner(value)

    return applied(kind, convert, node)


def _function(have: Kind, kind: Kind) -> Callable[[Any], Any]:
    """Return what a cast does with a value. Raises Mismatch."""
    if kind in (have, OBJECT):
        return lambda value: value
    if have in NUMBERS and kind in NUMBERS:
        return _numeric(have, kind)
    if have in (OBJECT, ANY) or _is_related(have, kind):
        return lambda value: unbox(value, kind)
    return _other(have, kind)


def _other(have: Kind, kind: Kind) -> Callable[[Any], Any]:
    if TOKEN in family(have) and (is_value(kind) or kind.name in ("string", "[]")):
        return lambda value: cast(value, kind)
    if kind == TOKEN and fits(have, kind):
        return token_of
    if (have, kind) == (DATE, OFFSET):
        return lambda moment: DateTimeOffset(moment.ticks, utc=True)
    if have.name in ENUMS and kind == INT:
        return lambda value: value.number
    raise Mismatch(f"{described(have)} cannot be cast to {kind}")


def _is_related(have: Kind, kind: Kind) -> bool:
    names = ({ancestor.name for ancestor in family(one)} for one in (have, kind))
    first, second = names
    return kind.name in first or have.name in second


def _numeric(have: Kind, kind: Kind) -> Callable[[Any], Any]:
    if kind == DOUBLE:
        return lambda value: float(ord(value) if have == CHAR else value)
    if kind == DECIMAL:
        return lambda value: _to_decimal(ord(value) if have == CHAR else value)
    cut: Callable[[int], Any] = {INT: wrapped, LONG: wrapped_long}.get(kind, lambda v: v & 0xFF)
    if kind == CHAR:
        cut = _to_char
    if have == CHAR:
        return lambda value: cut(ord(value))
    if have == DOUBLE:
        return lambda value: cut(_truncated(value, kind))
    if have == DECIMAL:
        return lambda value: _checked(math.trunc(value), kind)
    return cut


def _to_char(value: int) -> Char:
    return Char(chr(value & 0xFFFF))


def _to_decimal(value: Any) -> Decimal:
    if isinstance(value, float):
        if not math.isfinite(value) or abs(value) > 7.9e28:  # noqa: PLR2004 - the largest decimal
            raise too_large("a Decimal")
        return Decimal(f"{value:.15g}")
    return Decimal(value)


def _truncated(value: float, kind: Kind) -> int:
    bits = {INT: 32, LONG: 64, BYTE: 32}.get(kind, 32)
    least = -(1 << bits - 1)
    if not math.isfinite(value) or not least <= math.trunc(value) < -least:
        return least  # what the processor gives
    return math.trunc(value)


def _checked(value: int, kind: Kind) -> int:
    bits = 64 if kind == LONG else 32
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise too_large("an Int64" if kind == LONG else "an Int32")
    return value


def as_type(node: Node, kind: Kind) -> Node:
    """Return `node as kind`. Raises Mismatch."""
    if is_value(kind):
        raise Mismatch(f"{kind} is never null, so `as` cannot give it")
    return applied(kind, lambda value: value if is_of(value, kind) else None, node)


def is_type(node: Node, kind: Kind) -> Node:
    """Return `node is kind`."""
    run = node.run
    return Node(BOOL, lambda frame: is_of(run(frame), kind))


def value_of(node: Node) -> Node:
    """Return `node.Value` of what may be null."""

    def get(value: Any) -> Any:
        if value is None:
            raise no_value()
        return value

    return applied(bare(node.kind), get, node)

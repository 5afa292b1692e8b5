"""What do the operators of C# do?"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from mockserver.gateway.expressions.bounds import CHARACTERS, Frame, check_length
from mockserver.gateway.expressions.json_tokens import JToken
from mockserver.gateway.expressions.kinds import (
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
    SPAN,
    STRING,
    TOKEN,
    Kind,
    bare,
    family,
    fits,
    is_value,
    nullable,
)
from mockserver.gateway.expressions.library.newtonsoft import written
from mockserver.gateway.expressions.nodes import (
    Mismatch,
    Node,
    Run,
    constant,
    converted,
    described,
    weighed,
)
from mockserver.gateway.expressions.texts import Named, to_text
from mockserver.gateway.expressions.throwing import divided_by_zero, too_large
from mockserver.gateway.expressions.times import TimeSpan

Compute = Callable[[Any, Any], Any]
_HALF, _MASK = 1 << 31, (1 << 32) - 1
_LONG_HALF, _LONG_MASK = 1 << 63, (1 << 64) - 1
_LARGEST_DECIMAL = Decimal((1 << 96) - 1)


def wrapped(value: int) -> int:
    """Cut a whole number to 32 bits."""
    return value if -_HALF <= value < _HALF else ((value + _HALF) & _MASK) - _HALF


def wrapped_long(value: int) -> int:
    """Cut a whole number to 64 bits."""
    if -_LONG_HALF <= value < _LONG_HALF:
        return value
    return ((value + _LONG_HALF) & _LONG_MASK) - _LONG_HALF


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise divided_by_zero()
    whole = abs(left) // abs(right)
    return whole if (left < 0) == (right < 0) else -whole


def _remainder(left: int, right: int) -> int:
    return left - right * _quotient(left, right)


def _ratio(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _float_rest(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def _exact(compute: Compute) -> Compute:
    def checked(left: Decimal, right: Decimal) -> Decimal:
        if not right and compute in (operator.truediv, operator.mod):
            raise divided_by_zero()
        value: Decimal = compute(left, right)
        if abs(value) > _LARGEST_DECIMAL:
            raise too_large("a Decimal")
        return value

    return checked


_WHOLE: Mapping[str, Compute] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "%": _remainder,
}
_FLOAT: Mapping[str, Compute] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _ratio,
    "%": _float_rest,
}
_DECIMAL: Mapping[str, Compute] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}
_BITS: Mapping[str, Compute] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
_SHIFTS: Mapping[str, Callable[[int, int], int]] = {
    "<<": operator.lshift,
    ">>": operator.rshift,
}
_COMPARE: Mapping[str, Compute] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _cut(compute: Compute, cut: Callable[[int], int]) -> Compute:
    return lambda left, right: cut(compute(left, right))


def promoted(left: Kind, right: Kind) -> Kind | None:
    """Return the type that two numbers are computed in; None if they are not numbers."""
    kinds = (left, right)
    if any(kind not in NUMBERS for kind in kinds):
        return None
    if DECIMAL in kinds:
        return None if DOUBLE in kinds else DECIMAL
    return DOUBLE if DOUBLE in kinds else LONG if LONG in kinds else INT


def _arithmetic(sign: str, kind: Kind) -> Compute:
    if kind == DOUBLE:
        return _FLOAT[sign]
    if kind == DECIMAL:
        return _exact(_DECIMAL[sign])
    return _cut(_WHOLE[sign], wrapped if kind == INT else wrapped_long)


_DATES = (DATE, OFFSET)
_MOMENTS: Mapping[tuple[str, Kind, Kind], tuple[Kind, Compute]] = {
    **{("-", kind, kind): (SPAN, lambda a, b: TimeSpan(a.ticks - b.ticks)) for kind in _DATES},
    **{("-", kind, SPAN): (kind, lambda a, b: a.at(a.ticks - b.ticks)) for kind in _DATES},
    **{("+", kind, SPAN): (kind, lambda a, b: a.at(a.ticks + b.ticks)) for kind in _DATES},
    ("+", SPAN, SPAN): (SPAN, lambda a, b: TimeSpan(a.ticks + b.ticks)),
    ("-", SPAN, SPAN): (SPAN, lambda a, b: TimeSpan(a.ticks - b.ticks)),
}


def binary(sign: str, left: Node, right: Node) -> Node:
    """Return what an operator between two parts gives. Raises Mismatch."""
    if sign == "+" and STRING in (left.kind, right.kind):
        return concatenated([left, right])
    if sign in ("==", "!="):
        return _equality(sign, left, right)
    if sign in _BITS or sign in _SHIFTS:
        return (_of_bits if sign in _BITS else _shifted)(sign, left, right)
    one, other = bare(left.kind), bare(right.kind)
    is_lifted = "?" in (left.kind.name, right.kind.name)
    kind = promoted(one, other)
    if kind is not None:
        compute = _COMPARE.get(sign) or _arithmetic(sign, kind)
        left, right = (_as(node, kind) for node in (left, right))
        result = BOOL if sign in _COMPARE else kind
    elif (sign, one, other) in _MOMENTS:
        result, compute = _MOMENTS[sign, one, other]
    elif sign in _COMPARE and one == other and one in (DATE, OFFSET, SPAN):
        result, compute = BOOL, _COMPARE[sign]
    else:
        names = f"{described(left.kind)} and {described(right.kind)}"
        raise Mismatch(f"the operator {sign} does not go with {names}")
    if is_lifted:
        return _lifted(result, compute, left, right, is_comparison=sign in _COMPARE)
    return _combined(result, compute, left, right)


def _of_bits(sign: str, left: Node, right: Node) -> Node:
    if left.kind == right.kind and left.kind.name == "RegexOptions" and sign == "|":
        return _combined(left.kind, Named.joined, left, right)
    kind = promoted(left.kind, right.kind)
    if left.kind == right.kind == BOOL:
        kind = BOOL
    if kind not in (BOOL, INT, LONG):
        names = f"{described(left.kind)} and {described(right.kind)}"
        raise Mismatch(f"the operator {sign} does not go with {names}")
    left, right = (node if kind == BOOL else _as(node, kind) for node in (left, right))
    return _combined(kind, _BITS[sign], left, right)


def _shifted(sign: str, left: Node, right: Node) -> Node:
    kind, count = promoted(left.kind, INT), promoted(right.kind, INT)
    if kind not in (INT, LONG) or count != INT:
        names = f"{described(left.kind)} and {described(right.kind)}"
        raise Mismatch(f"the operator {sign} does not go with {names}")
    most, cut = (31, wrapped) if kind == INT else (63, wrapped_long)
    shift = _SHIFTS[sign]

    def compute(value: int, places: int) -> int:
        return cut(shift(value, places & most))

    return _combined(kind, compute, _as(left, kind), _as(right, INT))


def _as(node: Node, kind: Kind) -> Node:
    return converted(node, Kind("?", (kind,)) if node.kind.name == "?" else kind)


def _combined(kind: Kind, compute: Compute, left: Node, right: Node) -> Node:
    first, second = left.run, right.run
    if right.is_constant:
        value = right.value
        return Node(kind, lambda frame: compute(first(frame), value))
    return Node(kind, lambda frame: compute(first(frame), second(frame)))


def _lifted(kind: Kind, compute: Compute, left: Node, right: Node, *, is_comparison: bool) -> Node:
    first, second = left.run, right.run

    def run(frame: Frame) -> Any:
        one, other = first(frame), second(frame)
        if one is None or other is None:
            return False if is_comparison else None
        return compute(one, other)

    return Node(kind if is_comparison else nullable(kind), run)


def concatenated(parts: Sequence[Node]) -> Node:
    """Return the texts of several parts, one behind the other."""
    texts = [_text_of(part) for part in parts]

    def run(frame: Frame) -> str:
        pieces = [text(frame) for text in texts]
        length = sum(map(len, pieces))
        check_length(length)
        frame.room -= length
        if frame.room < 0:
            frame.claim(0)
        return "".join(pieces)

    return Node(STRING, run)


def _text_of(part: Node) -> Run:
    if part.kind.name == "void":
        raise Mismatch("nothing is no text")
    if part.is_constant:
        return constant(STRING, to_text(part.value)).run
    run = part.run
    if part.kind == STRING:
        return lambda frame: run(frame) or ""
    if TOKEN in family(part.kind) or part.kind == OBJECT:
        return lambda frame: written(frame, run(frame))
    return lambda frame: to_text(run(frame))


def _same_token(left: Any, right: Any) -> bool:
    if isinstance(left, JToken) and isinstance(right, JToken):
        return left is right or (isinstance(left.data, dict | list) and left.data is right.data)
    return left is right


def _equality(sign: str, left: Node, right: Node) -> Node:
    compare = _comparison(left.kind, right.kind)
    one, other = bare(left.kind), bare(right.kind)
    kind = promoted(one, other)
    if kind is not None:
        left, right = _as(left, kind), _as(right, kind)
    if NULL in (left.kind, right.kind):
        run = left.run if right.kind == NULL else right.run
        if sign == "==":
            return Node(BOOL, lambda frame: run(frame) is None)
        return Node(BOOL, lambda frame: run(frame) is not None)
    if one == STRING and not (left.is_constant or right.is_constant):
        left = Node(STRING, weighed(left.run, CHARACTERS))
    if sign == "==":
        return _combined(BOOL, compare, left, right)
    if compare is operator.eq:
        return _combined(BOOL, operator.ne, left, right)
    return _combined(BOOL, lambda a, b: not compare(a, b), left, right)


def _comparison(left: Kind, right: Kind) -> Compute:
    """Return how two values are compared. Raises Mismatch."""
    one, other = bare(left), bare(right)
    is_null = NULL in (one, other)
    if is_null and (
        one == other or any(fits(NULL, kind) for kind in (left, right) if kind != NULL)
    ):
        return operator.is_
    if promoted(one, other) is not None:
        return operator.eq
    if one == other and (is_value(one) or one in (STRING, BOOL)):
        return _by_name if one.name in ENUMS else operator.eq
    if OBJECT in (one, other) and one != other:
        name = described(other if one == OBJECT else one)
        raise Mismatch(f"object and {name} would be compared by reference: cast the object")
    are_references = not (is_value(one) or is_value(other) or STRING in (one, other))
    if are_references and (fits(one, other) or fits(other, one)):
        return _same_token
    hint = ": cast the token" if "JToken" in (one.name, other.name) else ""
    raise Mismatch(f"{described(left)} and {described(right)} cannot be compared{hint}")


def _by_name(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    return bool(left.number == right.number)


def negative(node: Node) -> Node:
    """Return a number with the other sign. Raises Mismatch."""
    kind = bare(node.kind)
    if kind == SPAN:
        return binary("-", constant(SPAN, TimeSpan(0)), node)
    if kind not in NUMBERS:
        raise Mismatch(f"- does not go with {described(node.kind)}")
    if kind == DOUBLE and node.kind == DOUBLE:
        run = node.run
        return Node(DOUBLE, lambda frame: -run(frame))
    whole = INT if kind in (CHAR, BYTE) else kind
    zero = constant(whole, Decimal(0) if kind == DECIMAL else 0.0 if kind == DOUBLE else 0)
    return binary("-", zero, node)


def truth(node: Node, what: str) -> Run:
    """Return the function of a part that has to be a bool. Raises Mismatch."""
    if node.kind != BOOL:
        raise Mismatch(f"{what} has to be bool, not {described(node.kind)}")
    return node.run


def combined_truth(nodes: Sequence[Node], *, is_and: bool) -> Node:
    """Return what `&&` or `||` give. Raises Mismatch."""
    sign = "&&" if is_and else "||"
    runs = [truth(node, f"what stands beside {sign}") for node in nodes]
    if len(runs) == 2:  # noqa: PLR2004 - by far the most frequent, and faster so
        first, second = runs
        if is_and:
            return Node(BOOL, lambda frame: first(frame) and second(frame))
        return Node(BOOL, lambda frame: first(frame) or second(frame))
    if is_and:
        return Node(BOOL, lambda frame: all(run(frame) for run in runs))
    return Node(BOOL, lambda frame: any(run(frame) for run in runs))

"""Do whole numbers compute as 32 bits do?"""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import ExpressionFailed
from tests.mockserver.gateway.expressions.evaluating import value_of

INTS = st.one_of(
    st.integers(-(1 << 31), (1 << 31) - 1),
    st.sampled_from([0, 1, -1, (1 << 31) - 1, -(1 << 31), 65_536]),
)


@dataclass(frozen=True)
class Part:
    """An expression and what it comes to: an int, or None if it divides by zero."""

    text: str
    value: int | None


def cut(value: int) -> int:
    """Return the value of the lowest 32 bits."""
    low = value % (1 << 32)
    return low - (1 << 32) if low >= 1 << 31 else low


def join(left: Part, sign: str, right: Part) -> Part:
    """Return the expression of an operator and what it comes to."""
    text = f"({left.text} {sign} {right.text})"
    if left.value is None or right.value is None:
        return Part(text, None)
    a, b = left.value, right.value
    if sign in "/%":
        if b == 0:
            return Part(text, None)
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return Part(text, cut(quotient if sign == "/" else a - quotient * b))
    return Part(text, cut({"+": a + b, "-": a - b, "*": a * b}[sign]))


def literal(value: int) -> Part:
    """Return a number as it is written."""
    return Part(f"({value})", value)


PARTS = st.recursive(
    INTS.map(literal),
    lambda parts: st.builds(join, parts, st.sampled_from(["+", "-", "*", "/", "%"]), parts),
    max_leaves=12,
)


@given(PARTS)
def test_arithmetic_agrees_with_an_independent_evaluation(part: Part) -> None:
    """Sums, products, quotients and rests of ints wrap around and round to zero."""
    if part.value is None:
        with pytest.raises(ExpressionFailed):
            value_of(part.text)
    else:
        assert value_of(part.text) == part.value


@given(INTS, INTS)
def test_comparisons_agree_with_those_of_numbers(left: int, right: int) -> None:
    """All six comparisons of ints are those of the numbers."""
    signs = {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
        "==": left == right,
        "!=": left != right,
    }
    for sign, expected in signs.items():
        assert value_of(f"({left}) {sign} ({right})") is expected

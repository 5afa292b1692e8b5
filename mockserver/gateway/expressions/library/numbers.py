"""How are numbers and truth values read, converted and computed with?"""

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.json_tokens import JValue
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, to_text, type_name
from mockserver.gateway.expressions.throwing import (
    Thrown,
    bad_cast,
    bad_format,
    null_argument,
    too_large,
)

_INTEGER = re.compile(r"\s*([+-]?[0-9]{1,400})\s*")
_REAL = re.compile(r"\s*[+-]?(?:[0-9]+[0-9,]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\s*")
_TEN = 10
BITS = {"int": 32, "long": 64, "byte": 8}
_NAMES = {"int": "an Int32", "long": "an Int64", "byte": "an unsigned byte"}


def in_range(value: int, kind: str) -> int:
    """Return a whole number if its type holds it. Raises Thrown."""
    bits = BITS[kind]
    least, most = (0, 255) if kind == "byte" else (-(1 << bits - 1), (1 << bits - 1) - 1)
    if not least <= value <= most:
        raise too_large(_NAMES[kind])
    return value


def read_whole(text: str | None, kind: str = "int") -> int:
    """Read a whole number, as `int.Parse` does. Raises Thrown."""
    if text is None:
        raise null_argument("s")
    found = _INTEGER.fullmatch(text)
    if found is None:
        raise bad_format()
    return in_range(int(found.group(1)), kind)


def read_double(text: str | None) -> float:
    """Read a double. Raises Thrown."""
    if text is None:
        raise null_argument("s")
    if _REAL.fullmatch(text) is None:
        raise bad_format()
    return float(text.replace(",", ""))


def read_decimal(text: str | None) -> Decimal:
    """Read a decimal. Raises Thrown."""
    read_double(text)
    try:
        return Decimal((text or "").strip().replace(",", ""))
    except InvalidOperation as error:
        raise bad_format() from error


def read_bool(text: str | None) -> bool:
    """Read a truth value. Raises Thrown."""
    if text is None:
        raise null_argument()
    if text.strip().lower() not in ("true", "false"):
        message = f"String '{text}' was not recognized as a valid Boolean."
        raise Thrown(message, "FormatException")
    return text.strip().lower() == "true"


def attempt(read: Callable[[str | None], Any], otherwise: Any) -> Callable[[str | None], Any]:
    """Return the `TryParse` that belongs to a `Parse`."""

    def tried(text: str | None) -> tuple[bool, Any]:
        try:
            return True, read(text)
        except Thrown:
            return False, otherwise

    return tried


def rounded(value: float | Decimal, kind: str) -> int:
    """Make a whole number of one with a fraction: halves go to the even one. Raises Thrown."""
    if isinstance(value, float) and not math.isfinite(value):
        raise too_large(_NAMES[kind])
    return in_range(round(value), kind)


def _to_whole(kind: str) -> Callable[[Any], int]:
    def convert(value: Any) -> int:
        if isinstance(value, JValue):
            value = value.data
        if isinstance(value, Char):
            return in_range(ord(value), kind)
        if isinstance(value, str):
            return read_whole(value, kind)
        if isinstance(value, float | Decimal):
            return rounded(value, kind)
        if value is None or isinstance(value, int):
            return in_range(int(value or 0), kind)
        raise bad_cast(type_name(value), "System.IConvertible")

    return convert


def _in_base(text: str | None, base: int) -> int:
    """Read digits of base 2, 8 or 16: a pattern of bits, so large ones are negative."""
    if base == _TEN:
        return read_whole(text or "0")
    if base not in (2, 8, 16):
        raise Thrown("Invalid Base.", "ArgumentException")
    try:
        value = int((text or "0").removeprefix("-")[:64], base)
    except ValueError as error:
        raise bad_format() from error
    if value >= 1 << 32:
        raise too_large()
    return value - (1 << 32) if value >= 1 << 31 else value


def _to_double(value: Any) -> float:
    if isinstance(value, JValue):
        value = value.data
    if isinstance(value, str):
        return read_double(value)
    if value is None or isinstance(value, int | float | Decimal):
        return float(value or 0)
    raise bad_cast(type_name(value), "System.IConvertible")


def _to_decimal(value: Any) -> Decimal:
    if isinstance(value, JValue):
        value = value.data
    if isinstance(value, str):
        return read_decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if value is None or isinstance(value, int | Decimal):
        return Decimal(value or 0)
    raise bad_cast(type_name(value), "System.IConvertible")


def _to_bool(value: Any) -> bool:
    if isinstance(value, JValue):
        value = value.data
    if isinstance(value, str) and not isinstance(value, Char):
        return read_bool(value)
    if value is None or isinstance(value, int | float | Decimal):
        return bool(value)
    raise bad_cast(type_name(value), "System.IConvertible")


def _whole(kind: str) -> Rows:
    bits = BITS[kind]
    most = (1 << bits) - 1 if kind == "byte" else (1 << bits - 1) - 1

    def read(text: str | None) -> int:
        return read_whole(text, kind)

    return [
        (f"MaxValue: {kind}", lambda: most),
        (f"MinValue: {kind}", lambda: 0 if kind == "byte" else -most - 1),
        (f"Parse(string? text): {kind}", read),
        (f"TryParse(string? text, out {kind} value): bool", attempt(read, 0)),
    ]


STATIC: dict[str, Rows] = {
    "int": _whole("int"),
    "long": _whole("long"),
    "byte": _whole("byte"),
    "double": [
        ("MaxValue: double", lambda: 1.7976931348623157e308),
        ("MinValue: double", lambda: -1.7976931348623157e308),
        ("NaN: double", lambda: math.nan),
        ("IsNaN(double value): bool", math.isnan),
        ("Parse(string? text): double", read_double),
        ("TryParse(string? text, out double value): bool", attempt(read_double, 0.0)),
    ],
    "decimal": [
        ("Parse(string? text): decimal", read_decimal),
        ("TryParse(string? text, out decimal value): bool", attempt(read_decimal, Decimal(0))),
    ],
    "bool": [
        ("Parse(string? text): bool", read_bool),
        ("TryParse(string? text, out bool value): bool", attempt(read_bool, False)),
        ("TrueString: string", lambda: "True"),
        ("FalseString: string", lambda: "False"),
    ],
    "Convert": [
        ("ToInt32(object? value): int", _to_whole("int")),
        ("ToInt32(string? value, int base): int", _in_base),
        ("ToInt64(object? value): long", _to_whole("long")),
        ("ToByte(object? value): byte", _to_whole("byte")),
        ("ToDouble(object? value): double", _to_double),
        ("ToDecimal(object? value): decimal", _to_decimal),
        ("ToBoolean(object? value): bool", _to_bool),
        ("ToString(object? value): string", to_text),
    ],
}


def _round(value: float | Decimal, *rest: Any) -> Any:
    digits = next((item for item in rest if isinstance(item, int)), 0)
    how = next((item for item in rest if isinstance(item, Named)), None)
    if not 0 <= digits <= 28:  # noqa: PLR2004 - what a decimal holds
        message = "Rounding digits must be between 0 and 15, inclusive. (Parameter 'digits')"
        raise Thrown(message, "ArgumentOutOfRangeException")
    if isinstance(value, float) and not math.isfinite(value):
        return value
    away = how is not None and how.name == "AwayFromZero"
    exact = value if isinstance(value, Decimal) else Decimal(value)
    if exact.adjusted() > 20:  # noqa: PLR2004 - nothing behind the point
        return value
    unit = Decimal(1).scaleb(-digits)
    result = exact.quantize(unit, ROUND_HALF_UP if away else ROUND_HALF_EVEN)
    return float(result) if isinstance(value, float) else result


def _power(base: float, exponent: float) -> float:
    try:
        result = math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan
    return result


def _whole_part(function: Callable[[Any], int]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, float):
            return float(function(value)) if math.isfinite(value) else value
        return Decimal(function(value))

    return apply


def _absolute(value: Any) -> Any:
    if isinstance(value, int) and value == -(1 << 31):
        message = "Negating the minimum value of a twos complement number is invalid."
        raise Thrown(message, "OverflowException")
    return abs(value)


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


def _logarithm(value: float, base: float | None = None) -> float:
    if value <= 0:
        return -math.inf if value == 0 else math.nan
    return math.log(value) if base is None else math.log(value, base)


def _decimal_logarithm(value: float) -> float:
    return math.log10(value) if value > 0 else _logarithm(value)


_KINDS = ("int", "long", "double", "decimal")

MATH: Rows = [
    *((f"Min({kind} a, {kind} b): {kind}", min) for kind in _KINDS),
    *((f"Max({kind} a, {kind} b): {kind}", max) for kind in _KINDS),
    *((f"Abs({kind} value): {kind}", _absolute) for kind in _KINDS),
    *((f"Sign({kind} value): int", lambda v: (v > 0) - (v < 0)) for kind in _KINDS),
    *((f"Floor({kind} value): {kind}", _whole_part(math.floor)) for kind in ("double", "decimal")),
    *((f"Ceiling({kind} value): {kind}", _whole_part(math.ceil)) for kind in ("double", "decimal")),
    *((f"Truncate({k} value): {k}", _whole_part(math.trunc)) for k in ("double", "decimal")),
    *((f"Round({k} value, [int digits]): {k}", _round) for k in ("double", "decimal")),
    *((f"Round({k} value, MidpointRounding mode): {k}", _round) for k in ("double", "decimal")),
    *(
        (f"Round({k} value, int digits, MidpointRounding mode): {k}", _round)
        for k in ("double", "decimal")
    ),
    ("Pow(double base, double exponent): double", _power),
    ("Sqrt(double value): double", _root),
    ("Log(double value, [double base]): double", _logarithm),
    ("Log10(double value): double", _decimal_logarithm),
    ("Exp(double value): double", lambda value: _power(math.e, value)),
    ("PI: double", lambda: math.pi),
]


class Random:
    """A source of numbers, not reproducible unless it has a seed."""

    __slots__ = ("source",)

    def __init__(self, seed: int | None = None) -> None:
        from random import Random as Source

        self.source = Source(seed)  # noqa: S311 - what System.Random gives is no secret either


def _next(frame: Frame, random: Random, *bounds: int) -> int:
    frame.spend(1)
    least, most = (0, (1 << 31) - 1) if not bounds else (0, *bounds)[-2:]
    if least > most:
        message = "'minValue' cannot be greater than maxValue."
        raise Thrown(message, "ArgumentOutOfRangeException")
    return least if least == most else random.source.randrange(least, most)


RANDOM: Rows = [
    ("Next(): int", Framed(_next)),
    ("Next(int most): int", Framed(_next)),
    ("Next(int least, int most): int", Framed(_next)),
    ("NextDouble(): double", lambda random: random.source.random()),
]
RANDOM_STATIC: Rows = [("new([int seed]): Random", Random)]

"""What do the literals of C# stand for?"""

import re
from decimal import Decimal
from typing import NamedTuple

_ESCAPES = {
    "\\": "\\",
    '"': '"',
    "'": "'",
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{1,4})|(.))", re.DOTALL
)
_LONGEST_INT = 1 << 31
_LONGEST_LONG = 1 << 63


class Number(NamedTuple):
    """A literal number, and the name of its type."""

    kind: str
    value: int | float | Decimal


class Char(str):
    """A char of C#, which is not a string of length one."""

    __slots__ = ()


def read_string(text: str) -> str:
    """Return what a string stands for, verbatim or not. Raises ValueError."""
    if text.startswith("@"):
        return text[2:-1].replace('""', '"')
    return _ESCAPE.sub(_unescape, text[1:-1])


def _unescape(found: "re.Match[str]") -> str:
    short, long, free, letter = found.groups()
    if letter is None:
        code = int(short or long or free, 16)
        if code > 0x10FFFF:  # noqa: PLR2004 - the last code point
            raise ValueError("an escape beyond Unicode")
        return chr(code)
    if letter not in _ESCAPES:
        raise ValueError(f"the escape \\{letter} does not exist")
    return _ESCAPES[letter]


def read_character(text: str) -> Char:
    """Return the character between the quotes. Raises ValueError."""
    value = read_string(text)
    if len(value) != 1:
        raise ValueError("a character literal has one character")
    return Char(value)


def read_number(text: str) -> Number:
    """Return what a number stands for. Raises ValueError."""
    digits = text.replace("_", "").lower()
    hexadecimal = digits.startswith("0x")
    suffix = digits[len(digits.rstrip("lu" if hexadecimal else "fdmlu")) :]
    digits = digits.removesuffix(suffix)
    if len(digits) > 400:  # noqa: PLR2004 - Python itself refuses to read more than 4300
        raise ValueError("a number with too many digits")
    if suffix == "m":
        return Number("decimal", Decimal(digits))
    if suffix == "d" or (not suffix and not hexadecimal and re.search(r"[.e]", digits)):
        return Number("double", float(digits))
    if suffix not in ("", "l") or (not hexadecimal and re.search(r"[.e]", digits)):
        raise ValueError(f"the suffix of {text} is not supported")
    value = int(digits, 16 if hexadecimal else 10)
    # 2147483648 is allowed behind a minus only; who puts the minus there looks at it again.
    if value > _LONGEST_LONG:
        raise ValueError(f"{text} is too large")
    return Number("long" if suffix or value > _LONGEST_INT else "int", value)

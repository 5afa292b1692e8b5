"""What can be done with strings and characters?"""

import re
from collections.abc import Iterable
from typing import Any

from mockserver.gateway.expressions.bounds import Frame, check_length
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, fill, to_text
from mockserver.gateway.expressions.throwing import (
    Thrown,
    bad_length,
    out_of_bounds,
    out_of_range,
)

_SPACES = " \t\n\v\f\r\x85\xa0\u2028\u2029\u3000"


def _folds(comparison: Named | None) -> bool:
    return comparison is not None and comparison.name.endswith("IgnoreCase")


def _fold(text: str, comparison: Named | None) -> str:
    return text.upper() if _folds(comparison) else text


def equal(left: str | None, right: str | None, comparison: Named | None = None) -> bool:
    """Compare two strings, or nulls."""
    if left is None or right is None:
        return left is right
    return left == right or (_folds(comparison) and left.upper() == right.upper())


def compare(left: str | None, right: str | None, how: Named | bool | None = None) -> int:
    """Say which string comes first: -1, 0 or 1."""
    ignored = how if isinstance(how, bool) else _folds(how)
    first, second = left or "", right or ""
    if ignored:
        first, second = first.upper(), second.upper()
    if isinstance(how, Named) and how.name.startswith("Ordinal"):
        return (first > second) - (first < second)
    # A culture puts letters before their case: a, A, b.
    keys = (first.lower(), second.lower()), (first.swapcase(), second.swapcase())
    for one, other in keys:
        if one != other:
            return -1 if one < other else 1
    return (left is not None) - (right is not None) if None in (left, right) else 0


def _contains(text: str, part: str, comparison: Named | None = None) -> bool:
    return _fold(part, comparison) in _fold(text, comparison)


def _starts(text: str, part: str, comparison: Named | None = None) -> bool:
    return _fold(text, comparison).startswith(_fold(part, comparison))


def _ends(text: str, part: str, comparison: Named | None = None) -> bool:
    return _fold(text, comparison).endswith(_fold(part, comparison))


def _index(text: str, part: str, *rest: Any) -> int:
    start = next((item for item in rest if isinstance(item, int)), 0)
    how = next((item for item in rest if isinstance(item, Named)), None)
    if not 0 <= start <= len(text):
        raise out_of_range("startIndex")
    return _fold(text, how).find(_fold(part, how), start)


def _last_index(text: str, part: str, how: Named | None = None) -> int:
    return _fold(text, how).rfind(_fold(part, how))


def _index_any(text: str, characters: list[str]) -> int:
    return min((found for c in characters if (found := text.find(c)) >= 0), default=-1)


def _substring(text: str, start: int, length: int | None = None) -> str:
    if not 0 <= start <= len(text):
        message = "startIndex cannot be larger than length of string. (Parameter 'startIndex')"
        raise Thrown(message, "ArgumentOutOfRangeException")
    if length is None:
        return text[start:]
    if length < 0 or start + length > len(text):
        raise bad_length()
    return text[start : start + length]


def _insert(text: str, start: int, part: str) -> str:
    if not 0 <= start <= len(text):
        raise out_of_range("startIndex")
    return text[:start] + part + text[start:]


def _remove(text: str, start: int, count: int | None = None) -> str:
    stop = len(text) if count is None else start + count
    if not 0 <= start <= stop <= len(text):
        raise out_of_range("startIndex")
    return text[:start] + text[stop:]


def _replace(frame: Frame, text: str, old: str, new: str | None) -> str:
    if not old:
        raise Thrown("String cannot be of zero length. (Parameter 'oldValue')", "ArgumentException")
    put = new or ""
    length = len(text) + text.count(old) * (len(put) - len(old))
    frame.claim(max(length, 0))
    check_length(length)
    return text.replace(old, put)


def _split(frame: Frame, text: str, *given: Any) -> list[str]:
    """Split at any of the separators; a number and an option may be given as well."""
    options = [item for item in given if isinstance(item, Named)]
    counts = [item for item in given if isinstance(item, int)]
    marks = [item for item in given if isinstance(item, str)]
    marks += [mark for item in given if isinstance(item, list) for mark in item]
    pattern = "|".join(re.escape(mark) for mark in marks if mark) or f"[{_SPACES}]"
    frame.spend(len(text) // 16)
    most = counts[0] if counts else 0
    if most == 1:
        return [text]
    pieces = re.split(pattern, text, maxsplit=max(most - 1, 0))
    if any("Trim" in option.name for option in options):
        pieces = [piece.strip(_SPACES) for piece in pieces]
    if any("Remove" in option.name for option in options):
        pieces = [piece for piece in pieces if piece]
    return pieces


def _trim(text: str, *characters: Any) -> str:
    return text.strip(_characters(characters))


def _trim_start(text: str, *characters: Any) -> str:
    return text.lstrip(_characters(characters))


def _trim_end(text: str, *characters: Any) -> str:
    return text.rstrip(_characters(characters))


def _characters(given: tuple[Any, ...]) -> str:
    return "".join("".join(item) for item in given) or _SPACES


def _pad_left(text: str, width: int, fill_with: str = " ") -> str:
    check_length(width)
    return text.rjust(width, fill_with)


def _pad_right(text: str, width: int, fill_with: str = " ") -> str:
    check_length(width)
    return text.ljust(width, fill_with)


def character_at(text: str, index: int) -> Char:
    """Return a character of a string."""
    if not 0 <= index < len(text):
        raise out_of_bounds()
    return Char(text[index])


def join(frame: Frame, separator: str | None, *values: Any) -> str:
    """Join texts, each as it is written."""
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    between = separator or ""
    texts = _texts(frame, items, len(between))
    return between.join(texts)


def _texts(frame: Frame, items: Iterable[Any], extra: int = 0) -> list[str]:
    texts: list[str] = []
    for item in items:
        texts.append(to_text(item))
        frame.claim(len(texts[-1]) + extra)
    return texts


def _concat(frame: Frame, *values: Any) -> str:
    return join(frame, "", *values)


def _format(frame: Frame, form: str, *values: Any) -> str:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
    text = fill(form, items)
    frame.claim(len(text))
    return text


def _repeated(character: str, count: int) -> str:
    if count < 0:
        raise out_of_range("count")
    check_length(count)
    return character * count


def _is_blank(text: str | None) -> bool:
    return not text or not text.strip(_SPACES)


STRING: Rows = [
    ("Length: int", len),
    ("[](int index): char", character_at),
    ("Contains(string value, [StringComparison comparison]): bool", _contains),
    ("Contains(char value, [StringComparison comparison]): bool", _contains),
    ("StartsWith(string value, [StringComparison comparison]): bool", _starts),
    ("StartsWith(char value): bool", _starts),
    ("EndsWith(string value, [StringComparison comparison]): bool", _ends),
    ("EndsWith(char value): bool", _ends),
    ("IndexOf(string value, [StringComparison comparison]): int", _index),
    ("IndexOf(string value, int start, [StringComparison comparison]): int", _index),
    ("IndexOf(char value, [int start]): int", _index),
    ("IndexOfAny(char[] values): int", _index_any),
    ("LastIndexOf(string value, [StringComparison comparison]): int", _last_index),
    ("LastIndexOf(char value): int", _last_index),
    ("Substring(int start, [int length]): string", _substring),
    ("Insert(int start, string value): string", _insert),
    ("Remove(int start, [int count]): string", _remove),
    ("Replace(string old, string? new): string", Framed(_replace)),
    ("Replace(char old, char new): string", Framed(_replace)),
    ("Split(params char separators): string[]", Framed(_split)),
    ("Split(char[]? separators, [StringSplitOptions options]): string[]", Framed(_split)),
    (
        "Split(char[]? separators, int count, [StringSplitOptions options]): string[]",
        Framed(_split),
    ),
    ("Split(string[]? separators, StringSplitOptions options): string[]", Framed(_split)),
    ("Split(string[]? separators, int count, StringSplitOptions o): string[]", Framed(_split)),
    ("Split(string? separator, [StringSplitOptions options]): string[]", Framed(_split)),
    ("Split(char separator, StringSplitOptions options): string[]", Framed(_split)),
    ("Split(char separator, int count, [StringSplitOptions options]): string[]", Framed(_split)),
    ("Trim(params char characters): string", _trim),
    ("Trim(char[] characters): string", _trim),
    ("TrimStart(params char characters): string", _trim_start),
    ("TrimStart(char[] characters): string", _trim_start),
    ("TrimEnd(params char characters): string", _trim_end),
    ("TrimEnd(char[] characters): string", _trim_end),
    ("ToLower(): string", str.lower),
    ("ToLowerInvariant(): string", str.lower),
    ("ToUpper(): string", str.upper),
    ("ToUpperInvariant(): string", str.upper),
    ("PadLeft(int width, [char fill]): string", _pad_left),
    ("PadRight(int width, [char fill]): string", _pad_right),
    ("Equals(string? value, [StringComparison comparison]): bool", equal),
    ("CompareTo(string? value): int", compare),
    ("ToCharArray(): char[]", lambda text: list(map(Char, text))),
]

STRING_STATIC: Rows = [
    ("Empty: string", lambda: ""),
    ("IsNullOrEmpty(string? value): bool", lambda text: not text),
    ("IsNullOrWhiteSpace(string? value): bool", _is_blank),
    ("Join(string? separator, IEnumerable<string> values): string", Framed(join)),
    ("Join(string? separator, IEnumerable<object> values): string", Framed(join)),
    ("Join(string? separator, params object? values): string", Framed(join)),
    ("Concat(IEnumerable<string> values): string", Framed(_concat)),
    ("Concat(params object? values): string", Framed(_concat)),
    ("Format(string format, object[] values): string", Framed(_format)),
    ("Format(string format, params object? values): string", Framed(_format)),
    ("Equals(string? left, string? right, [StringComparison comparison]): bool", equal),
    ("Compare(string? left, string? right, [bool ignoreCase]): int", compare),
    ("Compare(string? left, string? right, StringComparison comparison): int", compare),
    ("new(char character, int count): string", _repeated),
    ("new(char[] characters): string", "".join),
]

CHAR_STATIC: Rows = [
    ("IsDigit(char value): bool", str.isdecimal),
    ("IsNumber(char value): bool", str.isnumeric),
    ("IsLetter(char value): bool", str.isalpha),
    ("IsLetterOrDigit(char value): bool", lambda value: value.isalpha() or value.isdecimal()),
    ("IsUpper(char value): bool", str.isupper),
    ("IsLower(char value): bool", str.islower),
    ("IsWhiteSpace(char value): bool", lambda value: value in _SPACES),
    ("ToUpper(char value): char", lambda value: Char(value.upper()[0])),
    ("ToLower(char value): char", lambda value: Char(value.lower()[0])),
    ("ToUpperInvariant(char value): char", lambda value: Char(value.upper()[0])),
    ("ToLowerInvariant(char value): char", lambda value: Char(value.lower()[0])),
]

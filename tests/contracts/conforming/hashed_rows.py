"""Which rows came, and what are their hashes? Written without a look at the emulator."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

NAMES = ["Col2", *(f"Col2_HashingFeature.{number}" for number in range(8))]
Texts = list[str | None]


class Refused(Exception):
    """A call that gets an error: its class, its detail code, and what it is about."""

    def __init__(self, kind: str, code: str, target: str, *, allow: str = "") -> None:
        super().__init__(kind, code, target)
        self.kind, self.code, self.target, self.allow = kind, code, target, allow

    @property
    def text(self) -> str:
        """Words of its own; nobody may depend on them."""
        return f"No good: {self.target}"


def as_read(inputs: Any, *, swagger: bool) -> Texts:
    """Return the texts of a request's only input."""
    if inputs is not None and not isinstance(inputs, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", "Inputs")
    if set(inputs or ()) - {"input1"}:
        raise Refused("BadArgument", "InvalidInputNames", "Inputs")
    if not inputs:
        raise Refused("BadArgument", "MissingRequestInput", "input1")
    tables = _records(inputs["input1"]) if swagger else _table(inputs["input1"])
    return [text_of(names, row) for names, row in tables]


def _records(given: Any) -> Iterator[tuple[list[Any], Any]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Refused("BadArgument", "RequestBodyInvalid", "input1")
    return ((list(each), list(each.values())) for each in given)


def _table(given: Any) -> Iterator[tuple[list[Any], Any]]:
    match given:
        case {"ColumnNames": list(names), "Values": list(rows)}:
            check_names(names)
            return ((names, row) for row in rows)
        case _:
            raise Refused("BadArgument", "RequestBodyInvalid", "input1")


def check_names(names: list[Any]) -> None:
    """Refuse any columns but ours."""
    if names != ["Col2"]:
        raise Refused("BadUserArgument", "InputMismatchError", "input1")


def text_of(names: list[Any], row: Any) -> str | None:
    """Return the only cell of a row as text; None is a missing value."""
    check_names(names)
    if not isinstance(row, list):
        raise Refused("BadArgument", "RequestBodyInvalid", "Values")
    if len(row) != 1:
        raise Refused("LibraryExecutionError", "1000", "Values")
    match row[0]:
        case None | str():
            return row[0]
        case bool() | int() | float():
            return str(row[0])
        case _:
            raise Refused("BadUserArgument", "InputParseError", "Values")


def scored(texts: Texts) -> list[list[str]]:
    """Return the rows of the output, as they are written; a row without a text is dropped."""
    return [[text, *map(str, counts(text))] for text in texts if text is not None]


def counts(text: str) -> list[int]:
    """Count words and pairs of neighbours in eight buckets."""
    words = [hash_of(word) for word in text.encode().split()]
    buckets = [0] * 8
    for value in [*words, *(first * 27942141 + second for first, second in pairwise(words))]:
        buckets[value & 7] += 1
    return buckets


def hash_of(word: bytes) -> int:
    """Return a number as itself, and murmur3 (32 bits, seed 0) of everything else."""
    if word.isdigit():
        return int(word[-32:])
    value = 0
    for start in range(0, len(word) & ~3, 4):
        value ^= _mixed(int.from_bytes(word[start : start + 4], "little"))
        value = (_rotated(value, 13) * 5 + 0xE6546B64) & _ALL
    value ^= _mixed(int.from_bytes(word[len(word) & ~3 :], "little"))
    value ^= len(word)
    value = ((value ^ value >> 16) * 0x85EBCA6B) & _ALL
    value = ((value ^ value >> 13) * 0xC2B2AE35) & _ALL
    return value ^ value >> 16


_ALL = 0xFFFFFFFF


def _mixed(block: int) -> int:
    return (_rotated(block * 0xCC9E2D51 & _ALL, 15) * 0x1B873593) & _ALL


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> (32 - by)) & _ALL

"""At which line and position of a JSON text does a value stand, as .NET's reader counts?

The position is how many characters of the line have been read when the value begins to be known:
for an object or an array its first bracket, for anything else its last character.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from json import JSONDecoder

_BLANKS = re.compile(r"[ \t\n\r]*")
_DECODER = JSONDecoder()
_BROKEN = (ValueError, IndexError, RecursionError)
"""The text is not what the path says, as with a name that is there twice: the place is a guess."""


def place_of(text: str, path: Sequence[str | int]) -> tuple[int, int]:
    """Return line (from 1) and position of what a path leads to in a text that is JSON."""
    start = _blanks(text, 0)
    with suppress(*_BROKEN):
        for step in path:
            start = _descend(text, start, step)
        start = start + 1 if text[start] in "{[" else _end(text, start)
    return place_at(text, start)


def place_of_name(text: str, path: Sequence[str | int], name: str) -> tuple[int, int]:
    """Return line and position of a property's name, its colon included."""
    start = _blanks(text, 0)
    with suppress(*_BROKEN):
        for step in path:
            start = _descend(text, start, step)
        start = _colon(text, start, name)
    return place_at(text, start)


def place_at(text: str, offset: int) -> tuple[int, int]:
    """Return line and position when so many characters have been read."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)


def _descend(text: str, start: int, step: str | int) -> int:
    """Return where a member of the container at `start` begins."""
    if isinstance(step, str):
        return _blanks(text, _colon(text, start, step))
    position = _blanks(text, start + 1)
    for _ in range(step):
        position = _blanks(text, _comma(text, _end(text, position)))
    return position


def _colon(text: str, start: int, name: str) -> int:
    """Return the offset behind the colon of a property of the object at `start`."""
    position = _blanks(text, start + 1)
    while text[position] == '"':
        found, position = _DECODER.raw_decode(text, position)
        position = _blanks(text, position) + 1
        if found == name:
            return position
        position = _comma(text, _end(text, _blanks(text, position)))
        position = _blanks(text, position)
    raise ValueError(name)


def _end(text: str, start: int) -> int:
    """Return the offset behind the value at `start`."""
    return _DECODER.raw_decode(text, start)[1]


def _comma(text: str, position: int) -> int:
    position = _blanks(text, position)
    if text[position] != ",":
        raise ValueError(position)
    return position + 1


def _blanks(text: str, position: int) -> int:
    matched = _BLANKS.match(text, position)
    return position if matched is None else matched.end()

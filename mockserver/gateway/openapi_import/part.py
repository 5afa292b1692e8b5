"""What stands where in an OpenAPI document, and what is wrong there?

A `Part` is a value and its place. It follows references, and notes mistakes instead of stopping at
the first, so that a user sees all of them at once.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Place = tuple[int | str, ...]

_INDEX = re.compile(r"[0-9]{1,8}")
MOST_PARTS = 2_000_000
"""How often parts may be looked at. References make a small document unfold into a huge one."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What keeps a document from being imported, and where in it."""

    place: Place
    what: str


class DocumentNotImportable(Exception):
    """An OpenAPI document cannot become an API; `mistakes` are never empty."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(mistake.what for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(slots=True)
class _Book:
    """What the parts of one document share. A dictionary keeps mistakes in order, each once."""

    root: Any
    mistakes: dict[Mistake, None] = field(default_factory=dict)
    room: int = field(default_factory=lambda: MOST_PARTS)


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the document, and its place."""

    value: Any
    place: Place
    _book: _Book

    @classmethod
    def whole(cls, document: Any) -> "Part":
        """Return a document as the part that all others are in."""
        return cls(document, (), _Book(document))

    @property
    def mistakes(self) -> list[Mistake]:
        """What was noted so far, anywhere in the document."""
        return list(self._book.mistakes)

    def wrong(self, what: str) -> None:
        """Note a mistake of this part."""
        self._book.mistakes[Mistake(self.place, what)] = None

    def get(self, name: str) -> "Part | None":
        """Return a member, or None if there is none, or null."""
        if not isinstance(self.value, dict) or self.value.get(name) is None:
            return None
        return self.inner(name, self.value[name])

    def text(self, name: str) -> str:
        """Return a member that must be a text; empty if it is left out."""
        member = self.get(name)
        if member is None:
            return ""
        if not isinstance(member.value, str):
            member.wrong("must be a text")
            return ""
        return member.value

    def members(self, name: str) -> "Iterator[tuple[str, Part]]":
        """Yield the members of a member that must be a mapping; nothing if it is left out."""
        holder = self.get(name)
        if holder is None:
            return
        if not isinstance(holder.value, dict):
            holder.wrong("must be a mapping")
            return
        for key, value in holder.value.items():
            yield str(key), holder.inner(str(key), value)

    def elements(self, name: str) -> "Iterator[Part]":
        """Yield the elements of a member that must be a list; nothing if it is left out."""
        holder = self.get(name)
        if holder is None:
            return
        if not isinstance(holder.value, list):
            holder.wrong("must be a list")
            return
        for number, value in enumerate(holder.value):
            yield holder.inner(number, value)

    def followed(self) -> "Part | None":
        """Return the mapping that this part is or refers to; None, after a note, if there is none.

        What is found keeps its own place: a mistake in a shared part is told once.
        """
        part, passed = self, {self.place}
        while isinstance(part.value, dict) and "$ref" in part.value:
            target = part.target()
            if target is None:
                return None
            if target.place in passed:
                self.wrong("the reference leads in a circle")
                return None
            passed.add(target.place)
            part = target
        if not isinstance(part.value, dict):
            part.wrong("must be a mapping")
            return None
        return part

    def target(self) -> "Part | None":
        """Return what `$ref` of this part names; None, after a note, if that is not there."""
        reference = self.value["$ref"]
        here = self.inner("$ref", reference)
        if not isinstance(reference, str):
            here.wrong("must be a text")
            return None
        file, separator, pointer = reference.partition("#")
        if file or not separator:
            here.wrong(f"'{reference}' is outside of this document, where nothing is followed")
            return None
        found = self._at(pointer)
        if found is None:
            here.wrong(f"nothing is at '{reference}'")
        return found

    def inner(self, step: int | str, value: Any) -> "Part":
        """Return `value`, which is one step further in."""
        self._book.room -= 1
        if self._book.room < 0:
            what = f"its references unfold into more than {MOST_PARTS:,} parts"
            raise DocumentNotImportable([Mistake((), what)])
        return Part(value, (*self.place, step), self._book)

    def _at(self, pointer: str) -> "Part | None":
        value, place = self._book.root, list[int | str]()
        tokens = pointer.split("/")
        if tokens[0]:
            return None  # an anchor, not a pointer
        for token in tokens[1:]:
            name = unquote(token).replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and name in value:
                value = value[name]
                place.append(name)
            elif isinstance(value, list) and _INDEX.fullmatch(name):
                if int(name) >= len(value):
                    return None
                value = value[int(name)]
                place.append(int(name))
            else:
                return None
        return Part(value, tuple(place), self._book)

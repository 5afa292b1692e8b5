"""How is a regular expression matched in time that is in proportion to the text?

A pattern becomes a small program, and a place of the program that failed at a place of the text is
not tried there again. So no pattern takes more steps than its length times that of the text, and
all steps are counted. What would need more than that is refused: references back to a group,
looking behind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mockserver.gateway.expressions.pattern_parts import (
    Choice,
    Group,
    Look,
    One,
    Part,
    PatternNotUsable,
    Place,
    Repeat,
    Row,
    read_pattern,
)

_LONGEST_PROGRAM = 4000
_EACH = 4
"""Steps that every attempt costs."""
Spend = Callable[[int], None]
Spans = tuple[int | None, ...]


@dataclass(slots=True)
class Code:
    """One step: take a character, go on at one or two places, note a place, look."""

    test: Callable[[str], object] | None = None
    goes: tuple[int, ...] = ()
    """Where it goes on, the preferred way first; behind itself if there is nothing."""
    save: int = -1
    place: str = ""
    look: "Program | None" = None
    is_negative: bool = False


@dataclass(slots=True)
class Program:
    """A compiled pattern."""

    codes: list[Code] = field(default_factory=list)
    slots: int = 2
    names: Mapping[str, int] = field(default_factory=dict)

    def search(self, text: str, start: int, spend: Spend) -> Spans | None:
        """Return where the first match and its groups begin and end, or None."""
        seen: set[int] = set()
        for place in range(start, len(text) + 1):
            found = self.match(text, place, seen, spend)
            if found is not None:
                return found
        return None

    def match(  # noqa: C901 - calls would cost more than all the rest
        self, text: str, place: int, seen: set[int], spend: Spend
    ) -> Spans | None:
        """Return the match that begins at this place, or None."""
        width, codes, before = len(text) + 1, self.codes, len(seen)
        pending: list[tuple[int, int, Spans]] = [(0, place, (None,) * self.slots)]
        while pending:
            number, at, saved = pending.pop()
            while number < len(codes):
                state = number * width + at
                if state in seen:
                    break
                seen.add(state)
                if len(seen) - before >= 64:  # noqa: PLR2004 - often enough
                    spend(16)
                    before = len(seen)
                code = codes[number]
                if code.test is not None:
                    if at >= len(text) or not code.test(text[at]):
                        break
                    at += 1
                elif code.save >= 0:
                    saved = (*saved[: code.save], at, *saved[code.save + 1 :])
                elif code.goes:
                    pending.extend((go, at, saved) for go in code.goes[:0:-1])
                    number = code.goes[0]
                    continue
                elif not self._stands(code, text, at, spend):
                    break
                number += 1
            else:
                spend(_EACH + (len(seen) - before) // 4)
                return saved
        spend(_EACH + (len(seen) - before) // 4)
        return None

    def _stands(self, code: Code, text: str, at: int, spend: Spend) -> bool:
        if code.look is not None:
            found = code.look.match(text, at, set(), spend) is not None
            return found != code.is_negative
        return _PLACES[code.place](text, at)


def _is_word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _at_edge(text: str, at: int) -> bool:
    return _is_word(text, at - 1) != _is_word(text, at)


_PLACES: Mapping[str, Callable[[str, int], bool]] = {
    "^": lambda _, at: at == 0,
    "^m": lambda text, at: at == 0 or text[at - 1] == "\n",
    "$": lambda text, at: at == len(text) or (at == len(text) - 1 and text[at] == "\n"),
    "$m": lambda text, at: at == len(text) or text[at] == "\n",
    "A": lambda _, at: at == 0,
    "Z": lambda text, at: at == len(text) or (at == len(text) - 1 and text[at] == "\n"),
    "z": lambda text, at: at == len(text),
    "b": _at_edge,
    "B": lambda text, at: not _at_edge(text, at),
}


class _Writer:
    """Writes the program of a pattern."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self.codes: list[Code] = []

    def write(self, part: Part) -> None:
        """Append what matches a part."""
        if len(self.codes) > _LONGEST_PROGRAM:
            raise PatternNotUsable("the pattern is too long once its repetitions are written out")
        if isinstance(part, One):
            self.codes.append(Code(test=part.test))
        elif isinstance(part, Row):
            for item in part.parts:
                self.write(item)
        elif isinstance(part, Choice):
            self._choice(part)
        elif isinstance(part, Repeat):
            self._repeat(part)
        else:
            self._other(part)

    def _other(self, part: Part) -> None:
        if isinstance(part, Group):
            self.codes.append(Code(save=2 * part.number))
            self.write(part.part)
            self.codes.append(Code(save=2 * part.number + 1))
        elif isinstance(part, Look):
            inner = _Writer(self._slots)
            inner.write(part.part)
            look = Program(inner.codes, self._slots)
            self.codes.append(Code(look=look, is_negative=part.is_negative))
        elif isinstance(part, Place):
            self.codes.append(Code(place=part.name))

    def _choice(self, part: Choice) -> None:
        ends: list[Code] = []
        for number, item in enumerate(part.parts):
            fork = Code()
            if number < len(part.parts) - 1:
                self.codes.append(fork)
            begun = len(self.codes)
            self.write(item)
            if number < len(part.parts) - 1:
                ends.append(Code())
                self.codes.append(ends[-1])
                fork.goes = (begun, len(self.codes))
        for end in ends:
            end.goes = (len(self.codes),)

    def _repeat(self, part: Repeat) -> None:
        for _ in range(part.least):
            self.write(part.part)
        if part.most is None:
            fork, begun = Code(), len(self.codes)
            self.codes.append(fork)
            self.write(part.part)
            self.codes.append(Code(goes=(begun,)))
            fork.goes = self._ways(begun + 1, len(self.codes), part)
            return
        forks: list[tuple[Code, int]] = []
        for _ in range(part.most - part.least):
            forks.append((Code(), len(self.codes) + 1))
            self.codes.append(forks[-1][0])
            self.write(part.part)
        for fork, begun in forks:
            fork.goes = self._ways(begun, len(self.codes), part)

    @staticmethod
    def _ways(inside: int, behind: int, part: Repeat) -> tuple[int, int]:
        return (behind, inside) if part.is_lazy else (inside, behind)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, options: str = "None") -> Program:
    """Compile a pattern. Raises PatternNotUsable."""
    read = read_pattern(pattern, options)
    slots = 2 + 2 * read.groups
    writer = _Writer(slots)
    writer.write(Group(0, read.part))
    return Program(writer.codes, slots, read.names)

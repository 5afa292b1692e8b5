"""What is a regular expression of .NET made of?"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LONGEST = 1000
"""The most characters of a pattern."""
_DEEPEST = 30
_MOST_REPEATED = 1000


class PatternNotUsable(ValueError):
    """A regular expression is wrong or not supported; the text says why."""


@dataclass(slots=True)
class One:
    """One character that passes a test."""

    test: Callable[[str], object]


@dataclass(slots=True)
class Row:
    """Parts one behind the other."""

    parts: "list[Part]"


@dataclass(slots=True)
class Choice:
    """One of several parts."""

    parts: "list[Part]"


@dataclass(slots=True)
class Repeat:
    """A part several times: as often as possible, or as seldom if it is lazy."""

    part: "Part"
    least: int
    most: int | None
    is_lazy: bool = False


@dataclass(slots=True)
class Group:
    """A part whose place is noted."""

    number: int
    part: "Part"


@dataclass(slots=True)
class Look:
    """A part that has to follow, or must not, without being taken."""

    part: "Part"
    is_negative: bool


@dataclass(slots=True)
class Place:
    """A place between two characters."""

    name: str


Part = One | Row | Choice | Repeat | Group | Look | Place


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read: its structure, how many groups it has, and their names."""

    part: Part
    groups: int
    names: Mapping[str, int] = field(default_factory=dict)


_SET = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[dDwWsS]|[tnrfv0ae]|[^A-Za-z0-9])")
_OPENING = re.compile(r"\((?:\?(?:(:)|(=)|(!)|<(\w+)>|'(\w+)'|([imsn]*):))?")
_QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d{1,4})(,(\d{1,4})?)?\})([?+]?)")
_FLAGS = re.compile(r"\(\?([ims]+)\)")
_PLACES = frozenset("AZzbB")


class _Reader:
    def __init__(self, pattern: str, options: str) -> None:
        self._text, self._place, self._depth = pattern, 0, 0
        self._folds = "IgnoreCase" in options
        self._is_multiline = "Multiline" in options
        self._is_single = "Singleline" in options
        self._unnamed: list[Group] = []
        self._named: list[tuple[str, Group]] = []

    def read(self) -> Pattern:
        flags = _FLAGS.match(self._text)
        if flags is not None:
            self._place = flags.end()
            self._folds = self._folds or "i" in flags.group(1)
            self._is_multiline = self._is_multiline or "m" in flags.group(1)
            self._is_single = self._is_single or "s" in flags.group(1)
        part = self._choice()
        if self._place < len(self._text):
            raise PatternNotUsable("too many )")
        # .NET counts the groups with names behind those without.
        names: dict[str, int] = {}
        for group in self._unnamed:
            group.number = self._unnamed.index(group) + 1
        for name, group in self._named:
            group.number = names.setdefault(name, len(self._unnamed) + len(names) + 1)
        return Pattern(part, len(self._unnamed) + len(names), names)

    def _sign(self) -> str:
        return self._text[self._place : self._place + 1]

    def _choice(self) -> Part:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise PatternNotUsable(f"groups nested more than {_DEEPEST} deep")
        rows = [self._row()]
        while self._sign() == "|":
            self._place += 1
            rows.append(self._row())
        self._depth -= 1
        return rows[0] if len(rows) == 1 else Choice(rows)

    def _row(self) -> Part:
        parts: list[Part] = []
        while self._sign() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return Row(parts)

    def _repeated(self, part: Part) -> Part:
        found = _QUANTIFIER.match(self._text, self._place)
        if found is None:
            return part
        self._place = found.end()
        sign, least, more, most, lazy = found.groups()
        if lazy == "+" or _QUANTIFIER.match(self._text, self._place):
            raise PatternNotUsable("a quantifier behind a quantifier")
        bounds: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        low, high = bounds.get(sign) or (
            int(least),
            int(most) if most else None if more else int(least),
        )
        if max(low, high or 0) > _MOST_REPEATED or (high is not None and high < low):
            raise PatternNotUsable(f"a repetition beyond {_MOST_REPEATED}, or backwards")
        return Repeat(part, low, high, lazy == "?")

    def _atom(self) -> Part:
        sign = self._sign()
        if sign == "(":
            return self._group()
        if sign in "^$":
            self._place += 1
            return Place(f"{sign}m" if self._is_multiline else sign)
        if sign == "\\" and self._text[self._place + 1 : self._place + 2] in _PLACES:
            self._place += 2
            return Place(self._text[self._place - 1])
        if sign in "*+?":
            raise PatternNotUsable(f"{sign} behind nothing")
        return self._one(sign)

    def _one(self, sign: str) -> Part:
        if sign == ".":
            self._place += 1
            return One(str) if self._is_single else One(lambda character: character != "\n")
        if sign not in "[\\":
            self._place += 1
            return self._literal(sign)
        found = (_SET if sign == "[" else _ESCAPE).match(self._text, self._place)
        if found is None:
            shown = self._text[self._place : self._place + 3]
            raise PatternNotUsable(f"{shown} is not supported")
        self._place = found.end()
        return self._set(found.group())

    def _literal(self, sign: str) -> Part:
        if self._folds and sign.lower() != sign.upper():
            both = sign.lower() + sign.upper()
            return One(lambda character: character in both)
        return One(sign.__eq__)

    def _set(self, text: str) -> Part:
        text = {"\\e": "\\x1b"}.get(text, text)
        if text.startswith("[") and ("[" in text[1:].replace("\\[", "") or "\\p" in text.lower()):
            text = self._plain_set(text)
        try:
            return One(re.compile(text, re.IGNORECASE if self._folds else 0).fullmatch)
        except re.error as error:
            raise PatternNotUsable(f"{text}: {error}") from error

    @staticmethod
    def _plain_set(text: str) -> str:
        if "\\p" in text.lower() or "-[" in text:
            raise PatternNotUsable(f"{text} is not supported")
        return text[0] + re.sub(r"(?<!\\)\[", r"\\[", text[1:])

    def _group(self) -> Part:
        found = _OPENING.match(self._text, self._place)
        if found is None or (
            self._text.startswith("(?", self._place) and found.end() == self._place + 1
        ):
            shown = self._text[self._place : self._place + 4]
            raise PatternNotUsable(f"{shown} is not supported")
        self._place = found.end()
        plain, ahead, not_ahead, name, quoted, flags = found.groups()
        group = Group(0, Row([]))
        if name or quoted:
            self._named.append((name or quoted, group))
        elif not (plain or ahead or not_ahead or flags is not None):
            self._unnamed.append(group)
        part = self._inner(flags or "")
        if ahead or not_ahead:
            return Look(part, bool(not_ahead))
        if plain or flags is not None:
            return part
        group.part = part
        return group

    def _inner(self, flags: str) -> Part:
        before = self._folds
        self._folds = before or "i" in flags
        part = self._choice()
        self._folds = before
        if self._sign() != ")":
            raise PatternNotUsable("not enough )")
        self._place += 1
        return part


def read_pattern(pattern: str, options: str = "None") -> Pattern:
    """Read a pattern. Raises PatternNotUsable."""
    if len(pattern) > LONGEST:
        raise PatternNotUsable(f"a pattern has at most {LONGEST} characters")
    return _Reader(pattern, options).read()

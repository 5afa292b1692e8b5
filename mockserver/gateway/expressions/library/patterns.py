"""What can be done with regular expressions?"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.bounds import Frame, check_length
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.pattern_parts import PatternNotUsable
from mockserver.gateway.expressions.regular import Program, Spans, compile_pattern
from mockserver.gateway.expressions.texts import Named
from mockserver.gateway.expressions.throwing import Thrown, out_of_range
from mockserver.gateway.expressions.times import TimeSpan

FACTS = (
    Fact(
        "A time limit for a match is taken and not measured: a match has as many steps as the whole"
        " expression.",
        Evidence.ASSUMED,
        "a rule of the emulator: what a call gets does not depend on how busy the machine is",
    ),
)

_ENDLESS = TimeSpan(-10_000)
"""Regex.InfiniteMatchTimeout."""
_REFERENCE = re.compile(r"\$(?:(\$)|(&)|(\d{1,2})|\{(\w+)\})")


class Group:
    """A group of a match: a part of the text, or nothing."""

    __slots__ = ("index", "length", "success", "value")

    def __init__(self, text: str, start: int | None, end: int | None) -> None:
        self.success = start is not None and end is not None
        self.index, self.length = (
            (start or 0, (end or 0) - (start or 0)) if self.success else (0, 0)
        )
        self.value = text[self.index : self.index + self.length]

    def written(self) -> str:
        """Return the text of the group."""
        return self.value


class Match(Group):
    """A match, or that there is none."""

    __slots__ = ("_names", "_spans", "_text")

    def __init__(self, text: str, spans: Spans | None, names: Mapping[str, int]) -> None:
        super().__init__(text, *(spans[:2] if spans is not None else (None, None)))
        self._text, self._spans, self._names = text, spans or (None, None), names

    def group(self, key: int | str) -> Group:
        """Return a group by its number or name; one without success if there is none."""
        if isinstance(key, str):
            key = self._names.get(key, int(key) if key.isdecimal() and len(key) < 4 else -1)  # noqa: PLR2004
        if not 0 <= key < len(self._spans) // 2:
            return Group(self._text, None, None)
        return Group(self._text, *self._spans[2 * key : 2 * key + 2])

    def groups(self) -> list[Group]:
        """Return all groups; the first is the match itself."""
        return [self.group(number) for number in range(len(self._spans) // 2)]

    @property
    def end(self) -> int:
        return self.index + self.length


class Groups(list[Group]):
    """The groups of a match."""

    __slots__ = ("match",)

    def __init__(self, match: Match) -> None:
        super().__init__(match.groups())
        self.match = match


def _program(pattern: str, options: Named | None, timeout: TimeSpan | None = None) -> Program:
    if timeout is not None and timeout != _ENDLESS and timeout.ticks <= 0:
        raise out_of_range("matchTimeout")
    try:
        return compile_pattern(pattern, "None" if options is None else options.name)
    except PatternNotUsable as error:
        message = f"Invalid pattern '{pattern}': {error}."
        raise Thrown(message, "RegexParseException") from error


def _found(frame: Frame, text: str, program: Program, start: int = 0) -> Match:
    return Match(text, program.search(text, start, frame.spend), program.names)


def _match(
    frame: Frame,
    text: str,
    pattern: str,
    options: Named | None = None,
    timeout: TimeSpan | None = None,
) -> Match:
    return _found(frame, text, _program(pattern, options, timeout))


def _is_match(frame: Frame, text: str, pattern: str, *rest: Any) -> bool:
    return _match(frame, text, pattern, *rest).success


def _matches(
    frame: Frame,
    text: str,
    pattern: str,
    options: Named | None = None,
    timeout: TimeSpan | None = None,
) -> list[Match]:
    program, found, place = _program(pattern, options, timeout), [], 0
    while place <= len(text):
        match = _found(frame, text, program, place)
        if not match.success:
            break
        frame.claim(16)
        found.append(match)
        place = match.end + (not match.length)
    return found


def _replace(frame: Frame, text: str, pattern: str, by: Any, *rest: Any) -> str:
    pieces, place, length = [], 0, 0
    for match in _matches(frame, text, pattern, *rest):
        new = _expanded(by, match) if isinstance(by, str) else by(match)
        pieces += [text[place : match.index], new or ""]
        length += len(pieces[-1])
        check_length(length)
        place = match.end
    frame.claim(length + len(text))
    return "".join((*pieces, text[place:]))


def _expanded(form: str, match: Match) -> str:
    def put(found: "re.Match[str]") -> str:
        dollar, whole, number, name = found.groups()
        if dollar or whole:
            return match.value if whole else "$"
        return match.group(int(number) if number else name).value

    return _REFERENCE.sub(put, form) if "$" in form else form


def _split(frame: Frame, text: str, pattern: str, *rest: Any) -> list[str]:
    pieces, place = [], 0
    for match in _matches(frame, text, pattern, *rest):
        pieces.append(text[place : match.index])
        pieces += [group.value for group in match.groups()[1:] if group.success]
        place = match.end
    return [*pieces, text[place:]]


class Regex:
    """A pattern that was made with `new`."""

    __slots__ = ("options", "pattern")

    def __init__(
        self, pattern: str, options: Named | None = None, timeout: TimeSpan | None = None
    ) -> None:
        _program(pattern, options, timeout)
        self.pattern, self.options = pattern, options


def _of_instance(function: Callable[..., Any]) -> Framed:
    def call(frame: Frame, regex: Regex, text: str, *rest: Any) -> Any:
        return function(frame, text, regex.pattern, *rest, regex.options)

    return Framed(call)


_GROUP: Rows = [
    ("Success: bool", lambda group: group.success),
    ("Value: string", lambda group: group.value),
    ("Index: int", lambda group: group.index),
    ("Length: int", lambda group: group.length),
]
TABLES: dict[str, Rows] = {
    "Group": _GROUP,
    "Match": [("Groups: GroupCollection", Groups)],
    "GroupCollection": [
        ("Count: int", len),
        ("[](int number): Group", lambda groups, key: groups.match.group(key)),
        ("[](string name): Group", lambda groups, key: groups.match.group(key)),
    ],
    "MatchCollection": [("Count: int", len), ("[](int index): Match", lambda found, n: found[n])],
    "Regex": [
        ("IsMatch(string text): bool", _of_instance(_is_match)),
        ("Match(string text): Match", _of_instance(_match)),
        ("Matches(string text): MatchCollection", _of_instance(_matches)),
        ("Replace(string text, string replacement): string", _of_instance(_replace)),
        (
            "Replace(string text, Func<Match, string> evaluator): string",
            _of_instance(_replace),
        ),
        ("Split(string text): string[]", _of_instance(_split)),
    ],
}
_HOW = "[RegexOptions options], [TimeSpan timeout]"
STATIC: dict[str, Rows] = {
    "Regex": [
        (f"IsMatch(string text, string pattern, {_HOW}): bool", Framed(_is_match)),
        (f"Match(string text, string pattern, {_HOW}): Match", Framed(_match)),
        (f"Matches(string text, string pattern, {_HOW}): MatchCollection", Framed(_matches)),
        (
            f"Replace(string text, string pattern, string replacement, {_HOW}): string",
            Framed(_replace),
        ),
        (
            f"Replace(string text, string pattern, Func<Match, string> evaluator, {_HOW}): string",
            Framed(_replace),
        ),
        (f"Split(string text, string pattern, {_HOW}): string[]", Framed(_split)),
        (
            "Escape(string text): string",
            lambda text: re.sub(r"([\\*+?|{\[()^$.# ])", r"\\\1", text),
        ),
        (f"new(string pattern, {_HOW}): Regex", Regex),
        ("InfiniteMatchTimeout: TimeSpan", lambda: _ENDLESS),
    ]
}
ENUMS: dict[str, tuple[str, ...]] = {
    "RegexOptions": (
        "None",
        "IgnoreCase",
        "Multiline",
        "Singleline",
        "Compiled",
        "CultureInvariant",
    )
}

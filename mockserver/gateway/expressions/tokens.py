"""Which words, literals and signs is an expression made of?

C# cannot be read with one word of foresight: `(a) - b` is a sum or a cast, `a < b > (c)` a call or
two comparisons. So what is a type is found here, and becomes one token: a cast, the arguments of a
generic method, what is declared. What remains is plain enough for the grammar.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.gateway.expressions.literals import read_character, read_number, read_string
from mockserver.gateway.expressions.source import Source

MOST_TOKENS = 20_000
DEEPEST = 48
"""How deep brackets may be nested."""

KEYWORDS = frozenset(
    {
        *("if", "else", "return", "foreach", "for", "while", "do", "in", "new", "out", "as", "is"),
        *("true", "false", "null", "break", "continue", "throw", "try", "catch", "finally"),
        *("switch", "case", "default", "using", "unchecked"),
    }
)
PREDEFINED = frozenset(
    {"string", "bool", "int", "long", "double", "decimal", "char", "byte", "object"}
)
"""Types that are keywords: in brackets they always make a cast."""

_TOKEN = re.compile(
    r"""
      (?P<SPACE>\s+|//[^\n]*|/\*.*?\*/)
    | (?P<INTERPOLATED>\$@?"|@\$")
    | (?P<STRING>@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*")
    | (?P<CHARACTER>'(?:[^'\\\n]|\\[^\n][0-9a-fA-F]{0,8})')
    | (?P<NUMBER>0[xX][0-9a-fA-F_]+[lLuU]{0,2}
        |(?:\d[\d_]*)?\.\d+(?:[eE][+-]?\d+)?[fFdDmM]?
        |\d[\d_]*(?:[eE][+-]?\d+)?[fFdDmMlLuU]{0,2})
    | (?P<NAME>@?[^\W\d]\w*)
    | (?P<SIGN>=>|\?\?=|\?\?|\?\.(?!\d)|\?\[|[-+*/%=!<>]=|&&|\|\||\+\+|--
        |[-+*/%<>=!?:;,.(){}\[\]&|^])
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {
    "(": "_OPEN",
    ")": "_CLOSE",
    "[": "INDEX",
    "]": "_BRACKET",
    "{": "_BRACE",
    "}": "_END",
    ",": "_COMMA",
    ".": "_DOT",
    ";": "_SEMICOLON",
    ":": "_COLON",
    "?": "_QUESTION",
    "?.": "_SAFE_DOT",
    "?[": "SAFE_INDEX",
    "??": "_COALESCE",
    "&&": "_AND",
    "||": "_OR",
    "+": "SUM",
    "-": "SUM",
    "*": "PRODUCT",
    "/": "PRODUCT",
    "%": "PRODUCT",
    "!": "NOT",
    **dict.fromkeys(("<", ">", "<=", ">="), "RELATION"),
    "&": "BIT_AND",
    "|": "BIT_OR",
    "^": "BIT_XOR",
    **dict.fromkeys(("==", "!="), "EQUALITY"),
    **dict.fromkeys(("=", "+=", "-=", "*=", "/=", "%="), "ASSIGN"),
    **dict.fromkeys(("++", "--"), "STEP"),
}
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A token: its name in the grammar, its text, where it begins and ends, what it stands for."""

    name: str
    text: str
    start: int
    end: int
    value: Any = None


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of an interpolated string that is computed: `{expression,alignment:format}`."""

    start: int
    end: int
    alignment: int
    form: str


def scan(source: Source, start: int, end: int) -> list[Piece]:
    """Return the tokens between two places of the text. Raises ExpressionNotUsable."""
    pieces = list(_pieces(source, start, end))
    _check_brackets(source, pieces, end)
    return pieces


def _pieces(source: Source, start: int, end: int) -> Iterator[Piece]:
    place, count = start, 0
    while place < end:
        found = _TOKEN.match(source.text, place, end)
        if found is None:
            raise source.refusal(place, _unreadable(source.text[place]))
        kind = found.lastgroup
        assert kind is not None  # noqa: S101 - every alternative has a name
        count += 1
        if count > MOST_TOKENS:
            raise source.refusal(place, f"more than {MOST_TOKENS} words")
        stop = found.end()
        if kind == "INTERPOLATED":
            parts, stop = _interpolated(source, place, found.end(), end)
            yield Piece(kind, source.text[place:stop], place, stop, parts)
        elif kind != "SPACE":
            yield _piece(source, kind, found.group(), place)
        place = stop


def _unreadable(character: str) -> str:
    if character in "\"'":
        return "a string or a character is not closed"
    return f"{character!r} is not supported"


def _piece(source: Source, kind: str, text: str, place: int) -> Piece:
    name, value = kind, None
    if kind == "SIGN":
        name = _SIGNS.get(text, "ARROW" if text == "=>" else text)
        if name == text:
            raise source.refusal(place, f"the operator {text} is not supported")
    elif kind == "NAME" and text in KEYWORDS:
        name = text.upper()
    else:
        reader = {"STRING": read_string, "CHARACTER": read_character, "NUMBER": read_number}
        try:
            value = reader[kind](text) if kind in reader else text.removeprefix("@")
        except ValueError as error:
            raise source.refusal(place, str(error)) from error
    return Piece(name, text, place, place + len(text), value)


def _check_brackets(source: Source, pieces: Sequence[Piece], end: int) -> None:
    """Refuse what is nested too deep, before anything works through it."""
    opened: list[Piece] = []
    for piece in pieces:
        sign = piece.text.lstrip("?")
        if piece.name in ("_OPEN", "INDEX", "SAFE_INDEX", "_BRACE"):
            opened.append(piece)
            if len(opened) > DEEPEST:
                raise source.refusal(piece.start, f"brackets nested more than {DEEPEST} deep")
        elif piece.name in ("_CLOSE", "_BRACKET", "_END") and (
            not opened or opened.pop().text.lstrip("?") != _PAIRS[sign]
        ):
            raise source.refusal(piece.start, f"{sign} closes nothing")
    if opened:
        raise source.refusal(min(opened[-1].start, end), f"{opened[-1].text} is not closed")


def _interpolated(source: Source, start: int, place: int, end: int) -> tuple[list[str | Hole], int]:
    """Read an interpolated string whose text begins at `place`; also say where it ends."""
    verbatim = "@" in source.text[start:place]
    parts: list[str | Hole] = []
    text, begun = source.text, place
    while place < end:
        pair, character = text[place : place + 2], text[place]
        if (
            pair in ("{{", "}}")
            or (verbatim and pair == '""')
            or (character == "\\" and not verbatim)
        ):
            place += 2
        elif character == '"':
            parts.append(_literal(source, begun, place, verbatim=verbatim))
            return parts, place + 1
        elif character == "{":
            parts.append(_literal(source, begun, place, verbatim=verbatim))
            hole, place = _hole(source, place, end)
            parts.append(hole)
            begun = place
        elif character == "}":
            raise source.refusal(place, "} closes nothing; in an interpolated string write }}")
        else:
            place += 1
    raise source.refusal(start, "an interpolated string is not closed")


def _literal(source: Source, start: int, end: int, *, verbatim: bool) -> str:
    text = source.text[start:end].replace("{{", "{").replace("}}", "}")
    try:
        return read_string(f'@"{text}"' if verbatim else f'"{text}"')
    except ValueError as error:
        raise source.refusal(start, str(error)) from error


_IN_HOLE = re.compile(r'@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\]|\\.)+\'|.', re.DOTALL)
_HOLE_END = re.compile(r"(?:,\s*(-?\d{1,4})\s*)?(?::([^{}\"]*))?\}")


def _hole(source: Source, start: int, end: int) -> tuple[Hole, int]:
    """Read a hole whose brace stands at `start`; also say where the text goes on."""
    place, depth = start + 1, 0
    while place < end:
        found = _IN_HOLE.match(source.text, place, end)
        assert found is not None  # noqa: S101 - anything matches
        sign = found.group()
        if depth == 0 and sign in ",:}":
            closing = _HOLE_END.match(source.text, place, end)
            if closing is None:
                raise source.refusal(place, "alignment or format is not supported")
            alignment, form = closing.group(1) or "0", closing.group(2) or ""
            return Hole(start + 1, place, int(alignment), form), closing.end()
        depth += (sign in "([{") - (sign in ")]}")
        place = found.end()
    raise source.refusal(start, "{ is not closed")

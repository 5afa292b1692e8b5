"""Which construct of C# does a word belong to that the grammar does not expect?"""

from collections.abc import Mapping, Sequence

from mockserver.gateway.expressions.tokens import Piece

_CONSTRUCTS: Mapping[str, str] = {
    "checked": "checked",
    "unsafe": "unsafe",
    "fixed": "fixed",
    "lock": "lock",
    "goto": "goto",
    "yield": "yield",
    "await": "await",
    "async": "async",
    "static": "static",
    "ref": "ref",
    "delegate": "a delegate",
    "stackalloc": "stackalloc",
    "switch": "a switch expression",
    "from": "a query (from … select)",
    "when": "a pattern (when)",
    "not": "a pattern (not)",
    "and": "a pattern (and)",
    "or": "a pattern (or)",
}
_OPENING = frozenset({"_OPEN", "INDEX", "SAFE_INDEX", "_BRACE"})
_CLOSING = frozenset({"_CLOSE", "_BRACKET", "_END"})


def complaint(pieces: Sequence[Piece], start: int) -> str:
    """Say what is wrong with the token that begins at `start`: what it belongs to, if known."""
    place = next((n for n, piece in enumerate(pieces) if piece.start == start), 0)
    found = pieces[place]
    construct = _CONSTRUCTS.get(found.text) or (_construct(pieces, place) if place else "")
    return f"{construct} is not supported" if construct else f"{found.text} is not expected here"


def _construct(pieces: Sequence[Piece], place: int) -> str:
    """Return what a token and the one before it belong to, or nothing."""
    found, before = pieces[place], pieces[place - 1]
    if before.name == "NAME":
        return _CONSTRUCTS.get(before.text) or _behind_name(pieces, place)
    if before.name == "_CLOSE":
        return _CONSTRUCTS.get(pieces[max(_opened(pieces, place - 1) - 1, 0)].text, "")
    if before.text in ("<", ">") and found.text in ("<=", ">=") and before.end == found.start:
        return f"the operator {before.text}{found.text}"
    return ""


def _behind_name(pieces: Sequence[Piece], place: int) -> str:
    found, before = pieces[place], pieces[place - 1]
    if found.name == "NAME" and _name(pieces, place + 1) == "_OPEN":
        return f"a function within an expression, {found.text},"
    if found.name == "ASSIGN":
        is_made = _name(pieces, _opened(pieces, place)) == "_BRACE"
        what = "an object initialiser" if is_made else "an assignment within an expression"
        return f"{what}, {before.text} {found.text} …,"
    return ""


def _name(pieces: Sequence[Piece], place: int) -> str:
    return pieces[place].name if 0 <= place < len(pieces) else ""


def _opened(pieces: Sequence[Piece], place: int) -> int:
    """Return where the bracket stands that a token is in; -1 if it is in none."""
    depth = 0
    for number in range(place - 1, -1, -1):
        name = pieces[number].name
        depth += (name in _CLOSING) - (name in _OPENING)
        if depth < 0:
            return number
    return -1

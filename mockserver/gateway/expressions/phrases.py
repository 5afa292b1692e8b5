"""Which of the tokens name a type? Each such phrase becomes one token.

| token | as in |
| --- | --- |
| CAST | `(string)x` |
| GENERIC | `As<JObject>(...)`: only what is in angle brackets |
| TYPE | `new JObject(...)`, `x as string`, `string name = ...`, `out string name` |
| LAMBDA | `x =>`, `(x, y) =>` |
| SHIFT | `x >> 8`, which is no type |
"""

from collections.abc import Sequence

from mockserver.gateway.expressions.tokens import PREDEFINED, Piece

_BEFORE_STATEMENT = frozenset({"_SEMICOLON", "_BRACE", "_END", "_COLON"})
_BEHIND_DECLARED = frozenset({"ASSIGN", "_SEMICOLON", "_COMMA", "IN", "_CLOSE"})
"""What stands behind a name that is declared; in `{ a ? b : c }` something else does."""
_BEFORE_HEADER = frozenset({"FOREACH", "FOR", "CATCH", "USING"})
_OPERAND = frozenset(
    {
        *("NAME", "STRING", "CHARACTER", "NUMBER", "INTERPOLATED", "_OPEN", "NOT"),
        *("NEW", "TRUE", "FALSE", "NULL"),
    }
)
"""What a cast stands in front of. A sign may not: `(a) - b` is a difference."""


class Phrases:
    """Finds the types in a row of tokens."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._marked: list[Piece] = []

    def mark(self) -> list[Piece]:
        """Return the tokens with each phrase in one."""
        place = 0
        while place < len(self._pieces):
            if self._sign(place) == "const" and self._name(place + 1) == "NAME":
                place += 1  # what is constant is checked by nobody here
            found = self._at(place) or self._shift(place)
            if found is None:
                self._marked.append(self._pieces[place])
                place += 1
            else:
                name, first, stop = found
                self._marked.append(self._join(name, first, stop, place))
                place = max(stop, place + 1)
        return self._marked

    def _at(self, place: int) -> tuple[str, int, int] | None:
        """Return the token that begins here: its name, where its text begins and ends."""
        piece = self._pieces[place]
        if piece.name == "_OPEN":
            return self._lambda(place) or self._cast(place)
        if piece.name == "RELATION" and piece.text == "<":
            return self._generic(place)
        if piece.name == "NAME":
            return self._one_lambda(place) or self._type(place)
        return None

    def _shift(self, place: int) -> tuple[str, int, int] | None:
        """Find `>>`, which is two tokens as it may end two types, and `<<`."""
        first, second = self._pieces[place], self._pieces[place + 1 : place + 2]
        is_shift = first.text in ("<", ">") and any(
            piece.text == first.text and piece.start == first.end for piece in second
        )
        return ("SHIFT", place, place + 2) if is_shift else None

    def _join(self, name: str, first: int, stop: int, place: int) -> Piece:
        last = self._pieces[stop - 1]
        text = "".join(piece.text for piece in self._pieces[first:stop])
        end = self._pieces[max(stop, place + 1) - 1].end
        value = text
        if name in ("CAST", "GENERIC"):
            value = text[1:-1]
        elif name == "LAMBDA":
            value = text.removesuffix("=>").strip("()")
        return Piece(name, text, self._pieces[place].start, max(end, last.end), value)

    def _lambda(self, place: int) -> tuple[str, int, int] | None:
        stop = place + 1
        while self._name(stop) in ("NAME", "_COMMA"):
            stop += 1
        if self._name(stop) == "_CLOSE" and self._name(stop + 1) == "ARROW":
            return "LAMBDA", place, stop + 2
        return None

    def _one_lambda(self, place: int) -> tuple[str, int, int] | None:
        return ("LAMBDA", place, place + 2) if self._name(place + 1) == "ARROW" else None

    def _cast(self, place: int) -> tuple[str, int, int] | None:
        stop = self._phrase(place + 1, nullable=True)
        if stop is None or self._name(stop) != "_CLOSE":
            return None
        words = self._pieces[place + 1 : stop]
        is_type = words[-1].text in ("?", "]", ">")
        if words[0].text in PREDEFINED:
            is_type = is_type or len(words) == 1
        follows = self._name(stop + 1) in _OPERAND or (is_type and self._sign(stop + 1) == "-")
        return ("CAST", place, stop + 1) if follows else None

    def _generic(self, place: int) -> tuple[str, int, int] | None:
        if self._name(place - 1) != "NAME":
            return None
        stop = self._arguments(place)
        if stop is not None and self._name(stop) in ("_OPEN", "_DOT", "_BRACE"):
            return "GENERIC", place, stop
        return None

    def _type(self, place: int) -> tuple[str, int, int] | None:
        before = self._marked[-1].name if self._marked else "_SEMICOLON"
        if before in ("NEW", "IS", "AS"):
            stop = self._phrase(place, nullable=False, arrays=before != "NEW")
            return ("TYPE", place, stop) if stop is not None else None
        is_header = self._is_header()
        if before not in _BEFORE_STATEMENT and before != "OUT" and not is_header:
            return None
        stop = self._phrase(place, nullable=True)
        if stop is None:
            return None
        is_declared = self._name(stop) == "NAME" and self._name(stop + 1) in _BEHIND_DECLARED
        is_caught = is_header and self._name(stop) == "_CLOSE"
        return ("TYPE", place, stop) if is_declared or is_caught else None

    def _is_header(self) -> bool:
        names = [piece.name for piece in self._marked[-2:]]
        return len(names) > 1 and names[0] in _BEFORE_HEADER and names[1] == "_OPEN"

    def _phrase(self, place: int, *, nullable: bool, arrays: bool = True) -> int | None:
        """Return where the type that begins here ends, or None if there is none."""
        if self._name(place) != "NAME":
            return None
        place += 1
        while self._name(place) == "_DOT" and self._name(place + 1) == "NAME":
            place += 2
        if self._sign(place) == "<":
            stop = self._arguments(place)
            if stop is None:
                return None
            place = stop
        if nullable and self._name(place) == "_QUESTION":
            place += 1
        while arrays and self._name(place) == "INDEX" and self._name(place + 1) == "_BRACKET":
            place += 2
        return place

    def _arguments(self, place: int) -> int | None:
        """Return where the type arguments end whose `<` stands here."""
        while True:
            stop = self._phrase(place + 1, nullable=True)
            if stop is None:
                return None
            if self._sign(stop) == ">":
                return stop + 1
            if self._name(stop) != "_COMMA":
                return None
            place = stop

    def _name(self, place: int) -> str:
        return self._pieces[place].name if 0 <= place < len(self._pieces) else ""

    def _sign(self, place: int) -> str:
        return self._pieces[place].text if 0 <= place < len(self._pieces) else ""

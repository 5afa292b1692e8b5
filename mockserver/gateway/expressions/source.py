"""Where in a file does an expression stand, and why can it not be used?"""

from bisect import bisect_right
from collections.abc import Sequence

_SHOWN = 60
"""How much of an expression a message shows."""


class ExpressionNotUsable(ValueError):
    """An expression breaks the rules, or needs what is not supported; the text says what.

    `line` and `column` say where in the file, counted from one.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line, self.column = line, column


class Source:
    """The text of an expression; `line` and `column` say where its first character stands."""

    def __init__(self, text: str, line: int = 1, column: int = 1) -> None:
        self.text = text
        self._line, self._column = line, column
        self._starts: Sequence[int] = [
            0,
            *(number + 1 for number, character in enumerate(text) if character == "\n"),
        ]

    def refusal(self, offset: int, message: str) -> ExpressionNotUsable:
        """Return what is to be raised for a mistake at this place of the text."""
        row = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[row] + (self._column if row == 0 else 1)
        return ExpressionNotUsable(
            f"{message}, in the expression {shortened(self.text)}", self._line + row, column
        )


def shortened(text: str) -> str:
    """Write an expression in one line, and not all of it if it is long."""
    whole = " ".join(text.split())
    return whole if len(whole) <= _SHOWN else whole[: _SHOWN - 1] + "…"

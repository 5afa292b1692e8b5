"""What is the structure of an expression? A tree by the grammar in `csharp.lark`.

Only what reads and compiles expressions knows the parser library, and it is imported when the
first expression is read.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Tree, UnexpectedToken
from lark.lexer import Lexer
from typing_extensions import override

from mockserver.gateway.expressions.phrases import Phrases
from mockserver.gateway.expressions.source import Source
from mockserver.gateway.expressions.tokens import Piece, scan
from mockserver.gateway.expressions.unsupported import complaint

Branch = Tree[Token]
STATEMENTS = "statements"
EXPRESSION = "expression"


class _Scanned(Lexer):
    """Hands tokens that are there already to the parser."""

    __future_interface__ = 2

    def __init__(self, _: object) -> None:
        super().__init__()

    @override
    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        return iter(lexer_state.text)


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = files(__package__).joinpath("csharp.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        lexer=_Scanned,
        start=[EXPRESSION, STATEMENTS],
        propagate_positions=True,
    )


def parse(source: Source, start: int, end: int, what: str) -> Branch | Token:
    """Return the tree of what stands between two places. Raises ExpressionNotUsable."""
    pieces = Phrases(scan(source, start, end)).mark()
    try:
        # The library takes anything that its lexer understands, its types know text only.
        return _parser().parse(list(map(_token, pieces)), what)
    except UnexpectedToken as error:
        if error.token.type == "$END":
            raise source.refusal(end, f"{_kind_of(what)} ends too early") from error
        place = error.token.start_pos or start
        raise source.refusal(place, complaint(pieces, place)) from error


def _kind_of(what: str) -> str:
    return "the expression" if what == EXPRESSION else "the block"


def _token(piece: Piece) -> Token:
    token = Token(piece.name, piece.text, piece.start, 1, 1, 1, 1, piece.end)
    token.value = piece.value  # not only text: what a literal stands for
    return token


def place_of(branch: Branch | Token) -> int:
    """Return where in the text a part of the tree begins."""
    if isinstance(branch, Token):
        return branch.start_pos or 0
    return 0 if branch.meta.empty else branch.meta.start_pos


def as_branch(tree: Branch | Token) -> Branch:
    """Return what the grammar says is a branch."""
    if isinstance(tree, Token):
        raise TypeError(f"{tree} is a token")
    return tree


def as_token(tree: Branch | Token) -> Token:
    """Return what the grammar says is a token."""
    if isinstance(tree, Token):
        return tree
    raise TypeError(f"{tree.data} is no token")

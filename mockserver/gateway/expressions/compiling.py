"""How is an expression compiled, and what can be done with it then?"""

from lark import Token

from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.kinds import VOID
from mockserver.gateway.expressions.nodes import Node, Run
from mockserver.gateway.expressions.parse import EXPRESSION, STATEMENTS, parse
from mockserver.gateway.expressions.scope import Scope
from mockserver.gateway.expressions.source import ExpressionNotUsable, Source
from mockserver.gateway.expressions.statements import StatementBuilder

LONGEST = 64 << 10
"""The most characters of an expression."""
_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError)


class Expression:
    """An expression, ready to be evaluated any number of times."""

    __slots__ = ("_run", "_slots", "reads_request_body", "reads_response_body", "text")

    def __init__(self, text: str, run: Run, scope: Scope) -> None:
        self.text = text
        self._run, self._slots = run, scope.slots
        self.reads_request_body = scope.reads_request
        """Whether it may look at the body of the request, which has to be loaded then."""
        self.reads_response_body = scope.reads_response

    def evaluate(self, call: Call) -> object:
        """Return what the expression gives for this call. Raises ExpressionFailed."""
        try:
            return self._run(Frame(call, self._slots))
        except ExpressionFailed:
            raise
        except _UNEXPECTED as error:
            raise ExpressionFailed(f"The expression cannot be evaluated: {error}") from error
        except RecursionError as error:
            raise ExpressionFailed("The expression is nested too deep.") from error


def compile_expression(text: str, line: int = 1, column: int = 1) -> Expression:
    """Compile `@(...)` or `@{...}`, whose `@` stands there in its file.

    Raises ExpressionNotUsable for everything that is not supported.
    """
    source = Source(text, line, column)
    opening = text[:2]
    closing = {"@(": ")", "@{": "}"}.get(opening)
    if closing is None:
        raise source.refusal(0, "an expression begins with @( or @{")
    if len(text) > LONGEST:
        raise source.refusal(0, f"an expression has at most {LONGEST} characters")
    end = len(text.rstrip()) - 1
    if end < len(opening) or text[end] != closing:
        raise source.refusal(max(end, 0), f"{closing} is missing at the end")
    scope = Scope(source)
    try:
        node = _built(scope, end, is_block=opening == "@{")
    except RecursionError as error:
        raise source.refusal(0, "parts nested too deep") from error
    return Expression(text, node.run, scope)


def _built(scope: Scope, end: int, *, is_block: bool) -> Node:
    tree = parse(scope.source, 2, end, STATEMENTS if is_block else EXPRESSION)
    assert not isinstance(tree, Token)
    builder = StatementBuilder(scope)
    node = builder.whole(tree) if is_block else builder.build(tree)
    if node.kind == VOID:
        raise scope.refusal(2, "the expression gives no value")
    return node


__all__ = ["Expression", "ExpressionNotUsable", "compile_expression"]

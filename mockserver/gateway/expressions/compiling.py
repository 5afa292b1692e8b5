"""How is an expression compiled, and what can be done with it then?"""

from mockserver.gateway.expressions.expression import Expression
from mockserver.gateway.expressions.kinds import VOID
from mockserver.gateway.expressions.nodes import Node
from mockserver.gateway.expressions.parse import EXPRESSION, STATEMENTS, as_branch, parse
from mockserver.gateway.expressions.scope import Scope
from mockserver.gateway.expressions.source import Source
from mockserver.gateway.expressions.statements import StatementBuilder

LONGEST = 64 << 10
"""The most characters of an expression."""


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
    reads = {"request": scope.reads_request, "response": scope.reads_response}
    return Expression(text, node.run, scope.slots, **reads)


def _built(scope: Scope, end: int, *, is_block: bool) -> Node:
    tree = parse(scope.source, 2, end, STATEMENTS if is_block else EXPRESSION)
    tree = as_branch(tree)
    builder = StatementBuilder(scope)
    node = builder.whole(tree) if is_block else builder.build(tree)
    if node.kind == VOID:
        raise scope.refusal(2, "the expression gives no value")
    return node

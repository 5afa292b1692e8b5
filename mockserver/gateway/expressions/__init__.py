"""What do `@(...)` and `@{...}` in a policy mean? The C# of policy expressions, interpreted.

An expression is read and checked when the policy is loaded: whatever is not supported is refused
there. It runs within bounds, and sees nothing but what the tables in `library` name.
"""

from mockserver.gateway.expressions.expression import Expression
from mockserver.gateway.expressions.lazily import compile_expression
from mockserver.gateway.expressions.source import ExpressionNotUsable
from mockserver.gateway.expressions.texts import to_boolean, to_integer, to_text

__all__ = [
    "Expression",
    "ExpressionNotUsable",
    "compile_expression",
    "to_boolean",
    "to_integer",
    "to_text",
]

"""When is the compiler imported? When there is an expression to compile, not before."""

from mockserver.gateway.expressions.expression import Expression


def compile_expression(text: str, line: int = 1, column: int = 1) -> Expression:
    """Compile `@(...)` or `@{...}`, whose `@` stands there in its file.

    Raises ExpressionNotUsable for everything that is not supported.
    """
    from mockserver.gateway.expressions.compiling import compile_expression as compile_now

    return compile_now(text, line, column)

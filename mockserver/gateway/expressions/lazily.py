"""Which part of this package is imported when? What compiles only when there is something to."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockserver.gateway.expressions.compiling import Expression


def compile_expression(text: str, line: int = 1, column: int = 1) -> "Expression":
    """Compile `@(...)` or `@{...}`, whose `@` stands there in its file.

    Raises ExpressionNotUsable for everything that is not supported.
    """
    from mockserver.gateway.expressions.compiling import compile_expression as compile_now

    return compile_now(text, line, column)


def supported_members() -> "dict[str, tuple[str, ...]]":
    """Return every type that expressions know, with the signatures of its members."""
    from mockserver.gateway.expressions.catalogue import supported

    return dict(supported())

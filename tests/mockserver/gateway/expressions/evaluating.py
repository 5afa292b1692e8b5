"""How do the tests evaluate an expression?"""

from typing import Any

from mockserver.gateway.expressions import compile_expression, to_text
from tests.mockserver.gateway.expressions.calls import make_call


def value_of(text: str, **call: Any) -> object:
    """Return what the expression between the brackets gives."""
    return compile_expression(text if text.startswith(("@(", "@{")) else f"@({text})").evaluate(
        make_call(**call)
    )


def text_of(text: str, **call: Any) -> str:
    """Return the text of what an expression gives."""
    return to_text(value_of(text, **call))

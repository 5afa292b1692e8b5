"""What can be done with an expression, once it is compiled?"""

from collections.abc import Callable
from typing import Any

from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.bounds import Frame

_UNEXPECTED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MemoryError)


class Expression:
    """An expression, ready to be evaluated any number of times."""

    __slots__ = ("_run", "_slots", "reads_request_body", "reads_response_body", "text")

    def __init__(
        self, text: str, run: Callable[[Frame], Any], slots: int, *, request: bool, response: bool
    ) -> None:
        self.text = text
        self._run, self._slots = run, slots
        self.reads_request_body = request
        """Whether it may look at the body of the request, which has to be loaded then."""
        self.reads_response_body = response

    def evaluate(self, call: Call) -> object:
        """Return what the expression gives for this call. Raises ExpressionFailed."""
        try:
            value = self._run(Frame(call, self._slots))
        except ExpressionFailed:
            raise
        except _UNEXPECTED as error:
            raise ExpressionFailed(f"The expression cannot be evaluated: {error}") from error
        except RecursionError as error:
            raise ExpressionFailed("The expression is nested too deep.") from error
        return bytes(value) if isinstance(value, bytearray) else value

"""What does an attribute stand for: a fixed text, or what an expression gives for each call?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed

if TYPE_CHECKING:
    from mockserver.gateway.expressions import Expression

_MOST_DIGITS = 20

Kind = Literal["text", "whole", "boolean", "choice"]


class PolicyNotUsable(ValueError):
    """An element cannot be run; the text says why. Who catches it knows the element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute of an element.

    Without `default` and `required` it may be left out. `expressions` says whether an expression
    may stand for it.
    """

    name: str
    kind: Kind = "text"
    default: str | None = None
    required: bool = False
    least: int = 0
    most: int = 2**31 - 1
    choices: tuple[str, ...] = ()
    expressions: bool = False

    def problem(self, text: str) -> str:
        """Say what is wrong with a value, or nothing."""
        if self.kind == "whole":
            digits = text.strip()
            is_number = digits.isascii() and digits.isdigit() and len(digits) < _MOST_DIGITS
            if not is_number or not self.least <= int(digits) <= self.most:
                return f"no whole number from {self.least} to {self.most}"
        elif self.kind == "boolean" and text.lower() not in ("true", "false"):
            return "neither true nor false"
        elif self.kind == "choice" and text not in self.choices:
            return f"none of {', '.join(self.choices)}"
        return ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a policy. `fixed` is None if an expression gives it."""

    fixed: str | None
    expression: "Expression | None" = None
    attribute: Attribute | None = None

    @property
    def known(self) -> str:
        """The text of a value that cannot be an expression."""
        return cast("str", self.fixed)

    async def compute(self, call: Call) -> object:
        """Return the value for a call, of whatever type the expression gives."""
        if self.expression is None:
            return self.known
        expression = self.expression
        most = call.runtime.max_buffered_bytes
        if expression.reads_request_body and call.request.body.content is None:
            await call.request.body.load(most)
        if (
            expression.reads_response_body
            and call.response is not None
            and call.response.body.content is None
        ):
            await call.response.body.load(most)
        return expression.evaluate(call)

    async def text(self, call: Call) -> str:
        """Return the value for a call as a text. Raises ExpressionFailed."""
        if self.fixed is not None:
            return self.fixed
        from mockserver.gateway.expressions import to_text

        text = to_text(await self.compute(call))
        if self.attribute is not None and (problem := self.attribute.problem(text)):
            raise ExpressionFailed(f"{self.attribute.name}: '{text[:60]}' is {problem}")
        return text

    async def whole(self, call: Call) -> int:
        """Return the value for a call as a whole number. Raises ExpressionFailed."""
        text = await self.text(call)
        try:
            return int(text)
        except ValueError:
            raise ExpressionFailed(f"'{text[:60]}' is no whole number") from None

    async def boolean(self, call: Call) -> bool:
        """Return the value for a call as a truth value. Raises ExpressionFailed."""
        text = (await self.text(call)).lower()
        if text not in ("true", "false"):
            raise ExpressionFailed(f"'{text[:60]}' is neither true nor false")
        return text == "true"

"""`<set-variable>`: a value is kept under a name, for the policies that follow."""

from decimal import Decimal
from typing import Self
from uuid import UUID

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-variable keeps what its expression gives with its type, and a literal as a string."
        " Variables live as long as the call.",
        Evidence.PUBLISHED,
        "the pages on set-variable and on policy expressions",
    ),
    Fact(
        "Texts, numbers, booleans, GUIDs, dates, spans of time, byte arrays, JSON and null can be"
        " kept, nothing else.",
        Evidence.PUBLISHED,
        "the page on set-variable; that it fails in the call, not when it is saved, is assumed",
    ),
)


class SetVariable(Policy):
    """The variable is replaced if it is there already."""

    attributes = (
        Attribute(name="name", required=True),
        Attribute(name="value", required=True, expressions=True),
    )

    def __init__(self, variable: str, value: Value) -> None:
        self._variable, self._value = variable, value

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if not given.text("name"):
            raise PolicyNotUsable("a variable needs a name")
        return cls(given.text("name"), given["value"])

    @override
    async def run(self, call: Call) -> None:
        value: object = self._value.fixed
        if value is None:
            value = await self._value.compute(call)
            _refuse_other_types(value)
        call.variables[self._variable] = value


def _refuse_other_types(value: object) -> None:
    from mockserver.gateway.expressions.json_tokens import JToken
    from mockserver.gateway.expressions.texts import type_name
    from mockserver.gateway.expressions.times import DateTime, TimeSpan

    kept = (str, int, float, Decimal, bytes, UUID, DateTime, TimeSpan, JToken)
    if value is not None and not isinstance(value, kept):
        raise ExpressionFailed(f"A variable cannot be of type '{type_name(value)}'.")


POLICY = SetVariable

"""`<set-variable>`: a value is kept under a name, for the policies that follow."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-variable keeps what its expression gives with its type, and a literal as a string."
        " Variables live as long as the call.",
        Evidence.PUBLISHED,
        "the pages on set-variable and on policy expressions",
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
        call.variables[self._variable] = await self._value.compute(call)


POLICY = SetVariable

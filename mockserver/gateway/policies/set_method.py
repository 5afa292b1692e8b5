"""`<set-method>`: the request has another method."""

import re
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-method changes the method with which the backend is called; the operation stays.",
        Evidence.PUBLISHED,
        "the page on set-method",
    ),
    Fact(
        "The method is sent as it is written, the body stays, and what is no method fails.",
        Evidence.ASSUMED,
        "the request that a backend receives from a live gateway would settle it",
    ),
)

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")


class SetMethod(Policy):
    """The element's text is the method."""

    sections = ("inbound", "on-error")
    children = ("#text",)

    def __init__(self, method: Value) -> None:
        self._method = method

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        reader.leaves(element, *cls.children)
        value = reader.value(element.text)
        if value.fixed is not None and not _METHOD.fullmatch(value.fixed.strip()):
            raise PolicyNotUsable(f"{value.fixed[:60]!r} is no method")
        return cls(value)

    @override
    async def run(self, call: Call) -> None:
        call.request.method = await self.method(call)

    async def method(self, call: Call) -> str:
        """Return the method that is to be used. Raises ExpressionFailed."""
        text = (await self._method.text(call)).strip()
        if not _METHOD.fullmatch(text):
            raise ExpressionFailed(f"{text[:60]!r} is no method")
        return text


POLICY = SetMethod

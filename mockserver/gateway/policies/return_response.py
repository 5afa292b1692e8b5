"""`<return-response>`: the call ends here, with this response."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.composing import Parts, check_order
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed, Finished
from mockserver.gateway.message import Body, Response
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "It ends the call with 200 and no body, or with the response that a variable holds,"
        " changed by set-status, set-header and set-body. Nothing else runs.",
        Evidence.PUBLISHED,
        "the page on return-response",
    ),
    Fact(
        "A variable that is missing or holds no response is an error, as in an expression.",
        Evidence.ASSUMED,
        "a live gateway would settle it",
    ),
)


class ReturnResponse(Policy):
    """Always ends the call."""

    attributes = (Attribute(name="response-variable-name"),)
    children = ("set-status", "set-header", "set-body")

    def __init__(self, variable: str, parts: Parts) -> None:
        self._variable, self._parts = variable, parts

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        check_order(element, cls.children)
        return cls(given.text("response-variable-name"), Parts(element, reader))

    @override
    async def run(self, call: Call) -> None:
        response = await self._begun(call)
        await self._parts.write(response, call)
        raise Finished(response)

    async def _begun(self, call: Call) -> Response:
        """Return an empty response, or a copy of what the variable holds."""
        if not self._variable:
            return Response(200)
        held = call.variables.get(self._variable)
        if not isinstance(held, Response):
            raise ExpressionFailed(f"The variable '{self._variable}' holds no response.")
        content = await held.body.load(call.runtime.max_buffered_bytes)
        return Response(held.status, held.reason, held.headers.copy(), Body(content))


POLICY = ReturnResponse

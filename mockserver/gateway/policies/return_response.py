"""`<return-response>`: the call ends here, with this response."""

from collections.abc import Sequence
from typing import Self, TypeVar

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import put_body
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed, Finished
from mockserver.gateway.message import Body, Request, Response
from mockserver.gateway.policies.choose import refuse_text
from mockserver.gateway.policies.set_body import SetBody
from mockserver.gateway.policies.set_header import SetHeader
from mockserver.gateway.policies.set_status import SetStatus
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable

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
    Fact(
        "The elements within return-response and send-request stand in the order of the page's"
        " statement, each once but for set-header; expressions within still see the message of the"
        " call.",
        Evidence.ASSUMED,
        "the pages ask for the order; that another is refused, and what expressions see, was not"
        " seen",
    ),
)

_Kind = TypeVar("_Kind", bound=Policy)
_MANY = ("set-header",)


def check_order(element: Element, names: Sequence[str]) -> None:
    """Refuse children that are not in this order, or twice. Raises PolicyNotUsable."""
    refuse_text(element)
    reached = -1
    for child in element.children:
        if child.name not in names:
            raise PolicyNotUsable(f"<{child.name}> cannot be used here")
        number = names.index(child.name)
        if number < reached or (number == reached and child.name not in _MANY):
            raise PolicyNotUsable(f"<{child.name}> is twice there, or too late: {', '.join(names)}")
        reached = number


def read_part(kind: type[_Kind], element: Element, reader: Reader) -> _Kind:
    """Read an element that is a policy elsewhere. Raises PolicyNotUsable, DocumentNotUsable."""
    if not kind.children:
        refuse_text(element)
        if element.children:
            raise PolicyNotUsable(f"<{element.name}> cannot contain elements")
    return kind.read(element, reader.given(element, kind.attributes), reader)


class Parts:
    """Headers, and perhaps a body and a status, of a message that is made up."""

    def __init__(self, element: Element, reader: Reader) -> None:
        self._headers: list[SetHeader] = []
        self._body: SetBody | None = None
        self._status: SetStatus | None = None
        for child in element.children:
            if child.name == "set-header":
                self._headers.append(read_part(SetHeader, child, reader))
            elif child.name == "set-body":
                self._body = read_part(SetBody, child, reader)
            elif child.name == "set-status":
                self._status = read_part(SetStatus, child, reader)

    async def write(self, message: Request | Response, call: Call) -> None:
        """Change a message. Raises ExpressionFailed, GatewayFailure."""
        in_response = isinstance(message, Response)
        if self._status is not None and isinstance(message, Response):
            await self._status.apply(message, call)
        for header in self._headers:
            await header.apply(message.headers, call, in_response=in_response)
        if self._body is not None:
            put_body(message, await self._body.content(call))


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

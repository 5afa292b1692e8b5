"""`<send-request>`: another service is asked, and a variable holds what it answers."""

import asyncio
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.composing import NewRequest
from mockserver.gateway.element import Element
from mockserver.gateway.errors import BackendFault, internal
from mockserver.gateway.message import BodyTooLarge, Request, Response
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "A request is sent with the time that `timeout` gives it (60 s); the variable holds the"
        " response. What keeps one from coming goes to on-error, or, with ignore-error, leaves the"
        " variable null.",
        Evidence.PUBLISHED,
        "the page on send-request and the table of predefined errors",
    ),
    Fact(
        "The time is that until the body is there. Redirects are not followed.",
        Evidence.ASSUMED,
        "the page says `before the call to the URL fails`; nothing on redirects",
    ),
    Fact(
        "Only the hosts that the configuration names are called; any other is as unreachable.",
        Evidence.ASSUMED,
        "a rule of the emulator: it does not go to the internet by itself",
    ),
)

TIMEOUT = Attribute(
    name="timeout", kind="whole", default="60", least=1, most=1800, expressions=True
)
MODE = Attribute(name="mode", kind="choice", default="new", choices=("new", "copy"))


class SendRequest(Policy):
    """The response is read whole, so that expressions can use its body."""

    attributes = (
        MODE,
        TIMEOUT,
        Attribute(name="response-variable-name", required=True),
        Attribute(name="ignore-error", kind="boolean", default="false"),
    )
    children = ("set-url", "set-method", "set-header", "set-body")

    def __init__(self, given: Given, request: NewRequest) -> None:
        self._given, self._request = given, request

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        is_copy = given.text("mode") == "copy"
        return cls(given, NewRequest.read(element, reader, is_copy=is_copy))

    @override
    async def run(self, call: Call) -> None:
        response: Response | None = None
        try:
            request = await self._request.build(call, self.place.section)
            seconds = await self._given["timeout"].whole(call)
            response = await ask(call, request, seconds)
        except BackendFault as fault:
            if not self._given.flag("ignore-error"):
                raise internal("send-request", fault.reason, str(fault)) from fault
        call.variables[self._given.text("response-variable-name")] = response


async def ask(call: Call, request: Request, seconds: float) -> Response:
    """Return the response to a request, its body read. Raises BackendFault."""
    response: Response | None = None
    try:
        async with asyncio.timeout(seconds):
            response = await call.runtime.forwarder.send(request, seconds)
            await response.body.load(call.runtime.max_buffered_bytes)
    except TimeoutError:
        raise BackendFault("Timeout", "Request to the backend service timed out") from None
    except BodyTooLarge:
        message = "The response is too large to be held."
        raise BackendFault("BackendConnectionFailure", message) from None
    finally:
        if response is not None and response.body.release is not None:
            response.body.release()
    return response


POLICY = SendRequest

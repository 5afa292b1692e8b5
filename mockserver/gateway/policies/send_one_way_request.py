"""`<send-one-way-request>`: another service is told, and nobody waits for its answer."""

import asyncio
import logging
from contextlib import suppress
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Request
from mockserver.gateway.policies.send_request import MODE, TIMEOUT, NewRequest, ask
from mockserver.gateway.policy import Given, Policy, Reader

FACTS = (
    Fact(
        "A request is sent and the call goes on at once, whatever comes of it.",
        Evidence.PUBLISHED,
        "the page on send-one-way-request",
    ),
    Fact(
        "A host that the configuration does not name is not called; nobody is told.",
        Evidence.ASSUMED,
        "a rule of the emulator",
    ),
    Fact(
        "At most 100 such requests of a gateway are under way; what is above is not sent, and only"
        " the trace tells it.",
        Evidence.ASSUMED,
        "a bound of the emulator",
    ),
)

_logger = logging.getLogger("mockserver.gateway")
_MOST_UNDER_WAY = 100
_UNDER_WAY = "under way"


class SendOneWayRequest(Policy):
    """Starts a task and leaves it alone."""

    attributes = (MODE, TIMEOUT)
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
        seconds = await self._given["timeout"].whole(call)
        with suppress(BackendFault):
            request = await self._request.build(call, self.place.section)
            # All policies of this kind share it. The event loop itself does not keep its tasks.
            under_way = call.runtime.memory[SendOneWayRequest].setdefault(_UNDER_WAY, set())
            if len(under_way) >= _MOST_UNDER_WAY:
                self._drop(call)
                return
            if call.trace is not None:
                # What is answered nobody waits for: the trace may be complete by then.
                call.trace.forward(self.name, request, seconds)
            task = asyncio.create_task(_tell(call, request, seconds))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

    def _drop(self, call: Call) -> None:
        told = f"The request is not sent: {_MOST_UNDER_WAY} of its kind are under way."
        _logger.info("send-one-way-request: %s", told)
        if call.trace is not None:
            call.trace.add(self.name, {"message": told})


async def _tell(call: Call, request: Request, seconds: float) -> None:
    try:
        await ask(call, request, seconds)
    except BackendFault as fault:
        _logger.info("send-one-way-request: %s", fault)


POLICY = SendOneWayRequest

"""`<set-status>`: the response has another status."""

import re
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.message import Response
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-status gives the response a code and a reason.",
        Evidence.PUBLISHED,
        "the page on set-status",
    ),
    Fact(
        "Without a reason it is the usual phrase of the code.",
        Evidence.ASSUMED,
        "the page says that a reason is required, but policies that the vendor publishes have none;"
        " a response to one would show the phrase",
    ),
    Fact(
        "A code is from 200 to 599. Before there is a response it is the code of the empty one that"
        " the client gets if no backend is called.",
        Evidence.ASSUMED,
        "the page names no range, and does not say what it means in inbound",
    ),
)

_FIRST, _LAST = 200, 599
_REASON = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class SetStatus(Policy):
    """Headers and body stay."""

    attributes = (
        Attribute(
            name="code", kind="whole", least=_FIRST, most=_LAST, required=True, expressions=True
        ),
        Attribute(name="reason", default="", expressions=True),
    )

    def __init__(self, code: Value, reason: Value) -> None:
        self._code, self._reason = code, reason

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        code, reason = given["code"], given["reason"]
        if reason.fixed is not None and not _REASON.fullmatch(reason.fixed):
            raise PolicyNotUsable(f"{reason.fixed[:60]!r} is no reason")
        return cls(code, reason)

    @override
    async def run(self, call: Call) -> None:
        response = Response(200) if call.response is None else call.response
        await self.apply(response, call)
        call.response = response

    async def apply(self, response: Response, call: Call) -> None:
        """Change the status of a response. Raises ExpressionFailed."""
        code, reason = await self._code.whole(call), await self._reason.text(call)
        if not _REASON.fullmatch(reason):
            raise ExpressionFailed(f"{reason[:60]!r} is no reason")
        response.status, response.reason = code, reason


POLICY = SetStatus

"""`<find-and-replace>`: a text in the body is replaced by another one, wherever it is."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import is_encoded, message_of, put_body
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.message import BodyTooLarge
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "find-and-replace replaces a text in the body of the request or of the response, each time"
        " that it is there; the replacement may be empty.",
        Evidence.PUBLISHED,
        "the page on find-and-replace",
    ),
    Fact(
        "Letters count with their case. Texts are looked for as UTF-8 in the bytes of the body,"
        " which are otherwise kept; a compressed body is left alone.",
        Evidence.ASSUMED,
        "bodies in other encodings, sent through a live gateway, would settle it",
    ),
)


class FindAndReplace(Policy):
    """In the sections inbound and backend in the request, in the others in the response."""

    attributes = (
        Attribute(name="from", required=True, expressions=True),
        Attribute(name="to", required=True, expressions=True),
    )

    def __init__(self, sought: Value, replacement: Value) -> None:
        self._sought, self._replacement = sought, replacement

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if given["from"].fixed == "":
            raise PolicyNotUsable("'from' is empty")
        return cls(given["from"], given["to"])

    @override
    async def run(self, call: Call) -> None:
        sought, replacement = await self._sought.text(call), await self._replacement.text(call)
        if not sought:
            raise ExpressionFailed("'from' is empty")
        message = message_of(call, self.place.section)
        if is_encoded(message.headers):
            return
        content = await message.body.load(call.runtime.max_buffered_bytes)
        before, after = (text.encode("utf-8", "replace") for text in (sought, replacement))
        size = len(content) + content.count(before) * (len(after) - len(before))
        if size > call.runtime.max_buffered_bytes:
            raise BodyTooLarge
        if before in content:
            put_body(message, content.replace(before, after))


POLICY = FindAndReplace

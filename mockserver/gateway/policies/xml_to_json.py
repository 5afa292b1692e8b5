"""`<xml-to-json>`: an XML body becomes JSON."""

from typing import Self

from typing_extensions import override

from mockserver.gateway.bodies import message_of
from mockserver.gateway.call import Call
from mockserver.gateway.conversion import Conversion, conversion_attributes
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute
from mockserver.gateway.xml_json import JsonStyle, json_of_xml

_KINDS = ("javascript-friendly", "direct")


class XmlToJson(Policy):
    """In inbound the request's body is converted, otherwise the response's."""

    sections = ("inbound", "outbound", "on-error")
    attributes = (
        Attribute(name="kind", kind="choice", choices=_KINDS, required=True, expressions=True),
        *conversion_attributes("xml"),
        Attribute(
            name="always-array-child-elements", kind="boolean", default="false", expressions=True
        ),
    )

    def __init__(self, given: Given) -> None:
        self._given = given
        self._conversion = Conversion(given, "xml", "json")

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        message = message_of(call, self.place.section)
        if not await self._conversion.is_due(message, call):
            return
        style = JsonStyle(
            is_direct=await self._given["kind"].text(call) == "direct",
            always_arrays=await self._given["always-array-child-elements"].boolean(call),
        )
        await self._conversion.run(message, call, lambda content: json_of_xml(content, style))


POLICY = XmlToJson

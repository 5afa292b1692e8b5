"""`<xml-to-json>`: an XML body becomes JSON."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import message_of
from mockserver.gateway.call import Call
from mockserver.gateway.conversion import Conversion, conversion_attributes
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute
from mockserver.gateway.xml_json import JsonStyle, json_of_xml

FACTS = (
    Fact(
        "In the direct form attributes are members such as `@name`, the colon of a prefix is a"
        " dollar sign, and the XML declaration is a member `version`.",
        Evidence.CAPTURED,
        "a tutorial that prints what the policy made (fyicenter.com, 1000733)",
    ),
    Fact(
        "Elements of the same name are an array; always-array-child-elements makes one of each.",
        Evidence.PUBLISHED,
        "the page on xml-to-json",
    ),
    Fact(
        "Text beside attributes or elements is `#text`, an array if it is interrupted. An element"
        " with nothing in it is null, other texts are strings; comments and instructions go, as"
        " does an encoding.",
        Evidence.ASSUMED,
        "as Newtonsoft does; such documents sent through a live gateway would settle it",
    ),
    Fact(
        "In the javascript-friendly form attributes have no `@`, text beside them is `text`, and"
        " prefixes, namespace declarations and the XML declaration are left out.",
        Evidence.ASSUMED,
        "the page only says that the form is friendly; any recorded output would settle it",
    ),
    Fact(
        "A document type is refused.",
        Evidence.ASSUMED,
        "entities sent through a live gateway would settle it",
    ),
)

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

"""`<json-to-xml>`: a JSON body becomes XML."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import message_of
from mockserver.gateway.call import Call
from mockserver.gateway.conversion import Conversion, conversion_attributes
from mockserver.gateway.element import Element
from mockserver.gateway.json_xml import XmlStyle, xml_of_json
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "A document with one member has it as its root element, another one gets the root"
        " `Document`; arrays are repeated elements, an empty one is one empty element, null is"
        " `xsi:nil`, booleans are `True` and `False`.",
        Evidence.CAPTURED,
        "a tutorial that prints what the policy made (fyicenter.com, 1000734)",
    ),
    Fact(
        "The object named by attribute-block-name becomes attributes; members that begin with"
        " namespace-prefix become namespace declarations, whose prefixes are told from names by"
        " namespace-separator.",
        Evidence.PUBLISHED,
        "the page on json-to-xml and its example",
    ),
    Fact(
        "Members such as `@name` become attributes, `#text` the text of an element, arrays in"
        " arrays elements in elements; what cannot be in a name is written as `_xHHHH_`. XML is"
        " written without blanks and without a declaration.",
        Evidence.ASSUMED,
        "as Newtonsoft does; such documents sent through a live gateway would settle it",
    ),
    Fact(
        "With parse-date a string that holds a date becomes `MM/dd/yyyy HH:mm:ss`, in UTC.",
        Evidence.ASSUMED,
        "the page on set-body writes dates so, and booleans show that .NET's own texts are used",
    ),
    Fact(
        "An array cannot be a whole document, nor an object or array an attribute: that fails.",
        Evidence.ASSUMED,
        "an array sent through a live gateway would settle it",
    ),
)


class JsonToXml(Policy):
    """In inbound the request's body is converted, otherwise the response's."""

    sections = ("inbound", "outbound", "on-error")
    attributes = (
        *conversion_attributes("json"),
        Attribute(name="parse-date", kind="boolean", default="true"),
        Attribute(name="namespace-separator", default="_", expressions=True),
        Attribute(name="namespace-prefix", default="", expressions=True),
        Attribute(name="attribute-block-name", default="", expressions=True),
    )

    def __init__(self, given: Given) -> None:
        self._given = given
        self._conversion = Conversion(given, "json", "xml")

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        message = message_of(call, self.place.section)
        if not await self._conversion.is_due(message, call):
            return
        given = self._given
        style = XmlStyle(
            parses_dates=given.flag("parse-date"),
            separator=await given["namespace-separator"].text(call),
            namespace_prefix=await given["namespace-prefix"].text(call),
            attribute_block=await given["attribute-block-name"].text(call),
        )
        await self._conversion.run(message, call, lambda content: xml_of_json(content, style))


POLICY = JsonToXml

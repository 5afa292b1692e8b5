"""`<set-body>`: the request or the response has another body."""

from typing import TYPE_CHECKING, Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import message_of, put_body
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element, Source
from mockserver.gateway.policy import Given, Policy, Reader, SectionName
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

if TYPE_CHECKING:
    from mockserver.gateway.liquid import Template

FACTS = (
    Fact(
        "set-body replaces the body of the request in inbound and backend, that of the response in"
        " outbound, by a text or by what an expression gives.",
        Evidence.PUBLISHED,
        "the page on set-body",
    ),
    Fact(
        "It may stand in on-error, where the page does not list it.",
        Evidence.ASSUMED,
        "many published policies do so; saving one on a live service would settle it",
    ),
    Fact(
        "A request without a body gets one: only an expression that reads a missing body fails.",
        Evidence.ASSUMED,
        "the page says that an exception is thrown, but policies of imported SOAP services do so",
    ),
    Fact(
        "A text is taken with its blanks, written in UTF-8, and Content-Type stays;"
        " Content-Encoding is taken away, as the new body is not compressed.",
        Evidence.ASSUMED,
        "bodies recorded behind a live gateway would settle it",
    ),
)


class SetBody(Policy):
    """The element's text is the body. Content-Length follows by itself."""

    attributes = (
        Attribute(name="template", kind="choice", choices=("liquid",)),
        Attribute(name="xsi-nil", kind="choice", choices=("blank", "null")),
        Attribute(name="parse-date", kind="boolean"),
    )
    children = ("#text",)

    def __init__(self, value: Value | None, template: "Template | None" = None) -> None:
        self._value, self._template = value, template
        self._section: SectionName = "inbound"

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if given.text("template"):
            policy = cls(None, _template(element, given, reader))
            policy._section = reader.section
            return policy
        for name in ("xsi-nil", "parse-date"):
            if given.text(name):
                raise PolicyNotUsable(f"'{name}' means nothing without template=\"liquid\"")
        if element.children:
            raise PolicyNotUsable("the body is XML: put it into <![CDATA[ ]]>")
        return cls(reader.value(element.text))

    @override
    async def run(self, call: Call) -> None:
        content = await self.content(call)
        message = message_of(call, self.place.section)
        put_body(message, content)
        message.headers.popall("content-encoding", None)

    async def content(self, call: Call) -> bytes:
        """Return the body that is to be used. Raises ExpressionFailed."""
        if self._template is not None:
            return (await self._template.render(call, self._section)).encode("utf-8", "replace")
        if self._value is None:
            return b""
        if self._value.fixed is not None:
            return self._value.fixed.encode("utf-8", "replace")
        content = await self._value.compute(call)
        if isinstance(content, bytes | bytearray):
            return bytes(content)
        from mockserver.gateway.expressions import to_text

        return to_text(content).encode("utf-8", "replace")


def _template(element: Element, given: Given, reader: Reader) -> "Template":
    """Read a Liquid template. Raises PolicyNotUsable."""
    from mockserver.gateway.liquid import Template, with_named_values, written

    if isinstance(element.text, Source):
        raise PolicyNotUsable("a Liquid template cannot be an expression")
    text = "".join(map(written, element.children)) or element.text
    return Template(
        with_named_values(text, reader.library.named_values),
        has_dates=given.text("parse-date").lower() != "false",
        nil=None if given.text("xsi-nil") == "null" else "",
    )


POLICY = SetBody

"""`<trace>`: a message of the author's own in the trace of the call."""

from collections.abc import Sequence
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element, Source
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "Message, severity and metadata are written into the trace of the call, under `source`.",
        Evidence.PUBLISHED,
        "the page on trace",
    ),
    Fact(
        "A text within <trace> that is in no element is its message.",
        Evidence.CAPTURED,
        "a policy that the vendor publishes, of the time before <message>",
    ),
    Fact(
        "The entry's data are `message`, `severity` and `metadata`; what is computed for it is"
        " computed for calls that are not traced, too.",
        Evidence.ASSUMED,
        "no trace with such an entry was found recorded",
    ),
)

_METADATA = (
    Attribute(name="name", required=True, expressions=True),
    Attribute(name="value", required=True, expressions=True),
)


class TraceMessage(Policy):
    """Changes nothing of the call."""

    attributes = (
        Attribute(name="source", required=True),
        Attribute(
            name="severity",
            kind="choice",
            default="verbose",
            choices=("verbose", "information", "error"),
        ),
    )
    children = ("message", "metadata", "#text")

    def __init__(self, given: Given, message: Value, metadata: Sequence[Given]) -> None:
        self._source, self._severity = given.text("source"), given.text("severity")
        self._message, self._metadata = message, metadata

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        has_text = isinstance(element.text, Source) or bool(element.text.strip())
        message = reader.value(element.text) if has_text else None
        metadata: list[Given] = []
        for child in element.children:
            if child.children:
                raise PolicyNotUsable(f"<{child.name}> cannot contain other elements")
            if child.name == "message" and message is None and not metadata:
                reader.given(child, ())
                message = reader.value(child.text)
            elif child.name == "metadata" and message is not None:
                metadata.append(reader.given(child, _METADATA))
            else:
                raise PolicyNotUsable("one <message> is needed, and after it only <metadata>")
        if message is None:
            raise PolicyNotUsable("a <message> is needed")
        return cls(given, message, metadata)

    @override
    async def run(self, call: Call) -> None:
        message = await self._message.text(call)
        metadata = {
            await each["name"].text(call): await each["value"].text(call) for each in self._metadata
        }
        if call.trace is not None:
            data = {"message": message, "severity": self._severity, "metadata": metadata}
            call.trace.add(self._source, data)


POLICY = TraceMessage

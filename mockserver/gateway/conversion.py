"""When is a body converted from JSON to XML or back, and what does its Content-Type become?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import is_encoded, put_body
from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.json_xml import NotConvertible
from mockserver.gateway.message import Headers, Request, Response
from mockserver.gateway.policy import Given
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "A body is converted always, or only if Content-Type says that it is of the form; and"
        " unless consider-accept-header is false, only if the request's Accept asks for the other.",
        Evidence.PUBLISHED,
        "the pages on json-to-xml and xml-to-json",
    ),
    Fact(
        "`*/*`, or no Accept at all, asks for neither JSON nor XML. Empty and compressed bodies are"
        " left alone, what cannot be converted fails with 500. Content-Type becomes"
        " `application/json` or `application/xml`.",
        Evidence.ASSUMED,
        "requests with each of these through a live gateway would settle it",
    ),
)

Form = Literal["json", "xml"]

_LARGE = 64 << 10


def conversion_attributes(source: Form) -> tuple[Attribute, ...]:
    """Return the attributes that say when a body of this form is converted."""
    return (
        Attribute(
            name="apply",
            kind="choice",
            choices=("always", f"content-type-{source}"),
            required=True,
            expressions=True,
        ),
        Attribute(name="consider-accept-header", kind="boolean", default="true", expressions=True),
    )


@dataclass(frozen=True, slots=True)
class Conversion:
    """Converts from one form to the other, when the attributes of a policy say so."""

    given: Given
    source: Form
    target: Form

    async def is_due(self, message: Request | Response, call: Call) -> bool:
        """Say whether a message is to be converted."""
        apply = await self.given["apply"].text(call)
        if apply != "always" and not _is_of(self.source, message.headers.get("content-type", "")):
            return False
        if await self.given["consider-accept-header"].boolean(call) and not is_asked_for(
            self.target, call.request.headers
        ):
            return False
        return not is_encoded(message.headers)

    async def run(
        self, message: Request | Response, call: Call, convert: Callable[[bytes], bytes]
    ) -> None:
        """Convert a message. `convert` raises NotConvertible, this ExpressionFailed."""
        content = await message.body.load(call.runtime.max_buffered_bytes)
        if not content:
            return
        try:
            if len(content) > _LARGE:  # other calls go on meanwhile
                put_body(message, await asyncio.to_thread(convert, content))
            else:
                put_body(message, convert(content))
        except NotConvertible as error:
            raise ExpressionFailed(str(error)) from error
        message.headers.popall("content-type", None)
        message.headers["Content-Type"] = f"application/{self.target}"


def is_asked_for(form: Form, headers: Headers) -> bool:
    """Say whether Accept names a media type of a form; `*/*` names none."""
    for part in ",".join(headers.getall("accept", ())).split(","):
        weights = [piece.replace(" ", "") for piece in part.lower().split(";")[1:]]
        is_refused = any(
            weight.startswith("q=0") and not weight[3:].strip("0.") for weight in weights
        )
        if _is_of(form, part) and not is_refused:
            return True
    return False


def _is_of(form: Form, media_type: str) -> bool:
    media = media_type.partition(";")[0].strip().lower()
    return media in (f"application/{form}", f"text/{form}") or media.endswith(f"+{form}")

"""`<mock-response>`: the operation's documented response, without a backend."""

import json
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import Finished
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.model import Representation
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.routing import Route
from mockserver.gateway.schemas.samples import sample
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "It ends the call with the response that the operation declares for `status-code` (200) and"
        " `content-type` (the first): its example, else a sample of its schema, else no content.",
        Evidence.PUBLISHED,
        "the page on mock-response",
    ),
    Fact(
        "Content types are compared without parameters and case; a schema gives a sample only for"
        " JSON; nothing else runs after it, outbound included.",
        Evidence.ASSUMED,
        "the page says `aborts normal pipeline execution`; a live gateway would settle the rest",
    ),
)

_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599


class MockResponse(Policy):
    """Always ends the call."""

    sections = ("inbound", "outbound", "on-error")
    attributes = (
        Attribute(
            name="status-code",
            kind="whole",
            default="200",
            least=_LOWEST_STATUS,
            most=_HIGHEST_STATUS,
            expressions=True,
        ),
        Attribute(name="content-type", expressions=True),
    )

    def __init__(self, given: Given) -> None:
        self._given = given

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        status = await self._given["status-code"].whole(call)
        asked = self._given.get("content-type")
        kind = "" if asked is None else await asked.text(call)
        found = _declared(call.route, status, kind)
        content = b"" if found is None else _content(call.route, found)
        headers = Headers()
        if kind or found is not None:
            headers["Content-Type"] = kind or (found.content_type if found is not None else "")
        raise Finished(Response(status, "", headers, Body(content)))


def _declared(route: Route, status: int, kind: str) -> Representation | None:
    """Return what an operation declares for a status and a content type, if it does."""
    declared = [
        representation
        for response in route.operation.responses
        if response.status == status
        for representation in response.representations
        if not kind or _media_type(kind) == _media_type(representation.content_type)
    ]
    told = [each for each in declared if each.example is not None or each.schema is not None]
    return next(iter(told or declared), None)


def _content(route: Route, found: Representation) -> bytes:
    if found.example is not None:
        return found.example.encode("utf-8", "replace")
    media_type = _media_type(found.content_type)
    if found.schema is None or not media_type.endswith(("/json", "+json")):
        return b""
    value = sample(found.schema, route.api.schemas)
    return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


POLICY = MockResponse

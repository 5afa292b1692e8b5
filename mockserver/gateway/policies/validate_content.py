"""`<validate-content>`: a body must be small enough, and must fit the schema of the operation."""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.message import Request, Response
from mockserver.gateway.model import Representation
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.schemas.checker import Checker, Problem, SchemaNotUsable
from mockserver.gateway.schemas.content_rules import (
    ACTIONS,
    Content,
    ContentTypeMap,
    media_type,
    read_contents,
)
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "validate-content checks the size by Content-Length and a JSON body by the schema that the"
        " operation declares for its content type. `prevent` answers 400, for a response 502 whose"
        " text tells nothing; `detect` notes the errors in a variable, `ignore` skips the check.",
        Evidence.PUBLISHED,
        "the page on validate-content and the table of validation errors that it includes",
    ),
    Fact(
        "A body that does not fit is told as `Body of the request does not conform to the"
        " definition which is associated with the content type ...`, with line and position.",
        Evidence.CAPTURED,
        "an answer kept in the tests of the Ruby library friendly_shipping",
    ),
    Fact(
        "A message without body and content type is left alone, and so is one whose representation"
        " has no schema. A body that is too large is not looked into, whatever the action. One"
        " that is no JSON is told like one that does not fit.",
        Evidence.ASSUMED,
        "such messages through a live gateway would settle it",
    ),
    Fact(
        "The variable with the errors is a JArray, of ten errors at most."
        " schema-id names a schema of the API. allow-additional-properties=false holds for each"
        " schema by itself, also for those that allOf combines. What is required is so even if it"
        " is readOnly or writeOnly.",
        Evidence.ASSUMED,
        "Azure looks schema-id up among the schemas of the service, which this gateway has not;"
        " the rest needs a live gateway",
    ),
)

_LARGEST = 4 << 20
_IN_THREAD = 64 << 10
"""From this size on a body is checked beside the event loop."""
_HIDDEN = "The request could not be processed due to an internal error. Contact the API owner."
_EITHER_FORMAT = 32 + zlib.MAX_WBITS
"""Tells zlib to expect gzip as well as deflate."""
_ENCODINGS = ("gzip", "x-gzip", "deflate")
_BODILESS = (204, 304)


@dataclass(frozen=True, slots=True)
class _Side:
    """The message that is checked: `kind` is as the errors name it, `errors` are those so far."""

    call: Call
    message: Request | Response
    representations: Sequence[Representation]
    kind: Literal["Request", "Response"]
    errors: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_request(self) -> bool:
        return self.kind == "Request"


@dataclass(frozen=True, slots=True)
class _Finding:
    """One error: `told` is for the client, `details` for the variable and LastError."""

    name: str
    type: str
    rule: str
    details: str
    told: str


_NO_SCHEMA = _Finding(
    "", "ApiSchema", "", "API's schema does not exist or it could not be resolved.", _HIDDEN
)


class ValidateContent(Policy):
    """Checks the request in inbound, else the response."""

    sections = ("inbound", "outbound", "on-error")
    attributes = (
        Attribute(
            name="unspecified-content-type-action",
            kind="choice",
            choices=ACTIONS,
            required=True,
            expressions=True,
        ),
        Attribute(name="max-size", kind="whole", most=_LARGEST, required=True, expressions=True),
        Attribute(
            name="size-exceeded-action",
            kind="choice",
            choices=ACTIONS,
            required=True,
            expressions=True,
        ),
        Attribute(name="errors-variable-name"),
    )
    children = ("content-type-map", "content")

    def __init__(self, given: Given, types: ContentTypeMap, contents: Sequence[Content]) -> None:
        self._given, self._types, self._contents = given, types, contents
        self._variable = given.text("errors-variable-name")

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given, *read_contents(element, reader))

    @override
    async def run(self, call: Call) -> None:
        side = self._side(call)
        if side is None:
            return
        most = await self._given["max-size"].whole(call)
        size = _announced(side)
        if size is not None and size > most:
            await self._refuse_size(side, size)
            return
        given = media_type(side.message.headers.get("content-type", ""))
        content_type = await self._types.find(given, call)
        if not content_type and size == 0:
            return
        declared = [r for r in side.representations if media_type(r.content_type) == content_type]
        fitting = [each for each in self._contents if _fits(each, content_type, declared)]
        if not declared and not any(each.schema_id for each in fitting):
            finding = _unspecified(side, content_type)
            action = await self._given["unspecified-content-type-action"].text(call)
            self._judge(side, action, [finding])
            return
        for content in fitting:
            if content.action != "ignore":
                await self._check(side, content, content_type, declared)

    def _side(self, call: Call) -> _Side | None:
        operation = call.route.operation
        if self.place.section == "inbound":
            return _Side(call, call.request, operation.request, "Request")
        if call.response is None or call.request.method == "HEAD":
            return None
        status = call.response.status
        if status in _BODILESS:
            return None
        found = [
            r for each in operation.responses if each.status == status for r in each.representations
        ]
        return _Side(call, call.response, found, "Response")

    async def _check(
        self,
        side: _Side,
        content: Content,
        content_type: str,
        declared: Sequence[Representation],
    ) -> None:
        """Check a body by the schema for its content type."""
        name = content.schema_id or next((r.schema for r in declared if r.schema), None)
        if name is None:
            return
        if name not in side.call.route.api.schemas:
            self._judge(side, content.action, [_NO_SCHEMA])
            return
        most = await self._given["max-size"].whole(side.call)
        body = await side.message.body.load(side.call.runtime.max_buffered_bytes)
        try:
            body = _decoded(body, side, most)
            if len(body) > most:
                await self._refuse_size(side, len(body))
                return
            problems = await _problems(self._checker(side.call, name, content), body)
        except SchemaNotUsable as error:
            findings = [_not_usable(side, content_type, str(error))]
        else:
            findings = [_misfit(side, content_type, problem) for problem in problems]
        self._judge(side, content.action, findings)

    def _checker(self, call: Call, name: str, content: Content) -> Checker:
        """Return what checks by a schema. Raises SchemaNotUsable."""
        known = call.runtime.memory[self]
        api = call.route.api
        key = f"{api.id}\n{name}\n{content.schema_ref}\n{content.leniency}"
        checker: Checker | None = known.get(key)
        if checker is None:
            checker = Checker(api.schemas, name, content.schema_ref, content.leniency)
            known[key] = checker
        return checker

    async def _refuse_size(self, side: _Side, size: int) -> None:
        most = await self._given["max-size"].whole(side.call)
        action = await self._given["size-exceeded-action"].text(side.call)
        begin = f"{side.kind}'s body is {size} bytes long and it exceeds the"
        finding = _Finding(
            "",
            f"{side.kind}Body",
            "SizeLimit",
            f"{begin} configured limit of {most} bytes.",
            f"{begin} limit of {most} bytes.",
        )
        self._judge(side, action, [finding])

    def _judge(self, side: _Side, action: str, findings: Sequence[_Finding]) -> None:
        """Do what the action says about errors. Raises GatewayFailure."""
        if action == "ignore" or not findings:
            return
        side.errors.extend(
            {
                "Name": finding.name,
                "Type": finding.type,
                "ValidationRule": finding.rule,
                "Details": finding.details,
                "Action": action,
            }
            for finding in findings
        )
        if self._variable:
            from mockserver.gateway.expressions.json_tokens import JArray

            side.call.variables[self._variable] = JArray(side.errors)
        if action != "prevent":
            return
        first = findings[0]
        reason, status = ("Bad request", 400) if side.is_request else ("Response not allowed", 502)
        told = first.told if side.is_request else _HIDDEN
        raise GatewayFailure(status, LastError("validate-content", reason, first.details), told)


async def _problems(checker: Checker, body: bytes) -> list[Problem]:
    """Return what does not fit. Raises SchemaNotUsable."""
    if len(body) < _IN_THREAD:
        return checker.problems(body)
    return await asyncio.to_thread(checker.problems, body)


def _fits(content: Content, content_type: str, declared: Sequence[Representation]) -> bool:
    return content.type == content_type if content.type else bool(declared)


def _announced(side: _Side) -> int | None:
    """Return the size of a body if it is known before the body is read."""
    body = side.message.body
    return body.length if body.content is None else len(body.content)


def _decoded(body: bytes, side: _Side, most: int) -> bytes:
    """Return a body without its compression, at most a byte more than allowed."""
    encoding = side.message.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in _ENCODINGS:
        raise SchemaNotUsable(f"the content encoding {encoding[:40]} is not supported")
    unpacker = zlib.decompressobj(_EITHER_FORMAT)
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise SchemaNotUsable(f"the body cannot be decompressed: {error}") from None
    if len(unpacked) <= most and (not unpacker.eof or unpacker.unused_data):
        # What would be checked must be all that the other side will read.
        raise SchemaNotUsable("the compressed body breaks off, or something follows it")
    return unpacked


def _unspecified(side: _Side, content_type: str) -> _Finding:
    text = f"Unspecified content type {content_type} is not allowed."
    return _Finding(content_type, f"{side.kind}Body", "Unspecified", text, text)


def _misfit(side: _Side, content_type: str, problem: Problem) -> _Finding:
    text = (
        f"Body of the {side.kind.lower()} does not conform to the definition which is associated"
        f" with the content type {content_type}. {problem}"
    )
    return _Finding(content_type, f"{side.kind}Body", "IncorrectMessage", text, text)


def _not_usable(side: _Side, content_type: str, problem: str) -> _Finding:
    text = (
        f"Body of the {side.kind.lower()} cannot be validated for the content type"
        f" {content_type}. {problem}"
    )
    return _Finding(content_type, f"{side.kind}Body", "ValidationException", text, _HIDDEN)


POLICY = ValidateContent

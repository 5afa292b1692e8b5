"""`<check-header>`: a call without a certain header, or with another value in it, is refused."""

from collections.abc import Sequence
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "check-header refuses a call with the status and the message that it names, if the header"
        " is not there or has none of the values; without values it only has to be there.",
        Evidence.PUBLISHED,
        "the pages on check-header and on error handling",
    ),
    Fact(
        "A header that comes several times passes if one of them has an allowed value.",
        Evidence.ASSUMED,
        "a call with the header twice would settle it",
    ),
)

_FIRST_STATUS, _LAST_STATUS = 200, 599


class CheckHeader(Policy):
    """Looks at the request as it is when the policy runs."""

    sections = ("inbound",)
    attributes = (
        Attribute(name="name", required=True, expressions=True),
        Attribute(
            name="failed-check-httpcode",
            kind="whole",
            least=_FIRST_STATUS,
            most=_LAST_STATUS,
            required=True,
            expressions=True,
        ),
        Attribute(name="failed-check-error-message", required=True, expressions=True),
        Attribute(name="ignore-case", kind="boolean", required=True, expressions=True),
    )
    children = ("value",)

    def __init__(self, given: Given, values: Sequence[Value]) -> None:
        self._name, self._ignores_case = given["name"], given["ignore-case"]
        self._status = given["failed-check-httpcode"]
        self._told = given["failed-check-error-message"]
        self._values = values

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if not isinstance(element.text, str) or element.text.strip():
            raise PolicyNotUsable("The element cannot contain text.")
        return cls(given, [reader.value(child.text) for child in reader.leaves(element)])

    @override
    async def run(self, call: Call) -> None:
        name = await self._name.text(call)
        found = call.request.headers.getall(name, ())
        if not found:
            message = f"Header {name} was not found in the request. Access denied."
            raise await self._refusal(call, "HeaderNotFound", message)
        if not self._values:
            return
        allowed = [await value.text(call) for value in self._values]
        if await self._ignores_case.boolean(call):
            allowed = [value.casefold() for value in allowed]
            passes = any(value.casefold() in allowed for value in found)
        else:
            passes = any(value in allowed for value in found)
        if not passes:
            value = ",".join(found)
            message = f"Header {name} value of {value} is not allowed. Access denied."
            raise await self._refusal(call, "HeaderValueNotAllowed", message)

    async def _refusal(self, call: Call, reason: str, message: str) -> GatewayFailure:
        status = await self._status.whole(call)
        error = LastError("check-header", reason, message)
        return GatewayFailure(status, error, await self._told.text(call))


POLICY = CheckHeader

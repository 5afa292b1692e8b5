"""`<set-header>`: a header is set, added to, kept or taken away."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.message import Headers
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-header overrides, skips, appends or deletes; several values are joined by commas, but"
        " for Cookie, Set-Cookie, User-Agent, Warning and challenges, which stay apart.",
        Evidence.PUBLISHED,
        "the page on set-header",
    ),
)

_ACTIONS = ("override", "skip", "append", "delete")
_APART = {
    *("cookie", "set-cookie", "user-agent", "warning", "date"),
    *("www-authenticate", "proxy-authenticate"),
}
_UNTOUCHABLE = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class SetHeader(Policy):
    """In the sections inbound and backend the request's, in the others the response's."""

    attributes = (
        Attribute(name="name", required=True, expressions=True),
        Attribute(
            name="exists-action",
            kind="choice",
            default="override",
            choices=_ACTIONS,
            expressions=True,
        ),
    )
    children = ("value",)

    def __init__(self, name: Value, action: Value, values: list[Value]) -> None:
        self._name, self._action, self._values = name, action, values
        self._fixed: list[str] | None = None
        """The values as they are joined, if nothing has to be computed for them."""
        if name.fixed is not None and all(value.fixed is not None for value in values):
            self._fixed = _joined(name.fixed, [value.known for value in values])

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        name, action = given["name"], given["exists-action"]
        if name.fixed is not None and name.fixed.lower() in _UNTOUCHABLE:
            raise PolicyNotUsable(f"{name.fixed} cannot be set or deleted")
        values = [reader.value(child.text) for child in reader.leaves(element)]
        if action.fixed is not None and bool(values) == (action.fixed == "delete"):
            raise PolicyNotUsable("a <value> is needed, and to delete none")
        return cls(name, action, values)

    @override
    async def run(self, call: Call) -> None:
        headers = self.headers_of(call)
        name, action = self._name.fixed, self._action.fixed
        if name is None:
            name = await self._name.text(call)
        if action is None:
            action = await self._action.text(call)
        if action == "skip" and name in headers:
            return
        values = self._fixed
        if values is None:
            values = _joined(name, [await value.text(call) for value in self._values])
        if action in ("override", "delete"):
            headers.popall(name, None)
        for value in values:
            headers.add(name, value)

    def headers_of(self, call: Call) -> Headers:
        """Return the headers that are changed."""
        if self.place.section in ("inbound", "backend") or call.response is None:
            return call.request.headers
        return call.response.headers


def _joined(name: str, values: list[str]) -> list[str]:
    return values if name.lower() in _APART or not values else [",".join(values)]


POLICY = SetHeader

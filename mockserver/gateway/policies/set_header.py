"""`<set-header>`: a header is set, added to, kept or taken away."""

import re
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import message_of
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.message import Headers
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-header overrides, skips, appends or deletes; several values are joined by commas, but"
        " for Cookie, Set-Cookie, User-Agent, Warning, challenges and headers with a date, which"
        " stay apart.",
        Evidence.PUBLISHED,
        "the page on set-header",
    ),
    Fact(
        "Connection, Content-Length, Keep-Alive and Transfer-Encoding cannot be touched, the"
        " caller's address in X-Forwarded-For and the Server of a response cannot be deleted.",
        Evidence.PUBLISHED,
        "the page on set-header",
    ),
    Fact(
        "A document that touches one of the four cannot be saved; one that deletes Server can, and"
        " the header stays.",
        Evidence.ASSUMED,
        "saving both on a live service would settle it; blogs show the latter",
    ),
    Fact(
        "What is appended is joined by a comma with what the header holds.",
        Evidence.ASSUMED,
        "the page speaks of several values; an append recorded on the wire would settle it",
    ),
    Fact(
        "An expression that gives a name or a value which HTTP does not allow in a header fails.",
        Evidence.ASSUMED,
        "as .NET does; a line break in a value on a live gateway would settle it",
    ),
)

_ACTIONS = ("override", "skip", "append", "delete")
_APART = {
    *("cookie", "set-cookie", "user-agent", "warning", "www-authenticate", "proxy-authenticate"),
    *("date", "expires", "if-modified-since", "if-unmodified-since", "last-modified"),
    "retry-after",
}
_UNTOUCHABLE = {"connection", "content-length", "keep-alive", "transfer-encoding"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


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
        self._known: list[str] | None = None
        """The values, if they are the same for every call."""
        if action.fixed is not None and all(value.fixed is not None for value in values):
            self._known = [value.known for value in values]

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        name, action = given["name"], given["exists-action"]
        if name.fixed is not None and (problem := _wrong_name(name.fixed)):
            raise PolicyNotUsable(problem)
        values = [_trimmed(reader.value(child.text)) for child in reader.leaves(element)]
        if action.fixed is not None and bool(values) == (action.fixed == "delete"):
            raise PolicyNotUsable("a <value> is needed, and to delete none")
        return cls(name, action, values)

    @override
    async def run(self, call: Call) -> None:
        message = message_of(call, self.place.section)
        await self.apply(message.headers, call, in_response=message is call.response)

    async def apply(self, headers: Headers, call: Call, *, in_response: bool) -> None:
        """Change headers of a message; `in_response` says of which sort. Raises ExpressionFailed.

        Policies that make a message of their own use this too.
        """
        name = self._name.fixed
        if name is None:
            name = await self._name.text(call)
            if problem := _wrong_name(name):
                raise ExpressionFailed(problem)
        action = self._action.fixed
        if action is None:
            action = await self._action.text(call)
        if _stays(headers, name, action, in_response=in_response):
            return
        values = self._known
        if values is None:
            values = await self._computed_for(action, call)
        if action == "append":
            values = [*headers.getall(name, ()), *values]
        headers.popall(name, None)
        for value in values if name.lower() in _APART else _joined(values):
            headers.add(name, value)

    async def _computed_for(self, action: str, call: Call) -> list[str]:
        """Return the values for a call. Raises ExpressionFailed."""
        if action == "delete":
            return []
        values = [await _computed(value, call) for value in self._values]
        if not values:
            raise ExpressionFailed(f"there is no <value> to {action}")
        return values


def _stays(headers: Headers, name: str, action: str, *, in_response: bool) -> bool:
    """Say whether a header is left as it is."""
    if action == "delete":
        return in_response and name.lower() == "server"
    return action == "skip" and name in headers


def _joined(values: list[str]) -> list[str]:
    return [",".join(values)] if values else []


def _wrong_name(name: str) -> str:
    """Say why a header cannot be set, or nothing."""
    if not _NAME.fullmatch(name):
        return f"{name[:60]!r} is no name of a header"
    return f"{name} cannot be set or deleted" if name.lower() in _UNTOUCHABLE else ""


def _trimmed(value: Value) -> Value:
    """Take the blanks off a fixed value: XML is written with line breaks, a header is not."""
    if value.fixed is None:
        return value
    text = value.fixed.strip()
    if not _VALUE.fullmatch(text):
        raise PolicyNotUsable(f"{text[:60]!r} is no value of a header")
    return Value(text)


async def _computed(value: Value, call: Call) -> str:
    text = (await value.text(call)).strip(" \t")
    if not _VALUE.fullmatch(text):
        raise ExpressionFailed(f"{text[:60]!r} is no value of a header")
    return text


POLICY = SetHeader

"""`<set-query-parameter>`: a query parameter is set, added to, kept or taken away."""

from typing import Self
from urllib.parse import quote, unquote_plus

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-query-parameter overrides, skips, appends or deletes; several values are several"
        " parameters of the same name.",
        Evidence.PUBLISHED,
        "the page on set-query-parameter",
    ),
    Fact(
        "Names are compared without regard to case; what overrides stands where the parameter stood"
        " first, what is new at the end. Values are percent-encoded. Other parameters stay as they"
        " were sent.",
        Evidence.ASSUMED,
        "the query that a backend receives from a live gateway would settle it",
    ),
)

_ACTIONS = ("override", "skip", "append", "delete")


class SetQueryParameter(Policy):
    """Changes the query of the request that is going to be forwarded."""

    sections = ("inbound", "backend")
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

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        name, action = given["name"], given["exists-action"]
        if name.fixed == "":
            raise PolicyNotUsable("a query parameter needs a name")
        values = [reader.value(child.text) for child in reader.leaves(element)]
        if not values and action.fixed not in (None, "delete"):
            raise PolicyNotUsable("a <value> is needed")
        return cls(name, action, values)

    @override
    async def run(self, call: Call) -> None:
        name = await self._name.text(call)
        if not name:
            raise ExpressionFailed("a query parameter needs a name")
        action = await self._action.text(call)
        values: list[str] = []
        if action != "delete":
            values = [await value.text(call) for value in self._values]
            if not values:
                raise ExpressionFailed(f"there is no <value> to {action}")
        url = call.request.url
        url.query = changed(url.query, name, values, action)


def changed(query: str, name: str, values: list[str], action: str) -> str:
    """Return a query with one of its parameters changed.

    `query` is as on the wire; `name` and `values` are not encoded yet.
    """
    pieces = query.split("&") if query else []
    places = [place for place, piece in enumerate(pieces) if name_of(piece) == name.lower()]
    if action == "skip" and places:
        return query
    added = [f"{encoded(name)}={encoded(value)}" for value in values]
    if action in ("skip", "append") or not places:
        return "&".join([*pieces, *added])
    kept = [piece for place, piece in enumerate(pieces) if place not in places]
    first = places[0]
    return "&".join([*kept[:first], *added, *kept[first:]])


def name_of(piece: str) -> str:
    """Return the name in one piece of a query, decoded and in lower case."""
    return unquote_plus(piece.partition("=")[0]).lower()


def encoded(text: str) -> str:
    """Write a text so that nothing in it means anything in a query."""
    return quote(text, safe="", errors="replace")


POLICY = SetQueryParameter

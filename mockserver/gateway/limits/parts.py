"""Which part of a product is a limit for: an API, or an operation?"""

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.element import Element, Source
from mockserver.gateway.policy import Given, Reader
from mockserver.gateway.routing import Route
from mockserver.gateway.values import Attribute, PolicyNotUsable

FACTS = (
    Fact(
        "An <api> or <operation> within a limit names its API or operation by id, else by name.",
        Evidence.PUBLISHED,
        "the pages on rate-limit and quota",
    ),
)


@dataclass(frozen=True, slots=True)
class Named:
    """An API or an operation, as an element names it. With an id the name does not matter."""

    id: str
    name: str

    def is_of(self, identifier: str, name: str) -> bool:
        """Say whether this is the one that has this id and name."""
        return self.id == identifier if self.id else self.name == name

    @property
    def label(self) -> str:
        """What tells it from others."""
        return f"id={self.id}" if self.id else f"name={self.name}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a product that has a limit of its own, and the attributes of that limit."""

    api: Named
    operation: Named | None
    given: Given

    def covers(self, route: Route) -> bool:
        """Say whether a call that goes there is limited by it."""
        if not self.api.is_of(route.api.id, route.api.name):
            return False
        operation = self.operation
        return operation is None or operation.is_of(route.operation.id, route.operation.name)

    @property
    def labels(self) -> tuple[str, ...]:
        """What tells it from other parts."""
        if self.operation is None:
            return (self.api.label,)
        return self.api.label, self.operation.label


_NAME = (Attribute(name="name"), Attribute(name="id"))


def parts_of(element: Element, declared: tuple[Attribute, ...], reader: Reader) -> list[Part]:
    """Return the parts within a limit, whose attributes are `declared`, in their order.

    Raises PolicyNotUsable, DocumentNotUsable.
    """
    parts = list(_parts(element, declared, reader))
    if len({part.labels for part in parts}) < len(parts):
        raise PolicyNotUsable("an API or an operation is named twice")
    return parts


def _parts(element: Element, declared: tuple[Attribute, ...], reader: Reader) -> Iterator[Part]:
    for child in _children(element, "api"):
        given = reader.given(child, (*_NAME, *declared))
        api = _named(child, given)
        yield Part(api, None, given)
        for grandchild in _children(child, "operation"):
            within = reader.given(grandchild, (*_NAME, *declared))
            _children(grandchild)
            yield Part(api, _named(grandchild, within), within)


def _children(element: Element, *names: str) -> list[Element]:
    for child in element.children:
        if child.name not in names:
            raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
    if isinstance(element.text, Source) or element.text.strip():
        raise PolicyNotUsable(f"<{element.name}> cannot contain text.")
    return list(element.children)


def _named(element: Element, given: Given) -> Named:
    named = Named(given.text("id"), given.text("name"))
    if not named.id and not named.name:
        raise PolicyNotUsable(f"<{element.name}> needs 'name' or 'id'.")
    return named

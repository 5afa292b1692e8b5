"""What do the elements within `<validate-content>` ask of a body, and of what type is it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Reader
from mockserver.gateway.schemas.leniency import Leniency
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

Action = Literal["ignore", "prevent", "detect"]
ACTIONS: tuple[Action, ...] = ("ignore", "prevent", "detect")

_CONTENT = (
    Attribute(name="type"),
    Attribute(name="validate-as", kind="choice", choices=("json", "xml", "soap"), required=True),
    Attribute(name="action", kind="choice", choices=ACTIONS, required=True),
    Attribute(name="schema-id"),
    Attribute(name="schema-ref"),
    Attribute(name="allow-additional-properties", kind="boolean"),
    Attribute(name="case-insensitive-property-names", kind="boolean", default="false"),
)
_MAP = (Attribute(name="any-content-type-value"), Attribute(name="missing-content-type-value"))
_TYPE = (
    Attribute(name="from"),
    Attribute(name="when", kind="boolean", expressions=True),
    Attribute(name="to", required=True),
)


@dataclass(frozen=True, slots=True)
class Content:
    """How bodies of one content type are checked; without `type` those that the API declares."""

    type: str
    action: Action
    schema_id: str
    schema_ref: str
    leniency: Leniency


@dataclass(frozen=True, slots=True)
class ContentTypeMap:
    """Which content type stands for the one that a message has."""

    any_type: str = ""
    missing_type: str = ""
    by_type: tuple[tuple[str, str], ...] = ()
    by_condition: tuple[tuple[Value, str], ...] = ()

    async def find(self, given: str, call: Call) -> str:
        """Return the content type to check by; `given` is without parameters, in lower case."""
        for condition, to in self.by_condition:
            if await condition.boolean(call):
                return to
        mapped: Mapping[str, str] = dict(self.by_type)
        if given in mapped:
            return mapped[given]
        if not given and self.missing_type:
            return self.missing_type
        return self.any_type or given


def media_type(text: str) -> str:
    """Return a content type without parameters, in lower case."""
    return text.partition(";")[0].strip().lower()


def read_contents(element: Element, reader: Reader) -> tuple[ContentTypeMap, Sequence[Content]]:
    """Read what is within a `<validate-content>`. Raises PolicyNotUsable."""
    _refuse_text(element)
    maps = [child for child in element.children if child.name == "content-type-map"]
    contents = []
    for child in element.children:
        if child.name == "content":
            contents.append(_content(child, reader))
        elif child not in maps:
            raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
    if len(maps) > 1:
        raise PolicyNotUsable("<content-type-map> is there twice")
    return (_map(maps[0], reader) if maps else ContentTypeMap()), contents


def _content(element: Element, reader: Reader) -> Content:
    given = reader.given(element, _CONTENT)
    if element.children:
        raise PolicyNotUsable("<content> cannot contain other elements")
    _refuse_text(element)
    engine = given.text("validate-as")
    if engine != "json":
        raise PolicyNotUsable(f"validate-as: {engine} is not supported, only json")
    reference = given.text("schema-ref")
    if reference and not given.text("schema-id"):
        raise PolicyNotUsable("schema-ref needs a schema-id")
    if reference and not reference.startswith("#"):
        raise PolicyNotUsable("schema-ref: a place within the schema begins with #")
    others = given.get("allow-additional-properties")
    leniency = Leniency(
        None if others is None else others.known.lower() == "true",
        given.flag("case-insensitive-property-names"),
    )
    return Content(
        media_type(given.text("type")),
        cast("Action", given.text("action")),
        given.text("schema-id"),
        reference,
        leniency,
    )


def _map(element: Element, reader: Reader) -> ContentTypeMap:
    given = reader.given(element, _MAP)
    _refuse_text(element)
    by_type: list[tuple[str, str]] = []
    by_condition: list[tuple[Value, str]] = []
    for child in element.children:
        if child.name != "type" or child.children:
            raise PolicyNotUsable("<content-type-map> can contain <type from= to= /> only")
        _refuse_text(child)
        _add_type(reader.given(child, _TYPE), by_type, by_condition)
    return ContentTypeMap(
        media_type(given.text("any-content-type-value")),
        media_type(given.text("missing-content-type-value")),
        tuple(by_type),
        tuple(by_condition),
    )


def _add_type(
    given: Given, by_type: list[tuple[str, str]], by_condition: list[tuple[Value, str]]
) -> None:
    condition, to = given.get("when"), media_type(given.text("to"))
    if (condition is None) == (given.get("from") is None):
        raise PolicyNotUsable("<type> needs either 'from' or 'when'")
    if condition is None:
        by_type.append((media_type(given.text("from")), to))
    else:
        by_condition.append((condition, to))


def _refuse_text(element: Element) -> None:
    if not isinstance(element.text, str) or element.text.strip():
        raise PolicyNotUsable(f"<{element.name}> cannot contain text")

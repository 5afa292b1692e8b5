"""What might a value that a JSON schema describes look like?

The same schema gives the same sample, always. What refers to itself ends after a few levels, and a
sample has only so many values.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A response without an example is made up from its schema: an example, default or first"
        " choice that the schema gives, else 0, true, `string` or what the format asks for; an"
        " object has all its properties, a list one element.",
        Evidence.ASSUMED,
        "the page on mock-response says that samples are generated, not how they look",
    ),
)

_MOST_LEVELS = 16
_MOST_VALUES = 2_000
_MOST_CHARACTERS = 256
_MOST_ELEMENTS = 16
_ROOT = "#/components/schemas/"
_GIVEN = ("example", "default", "const")
_FORMATS = {
    "date-time": "2017-01-01T00:00:00Z",
    "date": "2017-01-01",
    "time": "00:00:00Z",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "uri": "https://example.org/",
    "email": "user@example.org",
    "hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "c3RyaW5n",
}
_NOTHING = object()
"""Stands for a value that is left out: the schema goes on too deeply, or allows none."""


def sample(name: str, schemas: Mapping[str, Any]) -> Any:
    """Return a JSON value for one of the schemas of an API, None if it describes none."""
    value = _Sampler(schemas).value({"$ref": _ROOT + name.replace("~", "~0").replace("/", "~1")})
    return None if value is _NOTHING else value


class _Sampler:
    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas
        self._left = _MOST_VALUES

    def value(self, schema: Any, level: int = 0) -> Any:
        """Return a value for a schema, or nothing."""
        self._left -= 1
        if level > _MOST_LEVELS or self._left < 0 or schema is False:
            return _NOTHING
        if not isinstance(schema, Mapping):
            return {}
        given = _given(schema)
        return self._made_up(schema, level) if given is _NOTHING else given

    def _made_up(self, schema: Mapping[str, Any], level: int) -> Any:
        if "$ref" in schema:
            return self.value(self._target(str(schema["$ref"])), level + 1)
        if choices := _list(schema, "oneOf") or _list(schema, "anyOf"):
            return self.value(choices[0], level + 1)
        if parts := _list(schema, "allOf"):
            return self._all_of(schema, parts, level)
        return self._of_type(schema, _type(schema), level)

    def _target(self, reference: str) -> Any:
        """Return what a reference names, False if that is nothing."""
        found: Any = self._schemas
        if not reference.startswith(_ROOT):
            return False
        for step in unquote(reference[len(_ROOT) :]).split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and name in found:
                found = found[name]
            elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            else:
                return False
        return found

    def _all_of(self, schema: Mapping[str, Any], parts: list[Any], level: int) -> Any:
        """Return the members of all parts together, or the first part's value."""
        own = {key: each for key, each in schema.items() if key != "allOf"}
        values = [self.value(part, level + 1) for part in (*parts, own)]
        objects = [value for value in values if isinstance(value, dict)]
        first = next((value for value in values if value is not _NOTHING), _NOTHING)
        if not isinstance(first, dict):
            return first
        return {key: value for each in objects for key, value in each.items()}

    def _of_type(self, schema: Mapping[str, Any], kind: str, level: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, level)
            case "array":
                return self._array(schema, level)
            case "string":
                return _text(schema)
            case "integer" | "number":
                return _number(schema)
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: Mapping[str, Any], level: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return {}
        members = {
            str(name): self.value(member, level + 1)
            for name, member in properties.items()
            if not (isinstance(member, Mapping) and member.get("writeOnly") is True)
        }
        return {name: member for name, member in members.items() if member is not _NOTHING}

    def _array(self, schema: Mapping[str, Any], level: int) -> list[Any]:
        least = schema.get("minItems")
        count = min(max(least, 1), _MOST_ELEMENTS) if isinstance(least, int) else 1
        elements = [self.value(schema.get("items", False), level + 1) for _ in range(count)]
        return [element for element in elements if element is not _NOTHING]


def _given(schema: Mapping[str, Any]) -> Any:
    """Return the value that a schema gives itself, if it does."""
    for word in _GIVEN:
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if values := _list(schema, word):
            return values[0]
    return _NOTHING


def _list(schema: Mapping[str, Any], word: str) -> list[Any]:
    values = schema.get(word)
    return values if isinstance(values, list) else []


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a schema; one that has none but properties or items has that of these."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    return "array" if "items" in schema and "properties" not in schema else "object"


def _text(schema: Mapping[str, Any]) -> str:
    text = _FORMATS.get(str(schema.get("format")), "string")
    least, most = schema.get("minLength"), schema.get("maxLength")
    if isinstance(least, int):
        text = text.ljust(min(least, _MOST_CHARACTERS), "x")
    return text[: max(most, 0)] if isinstance(most, int) else text


def _number(schema: Mapping[str, Any]) -> float:
    """Return 0, or what is allowed and nearest to it."""
    least, most = schema.get("minimum"), schema.get("maximum")
    number: float = 0
    if isinstance(least, int | float) and least > number:
        number = least
    if isinstance(most, int | float) and most < number:
        number = most
    return number

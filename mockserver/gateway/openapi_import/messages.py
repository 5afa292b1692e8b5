"""Which schemas and example messages does an imported API get from its OpenAPI document?"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.openapi_import.part import DocumentNotImportable, Mistake, Part, Place

_RESTRICTIONS = "the page on API import restrictions"

FACTS = (
    Fact(
        "Schemas are defined for the API as a whole and named by operations; a schema that stands"
        " within an operation is left out.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "A reference to another file is refused.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "A schema that refers to itself is kept.",
        Evidence.ASSUMED,
        "the page on API import restrictions does not support it, and does not say what happens",
    ),
    Fact(
        "The import drops the request body of GET, HEAD and OPTIONS.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "Of OpenAPI 2.0, form parameters and `produces` are not imported.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "A response of OpenAPI 2.0 is of the types that its examples have, else application/json.",
        Evidence.ASSUMED,
        "an import into a live service would settle it",
    ),
    Fact(
        "References to components other than schemas are resolved: they are not components of the"
        " API, but the operation has what they name.",
        Evidence.ASSUMED,
        "the page on API import restrictions lists such components as not supported",
    ),
    Fact(
        "The example of a message is `example`, else the first of `examples`, as text.",
        Evidence.ASSUMED,
        "`example` is published as supported; how it is written is not",
    ),
    Fact(
        "`default` and ranges as `4XX` make no response of an operation.",
        Evidence.ASSUMED,
        "a response of an operation has a status code; an import would settle the rest",
    ),
)

MOST_EXAMPLE_TEXT = 16 << 20
"""Characters of all examples together: one that many operations refer to is written for each."""

_JSON = "application/json"
_BODYLESS = ("get", "head", "options")
_STATUS = re.compile(r"[1-5][0-9][0-9]")
_NO_STATUS = re.compile(r"default|[1-5][xX][xX]|x-.*", re.DOTALL)
_SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas", "definitions", "$defs")
"""Keywords whose members are schemas by name, and the names may be those of keywords."""
_SCHEMA_DATA = ("example", "examples", "default", "enum", "const")
"""Keywords whose values are data, in which `$ref` is a word as any other."""

_Declared = dict[str, Any]


class Messages:
    """Reads schemas, requests and responses of one document. `is_old`: it is OpenAPI 2.0."""

    def __init__(self, root: Part, *, is_old: bool) -> None:
        self._root = root
        self._is_old = is_old
        self._schemas: Place = ("definitions",) if is_old else ("components", "schemas")
        self._room = MOST_EXAMPLE_TEXT

    def schemas(self) -> _Declared:
        """Return the API's schemas by name; they refer to each other as in OpenAPI 3."""
        holder = self._root if self._is_old else self._root.get("components")
        members = holder.members(str(self._schemas[-1])) if holder else ()
        schemas = {}
        for name, schema in members:
            if isinstance(schema.value, dict | bool):
                schemas[name] = self._schema(schema)
            else:
                schema.wrong("must be a schema")
        return schemas

    def request(self, method: str, operation: Part, parameters: Sequence[Part]) -> list[_Declared]:
        """Return what the request of an operation may look like."""
        if method in _BODYLESS:
            return []
        if not self._is_old:
            body = operation.get("requestBody")
            body = body and body.followed()
            return list(self._content(body)) if body else []
        found = []
        for parameter in parameters:
            if parameter.value.get("in") == "body":
                holder = operation if operation.get("consumes") else self._root
                types = [part.value for part in holder.elements("consumes")] or [_JSON]
                schema = self._schema_name(parameter)
                found += [_representation(str(each), schema, None) for each in types]
        return found

    def responses(self, operation: Part) -> list[_Declared]:
        """Return the documented responses of an operation that have a status of their own."""
        found = []
        for status, part in operation.members("responses"):
            if _NO_STATUS.fullmatch(status):
                continue
            if not _STATUS.fullmatch(status):
                part.wrong(f"'{status}' is no status, no range of them and not `default`")
                continue
            response = part.followed()
            if response is None:
                continue
            contents = self._old_content if self._is_old else self._content
            declared: _Declared = {"status": int(status)}
            if representations := list(contents(response)):
                declared["representations"] = representations
            found.append(declared)
        return found

    def _content(self, holder: Part) -> Iterator[_Declared]:
        for kind, media in holder.members("content"):
            if not isinstance(media.value, dict):
                media.wrong("must be a mapping")
                continue
            example = self._text(_example(media), kind)
            yield _representation(kind, self._schema_name(media), example)

    def _old_content(self, response: Part) -> Iterator[_Declared]:
        examples = dict(response.members("examples"))
        schema = self._schema_name(response)
        if response.get("schema") and not examples:
            yield _representation(_JSON, schema, None)
        for kind, example in examples.items():
            yield _representation(kind, schema, self._text(example, kind))

    def _schema_name(self, holder: Part) -> str | None:
        """Return which of the API's schemas `schema` refers to; None if it stands there itself."""
        schema = holder.get("schema")
        if schema is None or not isinstance(schema.value, dict) or "$ref" not in schema.value:
            return None
        target = schema.target()
        is_named = target is not None and target.place[:-1] == self._schemas
        return str(target.place[-1]) if target and is_named else None

    def _schema(self, part: Part) -> Any:
        """Return a schema whose references read `#/components/schemas/Name`."""
        if isinstance(part.value, list):
            return [self._schema(part.inner(n, each)) for n, each in enumerate(part.value)]
        if not isinstance(part.value, dict):
            return part.value
        written: _Declared = {}
        for key, value in part.value.items():
            inner = part.inner(key, value)
            if key == "$ref":
                written[key] = self._reference(part)
            elif key in _SCHEMA_DATA or key.startswith("x-"):
                written[key] = value
            elif key in _SCHEMA_MAPS and isinstance(value, dict):
                written[key] = {n: self._schema(inner.inner(n, v)) for n, v in value.items()}
            else:
                written[key] = self._schema(inner)
        return written

    def _reference(self, schema: Part) -> str:
        target = schema.target()
        if target is None:
            return ""
        depth = len(self._schemas)
        if target.place[:depth] != self._schemas or len(target.place) == depth:
            schema.wrong(f"'{schema.value['$ref']}' is none of the document's schemas")
        steps = (str(step) for step in target.place[depth:])
        escaped = (s.replace("~", "~0").replace("/", "~1").replace("%", "%25") for s in steps)
        return "#/components/schemas/" + "/".join(escaped)

    def _text(self, example: Part | None, kind: str) -> str | None:
        if example is None:
            return None
        text = _written(example.value, kind)
        self._room -= len(text)
        if self._room < 0:
            what = f"its examples are more than {MOST_EXAMPLE_TEXT >> 20} MB of text"
            raise DocumentNotImportable([Mistake((), what)])
        return text


def _representation(kind: str, schema: str | None, example: str | None) -> _Declared:
    declared = {"content_type": kind, "schema": schema, "example": example}
    return {name: value for name, value in declared.items() if value is not None}


def _example(media: Part) -> Part | None:
    if "example" in media.value:
        return media.inner("example", media.value["example"])
    for _, named in media.members("examples"):
        example = named.followed()
        if example is None or "value" not in example.value:
            return None  # `externalValue`: nothing is fetched
        return example.inner("value", example.value["value"])
    return None


def _written(value: Any, kind: str) -> str:
    """Write an example as it goes over the wire."""
    if isinstance(value, str):
        media_type = kind.partition(";")[0].strip().lower()
        is_json = media_type.endswith(("/json", "+json"))
        if not is_json or _holds_json(value):
            return value
    return json.dumps(value, ensure_ascii=False)


def _holds_json(text: str) -> bool:
    """Say whether a text is an object or a list already written as JSON, as authors often do."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True

"""Does a JSON text fit a schema of an API, and where does it not?

Schemas are in the dialect of OpenAPI 3.0 and refer to each other as `#/components/schemas/Name`.
Nothing is fetched for a reference. What comes from outside, and what a schema does with it, ends in
an error at worst: too deep is not valid.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import quote

from typing_extensions import override

from mockserver.gateway.schemas.leniency import EXACT, Leniency
from mockserver.gateway.schemas.places import place_at, place_of, place_of_name
from mockserver.gateway.schemas.wording import additional, missing, word

_DOCUMENT = "urn:mockserver:api"
_ALONE = "urn:mockserver:schema"
MOST_PROBLEMS = 10
"""How many problems of a text are told: the first ones."""


class SchemaNotUsable(ValueError):
    """A schema is not there, is none, or cannot be applied; the text says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text does not fit, and at which line (from 1) and position."""

    message: str
    line: int
    position: int

    @override
    def __str__(self) -> str:
        return f"{self.message} Line: {self.line}, Position: {self.position}"


_TOO_DEEP = Problem("The JSON is nested too deeply.", 1, 0)


class Checker:
    """Checks texts against one schema. Made once, used by any thread."""

    def __init__(
        self,
        schemas: Mapping[str, Any],
        name: str,
        reference: str = "",
        leniency: Leniency = EXACT,
    ) -> None:
        """Compile; `reference` is a place within the schema. Raises SchemaNotUsable."""
        from referencing import Registry
        from referencing.jsonschema import DRAFT4

        from mockserver.gateway.schemas.keywords import FAILURES, validator_class
        from mockserver.gateway.schemas.patterns import check_patterns

        if name not in schemas:
            raise SchemaNotUsable(f"there is no schema '{name[:100]}'")
        document = {"components": {"schemas": dict(schemas)}}
        registry = Registry().with_resources(
            [
                (_DOCUMENT, DRAFT4.create_resource(document)),
                (_ALONE, DRAFT4.create_resource(schemas[name])),
            ]
        )
        target = f"{_DOCUMENT}#/components/schemas/{_escaped(name)}"
        if reference:
            target = f"{_ALONE}{reference}"
        validator = validator_class(leniency)
        try:
            found = registry.resolver().lookup(target)
            validator.check_schema(found.contents)
            check_patterns(found.contents, found.resolver)
        except FAILURES as error:
            raise SchemaNotUsable(_short(error)) from error
        self._validator = validator(
            {"$ref": target}, registry=registry, format_checker=validator.FORMAT_CHECKER
        )

    def problems(self, content: bytes) -> list[Problem]:
        """Return the first problems of a text, none if it fits. Raises SchemaNotUsable."""
        from mockserver.gateway.schemas.keywords import FAILURES
        from mockserver.gateway.schemas.patterns import bounded

        text = ""
        try:
            text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
            value = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError:
            return [_TOO_DEEP]
        except json.JSONDecodeError as error:
            return [Problem(f"Unexpected character: {error.msg}.", *place_at(text, error.pos))]
        except ValueError as error:
            return [Problem(f"The body is no JSON: {str(error)[:100]}.", 1, 0)]
        try:
            with bounded(len(content)):
                breaches = list(islice(self._validator.iter_errors(value), 2 * MOST_PROBLEMS))
            told = [_problem(text, breach) for breach in breaches]
        except RecursionError:
            return [_TOO_DEEP]
        except FAILURES as error:
            raise SchemaNotUsable(_short(error)) from error
        # The library tells some breaches twice.
        return list(dict.fromkeys(told))[:MOST_PROBLEMS]


def _problem(text: str, breach: Any) -> Problem:
    path: Sequence[str | int] = list(breach.absolute_path)
    if breach.validator == "required":
        return Problem(missing(breach.missing), *place_of(text, path))
    if breach.validator == "additionalProperties":
        return Problem(additional(breach.extra), *place_of_name(text, path, breach.extra))
    return Problem(word(breach), *place_of(text, path))


def _short(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _escaped(name: str) -> str:
    """Write a name as a part of a JSON pointer in a fragment (RFC 6901)."""
    return quote(name.replace("~", "~0").replace("/", "~1"), safe="~")

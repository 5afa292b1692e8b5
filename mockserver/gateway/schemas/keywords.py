"""How do the keywords of a schema work where the library's own would not do?

Additional properties and the case of names may be overridden, what is missing is told at once,
`uniqueItems` takes time in proportion to the array, patterns take a bounded time, and multiples are
exact for numbers of any size. The libraries are loaded with this module.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from jsonschema.exceptions import (  # type: ignore[import-untyped]
    SchemaError,
    UnknownType,
    ValidationError,
)
from jsonschema.validators import extend  # type: ignore[import-untyped]
from openapi_schema_validator import OAS30Validator
from referencing.exceptions import Unresolvable

from mockserver.gateway.schemas.leniency import Leniency
from mockserver.gateway.schemas.patterns import matches

FAILURES: tuple[type[Exception], ...] = (
    *(SchemaError, UnknownType, Unresolvable, re.error),
    *(TypeError, ValueError, KeyError, AttributeError, RecursionError, ArithmeticError),
)
"""What is thrown where a schema makes no sense."""


@cache
def validator_class(leniency: Leniency) -> Any:
    """Return the class of validators that are as lenient as that."""
    keywords = _Keywords(leniency)
    changed = {
        "properties": keywords.properties,
        "additionalProperties": keywords.additional,
        "required": keywords.required,
        "uniqueItems": _unique,
        "pattern": _pattern,
        "patternProperties": _by_pattern,
        "multipleOf": _multiple,
    }
    return extend(OAS30Validator, changed)


class _Keywords:
    """Keywords as the library calls them: with validator, value of the keyword, value, schema."""

    def __init__(self, leniency: Leniency) -> None:
        self._additional = leniency.additional
        self._ignores_case = leniency.ignores_case

    def properties(self, validator: Any, declared: Any, value: Any, schema: Any) -> Iterator[Any]:
        """Check the properties that are declared."""
        if not isinstance(value, dict):
            return
        for name, found in self._pairs(declared, value):
            yield from validator.descend(value[found], declared[name], found, name)
        if self._additional is False and "additionalProperties" not in schema:
            yield from self.additional(validator, False, value, schema)

    def additional(self, validator: Any, allowed: Any, value: Any, schema: Any) -> Iterator[Any]:
        """Check, or refuse, the other ones."""
        if not isinstance(value, dict) or self._additional is True:
            return
        rule = False if self._additional is False else allowed
        known = {found for _, found in self._pairs(schema.get("properties", {}), value)}
        patterns = schema.get("patternProperties", ())
        for name in value:
            if rule is True or name in known:
                continue
            if not any(matches(pattern, name) for pattern in patterns):
                yield from _other(validator, rule, value, name)

    def required(self, _: Any, names: Any, value: Any, _schema: Any) -> Iterator[Any]:
        """Tell at once all properties that are missing."""
        if not isinstance(value, dict):
            return
        found = {name for name, _ in self._pairs(names, value)}
        missing = [name for name in names if name not in found]
        if missing:
            error = ValidationError("")
            error.missing = missing
            yield error

    def _pairs(
        self, names: Mapping[str, Any] | Sequence[str], value: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """Yield the names that a schema gives with those in an object that are meant."""
        if not self._ignores_case:
            yield from ((name, name) for name in names if name in value)
            return
        found: dict[str, list[str]] = {}
        for name in value:
            found.setdefault(name.casefold(), []).append(name)
        for name in names:
            yield from ((name, each) for each in found.get(name.casefold(), ()))


def _other(validator: Any, rule: Any, value: Any, name: str) -> Iterator[Any]:
    """Check a property that is not declared: a rule of False forbids it, else it is a schema."""
    if rule is False:
        error = ValidationError("", validator="additionalProperties")
        error.extra = name
        yield error
    else:
        yield from validator.descend(value[name], rule, path=name)


def _pattern(_: Any, pattern: Any, value: Any, _schema: Any) -> Iterator[Any]:
    if isinstance(value, str) and not matches(pattern, value):
        yield ValidationError("")


def _by_pattern(validator: Any, declared: Any, value: Any, _: Any) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    for pattern, rule in declared.items():
        for name in value:
            if matches(pattern, name):
                yield from validator.descend(value[name], rule, path=name, schema_path=pattern)


def _multiple(validator: Any, divisor: Any, value: Any, _: Any) -> Iterator[Any]:
    if not validator.is_type(value, "number"):
        return
    # JSON has no infinity, but 1e999 is read as one.
    is_infinite = isinstance(value, float) and math.isinf(value)
    if is_infinite or _exact(value) % _exact(divisor):
        yield ValidationError("")


def _exact(number: float) -> int | Fraction:
    """Return a number as it was written: 0.01 is a hundredth."""
    return number if isinstance(number, int) else Fraction(repr(number))


def _unique(_: Any, is_wanted: Any, value: Any, _schema: Any) -> Iterator[Any]:
    if not is_wanted or not isinstance(value, list):
        return
    seen: set[object] = set()
    for each in map(_hashable, value):
        if each in seen:
            yield ValidationError("")
            return
        seen.add(each)


def _hashable(value: Any) -> object:
    """Return a value that equals another one if JSON Schema calls them equal."""
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    if isinstance(value, dict):
        return frozenset((name, _hashable(each)) for name, each in value.items())
    return value

"""How is a breach of a schema worded?

As Newtonsoft.Json.Schema does, which API Management's answers are in the words of.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A value of the wrong type is told as `Invalid type. Expected String but got Null.`",
        Evidence.CAPTURED,
        "an answer kept in the tests of the Ruby library friendly_shipping",
    ),
    Fact(
        "Other breaches are in the words of the same .NET library, as is the line and position.",
        Evidence.ASSUMED,
        "one message of each kind from a live gateway would settle it",
    ),
)

_LONGEST = 200
_TYPES: Mapping[type, str] = {
    dict: "Object",
    list: "Array",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Number",
    type(None): "Null",
}


class Breach(Protocol):
    """What the library that validates tells of one breach: keyword, its value, what broke it."""

    validator: Any
    validator_value: Any
    instance: Any
    schema: Any
    message: str


def word(breach: Breach) -> str:
    """Return the sentence for a breach."""
    wording = _WORDINGS.get(breach.validator)
    if wording is None:
        return f"{breach.message[:_LONGEST]}."
    return wording(breach.instance, breach.validator_value, breach.schema)


def additional(name: str) -> str:
    """Return the sentence for a property that may not be there."""
    told = "has not been defined and the schema does not allow additional properties."
    return f"Property '{_cut(name)}' {told}"


def missing(names: list[str]) -> str:
    """Return the sentence for properties that are not there."""
    return f"Required properties are missing from object: {', '.join(names)}."


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _shown(value: Any) -> str:
    try:
        return _cut(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError):
        return "..."


def _number(value: Any) -> str:
    return f"{'Integer' if isinstance(value, int) else 'Float'} {_shown(value)}"


def _of_type(instance: Any, expected: Any, schema: Any) -> str:
    names = str(expected).capitalize()
    if isinstance(schema, Mapping) and schema.get("nullable") is True:
        names += ", Null"
    return f"Invalid type. Expected {names} but got {_TYPES.get(type(instance), 'Null')}."


def _at_least(instance: Any, bound: Any, schema: Any) -> str:
    if instance == bound and isinstance(schema, Mapping) and schema.get("exclusiveMinimum"):
        return f"{_number(instance)} equals minimum value of {bound} and exclusive minimum is true."
    return f"{_number(instance)} is less than minimum value of {bound}."


def _at_most(instance: Any, bound: Any, schema: Any) -> str:
    if instance == bound and isinstance(schema, Mapping) and schema.get("exclusiveMaximum"):
        return f"{_number(instance)} equals maximum value of {bound} and exclusive maximum is true."
    return f"{_number(instance)} exceeds maximum value of {bound}."


Wording = Callable[[Any, Any, Any], str]

_WORDINGS: Mapping[str, Wording] = {
    "type": _of_type,
    "minimum": _at_least,
    "maximum": _at_most,
    "multipleOf": lambda i, v, _: f"{_number(i)} is not a multiple of {v}.",
    "enum": lambda i, _v, _s: f"Value {_shown(i)} is not defined in enum.",
    "pattern": lambda i, v, _: f"String '{_cut(i)}' does not match regex pattern '{v}'.",
    "format": lambda i, v, _: f"{_string(i)} does not validate against format '{v}'.",
    "minLength": lambda i, v, _: f"String '{_cut(i)}' is less than minimum length of {v}.",
    "maxLength": lambda i, v, _: f"String '{_cut(i)}' exceeds maximum length of {v}.",
    "minItems": lambda i, v, _: f"Array item count {len(i)} is less than minimum count of {v}.",
    "maxItems": lambda i, v, _: f"Array item count {len(i)} exceeds maximum count of {v}.",
    "uniqueItems": lambda _i, _v, _s: "Non-unique array item.",
    "minProperties": lambda i, v, _: (
        f"Object property count {len(i)} is less than minimum count of {v}."
    ),
    "maxProperties": lambda i, v, _: (
        f"Object property count {len(i)} exceeds maximum count of {v}."
    ),
    "anyOf": lambda _i, _v, _s: "JSON does not match any schemas from 'anyOf'.",
    "oneOf": lambda _i, _v, _s: "JSON is valid against no schemas, or several, from 'oneOf'.",
    "not": lambda _i, _v, _s: "JSON is valid against schema from 'not'.",
}


def _string(value: Any) -> str:
    return f"String '{_cut(value)}'" if isinstance(value, str) else _number(value)

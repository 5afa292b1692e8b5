"""Are samples of schemas valid, always the same, and bounded?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator

from mockserver.gateway.schemas.samples import sample

REF = "#/components/schemas/"

SIMPLE = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "string", "enum": ["b", "a"]},
        {"type": "integer", "minimum": 3},
        {"type": "number", "maximum": -1.5},
        {"type": "boolean"},
        {"type": ["null", "integer"]},
        {"const": 7},
        {"$ref": f"{REF}named"},
    ]
)
SCHEMAS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(
            lambda members: {
                "type": "object",
                "properties": members,
                "required": list(members),
                "additionalProperties": False,
            },
            st.dictionaries(st.text("abc~/", min_size=1, max_size=3), inner, max_size=3),
        ),
        st.builds(lambda items: {"type": "array", "items": items, "minItems": 2}, inner),
        st.builds(lambda each: {"oneOf": [each]}, inner),
        st.builds(lambda each: {"allOf": [each]}, inner),
    ),
    max_leaves=6,
)


@given(SCHEMAS)
def test_samples_are_valid(schema: dict[str, Any]) -> None:
    """A sample of a schema that does not go too deeply is an instance of it."""
    schemas = {"top": schema, "named": {"type": "integer"}}
    value = sample("top", schemas)
    assert sample("top", schemas) == value
    depth = json.dumps(schema).count("{")
    if depth <= 16:
        whole = {"$ref": f"{REF}top", "components": {"schemas": schemas}}
        OAS31Validator(whole).validate(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "object", "example": {"a": 1}}, {"a": 1}),
        ({"type": "string", "default": "x"}, "x"),
        ({"type": "string", "examples": ["y", "z"]}, "y"),
        ({"type": "string", "format": "date-time"}, "2017-01-01T00:00:00Z"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 0}),
        ({"items": {"type": "boolean"}}, [True]),
        ({"type": "array"}, []),
        ({"type": "null"}, None),
        ({"type": "strange"}, None),
        ({}, {}),
        (True, {}),
        (False, None),
        ({"$ref": f"{REF}nowhere"}, None),
        ({"$ref": "https://example.org/other.json"}, None),
        ({"$ref": f"{REF}list/allOf/1"}, {"b": 0}),
        ({"$ref": f"{REF}list"}, {"a": 0, "b": 0}),
        ({"allOf": [{"type": "string"}]}, "string"),
        ({"properties": {"a": {"type": "string", "writeOnly": True}}}, {}),
        ({"type": "string", "minLength": 10**9}, "string".ljust(256, "x")),
        ({"type": "array", "items": {"const": 1}, "minItems": 10**9}, [1] * 16),
    ],
)
def test_what_samples_look_like(schema: Any, value: Any) -> None:
    """What the schema gives itself comes first, then what its type asks for."""
    members = [{"properties": {name: {"type": "integer"}}} for name in ("a", "b")]
    assert sample("it", {"it": schema, "list": {"allOf": members}}) == value


def test_what_refers_to_itself_ends() -> None:
    """A tree of nodes has a few levels, and the last ones no children."""
    node = {"properties": {"next": {"$ref": f"{REF}node"}, "id": {"type": "integer"}}}
    value = sample("node", {"node": node})
    levels = 0
    while "next" in value:
        assert value["id"] == 0
        value, levels = value["next"], levels + 1
    assert levels == 7


def test_a_sample_is_bounded() -> None:
    """A schema with many references to itself gives a sample of a bounded size."""
    node = {"properties": {f"n{number}": {"$ref": f"{REF}node"} for number in range(50)}}
    assert len(json.dumps(sample("node", {"node": node}))) < 100_000


def test_a_schema_that_only_names_itself_has_no_sample() -> None:
    """A reference to itself ends as nothing."""
    assert sample("it", {"it": {"$ref": f"{REF}it"}}) is None

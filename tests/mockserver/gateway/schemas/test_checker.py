"""Which JSON fits a schema, and what is told of the rest?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from mockserver.gateway.schemas.checker import MOST_PROBLEMS, Checker, SchemaNotUsable
from mockserver.gateway.schemas.leniency import EXACT, Leniency

SCHEMAS: dict[str, Any] = {
    "Book": {
        "type": "object",
        "required": ["title", "pages"],
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^[A-Z]"},
            "pages": {"type": "integer", "minimum": 1, "maximum": 999},
            "author": {"$ref": "#/components/schemas/Author"},
            "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "kind": {"enum": ["novel", "poems"]},
            "printed": {"type": "string", "format": "date", "nullable": True},
        },
        "additionalProperties": False,
    },
    "Author": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Open": {"type": "object", "additionalProperties": {"type": "integer"}},
    "Tree": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    "odd/na~me %": {"type": "boolean"},
    "Any": {},
    "Many": {"type": "array", "minItems": 1, "maxItems": 30, "items": {"type": "string"}},
    "Sized": {"type": "object", "minProperties": 1, "maxProperties": 2},
    "One": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "Some": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    "Not": {"not": {"type": "string"}},
    "Half": {"type": "number", "multipleOf": 0.5},
    "Above": {"type": "number", "minimum": 1, "exclusiveMinimum": True},
    "Below": {"type": "number", "maximum": 1, "exclusiveMaximum": True},
    "Unique": {"type": "array", "uniqueItems": True},
    "Cents": {"type": "number", "multipleOf": 0.01},
    "Evil": {"type": "object", "properties": {"p": {"pattern": "^(a+)+$"}}},
    "EvilNames": {"patternProperties": {"^(a+)+$": {"type": "integer"}}},
    "Named": {
        "properties": {"id": {"type": "string"}},
        "patternProperties": {"^n": {"type": "integer"}},
        "additionalProperties": False,
    },
    "Digit": {"pattern": "[0-9]"},
    "Whole": {"definitions": {"Inner": {"type": "integer"}}, "type": "string"},
}


def told(name: str, text: str | bytes, leniency: Leniency = EXACT) -> list[str]:
    """Return what is told of a text."""
    content = text if isinstance(text, bytes) else text.encode()
    problems = Checker(SCHEMAS, name, leniency=leniency).problems(content)
    return [str(problem) for problem in problems]


def test_what_fits() -> None:
    """Nothing is told."""
    book = {"title": "Emma", "pages": 1, "author": {"name": "Jane", "x": 1}, "printed": None}
    assert told("Book", json.dumps(book)) == []
    assert told("Book", b"\xef\xbb\xbf" + json.dumps(book).encode()) == []
    assert told("Book", json.dumps(book).encode("utf-16")) == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "Book",
            '{"title": null,\n "pages": 1}',
            "Invalid type. Expected String but got Null. Line: 1, Position: 14",
        ),
        (
            "Book",
            "\n {}",
            "Required properties are missing from object: title, pages. Line: 2, Position: 2",
        ),
        (
            "Book",
            '{"title":"A","pages":1,\n"isbn" :2}',
            "additional properties. Line: 2, Position: 8",
        ),
        (
            "Book",
            '{"title":"A","pages":1,"author":{"name":[]}}',
            "Invalid type. Expected String but got Array. Line: 1, Position: 41",
        ),
        ("Book", '{"title":"A","pages":1,"x":1}', "Property 'x' has not been defined and the"),
        ("Book", '{"title":"","pages":1}', "String '' is less than minimum length of 1."),
        ("Book", '{"title":"ABCDEFGHIJ","pages":1}', "'ABCDEFGHIJ' exceeds maximum length of 9."),
        ("Book", '{"title":"a","pages":1}', "String 'a' does not match regex pattern '^[A-Z]'."),
        ("Book", '{"title":"A","pages":0}', "Integer 0 is less than minimum value of 1."),
        ("Book", '{"title":"A","pages":1000}', "Integer 1000 exceeds maximum value of 999."),
        ("Book", '{"title":"A","pages":1,"kind":"x"}', 'Value "x" is not defined in enum.'),
        ("Book", '{"title":"A","pages":true}', "Expected Integer but got Boolean."),
        ("Book", '{"title":"A","pages":1.5}', "Expected Integer but got Number."),
        ("Book", '{"title":"A","pages":1,"printed":3}', "Expected String, Null but got Integer."),
        (
            "Book",
            '{"title":"A","pages":1,"printed":"1.1.2020"}',
            "String '1.1.2020' does not validate against format 'date'.",
        ),
        ("Open", '{"a":"b"}', "Expected Integer but got String."),
        ("Many", "[]", "Array item count 0 is less than minimum count of 1."),
        ("Many", json.dumps(["a"] * 31), "Array item count 31 exceeds maximum count of 30."),
        ("Sized", "{}", "Object property count 0 is less than minimum count of 1."),
        ("Sized", '{"a":1,"b":2,"c":3}', "Object property count 3 exceeds maximum count of 2."),
        ("One", "true", "JSON is valid against no schemas, or several, from 'oneOf'."),
        ("Some", "true", "JSON does not match any schemas from 'anyOf'."),
        ("Not", '"a"', "JSON is valid against schema from 'not'."),
        ("Half", "0.7", "Float 0.7 is not a multiple of 0.5."),
        ("Cents", "0.015", "Float 0.015 is not a multiple of 0.01."),
        ("Cents", "1e999", "Float Infinity is not a multiple of 0.01."),
        ("Named", '{"n1":"a"}', "Expected Integer but got String. Line: 1, Position: 9"),
        ("Named", '{"m":1}', "Property 'm' has not been defined"),
        ("Digit", '"a"', "String 'a' does not match regex pattern '[0-9]'."),
        ("Above", "1", "Integer 1 equals minimum value of 1 and exclusive minimum is true."),
        ("Above", "0", "Integer 0 is less than minimum value of 1."),
        ("Below", "1.0", "Float 1.0 equals maximum value of 1 and exclusive maximum is true."),
        ("Unique", "[1,[2],{},[2]]", "Non-unique array item. Line: 1, Position: 1"),
        ("Any", "", "Unexpected character: Expecting value. Line: 1, Position: 0"),
        ("Any", '{"a":\n}', "Unexpected character: Expecting value. Line: 2, Position: 0"),
        ("Any", "NaN", "The body is no JSON: NaN is no number of JSON."),
        ("Any", "-Infinity", "The body is no JSON"),
        ("Any", "1" * 5000, "The body is no JSON"),
        ("Any", b"\xff\xff\xff", "The body is no JSON"),
        ("odd/na~me %", "1", "Expected Boolean but got Integer."),
    ],
)
def test_what_does_not_fit(name: str, text: str | bytes, expected: str) -> None:
    """The first problem is told in the words of .NET's library, with its place."""
    assert expected in told(name, text)[0]


def test_how_many_problems_are_told() -> None:
    """The first ones, each once."""
    assert len(told("Many", json.dumps(list(range(30))))) == MOST_PROBLEMS
    book = '{"title": null, "pages": null}'
    assert [problem[:40] for problem in told("Book", book)] == [
        "Invalid type. Expected String but got Nu",
        "Invalid type. Expected Integer but got N",
    ]


def test_a_long_value_is_cut() -> None:
    """What a client sent is not sent back at its full length."""
    text = json.dumps({"title": "A" * 100_000, "pages": 1})
    assert len(told("Book", text)[0]) < 400
    name = json.dumps({"title": "A", "pages": 1, "x" * 100_000: 1})
    assert len(told("Book", name)[0]) < 400


@pytest.mark.parametrize(("depth", "fits"), [(20, True), (5_000, False), (2_000_000, False)])
def test_depth_is_bounded(depth: int, fits: bool) -> None:
    """What is nested too deeply does not fit, and breaks nothing."""
    text = "[" * depth + "]" * depth
    assert (told("Tree", text) == []) == fits


def test_many_items_that_must_be_unique() -> None:
    """They are compared in a time in proportion to their number."""
    items = [{"a": number} for number in range(20_000)]
    assert told("Unique", json.dumps(items)) == []
    assert told("Unique", json.dumps([*items, {"a": 7}])) != []


@pytest.mark.parametrize(
    "text", ["[1, true]", "[0, false]", '["1", 1]', "[[], {}]", "[[1], [[1]]]"]
)
def test_different_items_are_unique(text: str) -> None:
    """True is not 1, and an array is no object."""
    assert told("Unique", text) == []


@pytest.mark.parametrize("text", ["[1, 1.0]", '[{"a":1,"b":2},{"b":2,"a":1}]', "[null, null]"])
def test_equal_items_are_not_unique(text: str) -> None:
    """Numbers are compared by value, objects without regard to the order of their members."""
    assert told("Unique", text) != []


@pytest.mark.parametrize(
    ("leniency", "name", "value", "fits"),
    [
        (Leniency(additional=True), "Book", {"title": "A", "pages": 1, "x": 1}, True),
        (Leniency(additional=True), "Open", {"a": "b"}, True),
        (Leniency(additional=False), "Author", {"name": "a"}, True),
        (Leniency(additional=False), "Author", {"name": "a", "x": 1}, False),
        (Leniency(additional=False), "Open", {"a": 1}, False),
        (Leniency(additional=False), "Any", {"a": 1}, True),
        (Leniency(ignores_case=True), "Book", {"TITLE": "A", "Pages": 1}, True),
        (Leniency(ignores_case=True), "Book", {"TITLE": "a", "Pages": 1}, False),
        (Leniency(ignores_case=True), "Book", {"TITLE": "A", "title": 1, "Pages": 1}, False),
        (Leniency(ignores_case=True), "Book", {"titel": "A", "pages": 1}, False),
        (EXACT, "Book", {"Title": "A", "pages": 1}, False),
    ],
)
def test_what_overrides_a_schema(leniency: Leniency, name: str, value: Any, fits: bool) -> None:
    """Additional properties and the case of names, as the policy says."""
    assert (told(name, json.dumps(value), leniency) == []) == fits


LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from(["", "A", "b"]))
NAMES = st.sampled_from(["title", "pages", "author", "tags", "kind", "x"])
BOOKS = st.dictionaries(NAMES, st.one_of(LEAVES, st.lists(LEAVES, max_size=3)), max_size=5)


@given(BOOKS)
def test_it_judges_as_the_library_does(book: dict[str, Any]) -> None:
    """What is changed of the library's keywords changes no verdict."""
    document = {**SCHEMAS["Book"], "components": {"schemas": SCHEMAS}}
    assert (told("Book", json.dumps(book)) == []) == OAS30Validator(document).is_valid(book)


@given(st.binary(max_size=40))
def test_no_bytes_break_it(content: bytes) -> None:
    """Whatever a client sends, it is told where it is wrong."""
    for problem in Checker(SCHEMAS, "Book").problems(content):
        assert problem.message
        assert problem.line >= 1


def test_a_place_within_a_schema() -> None:
    """A reference leads into the schema itself."""
    checker = Checker(SCHEMAS, "Whole", "#/definitions/Inner")
    assert checker.problems(b"1") == []
    assert checker.problems(b'"a"') != []


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"$ref": "#/components/schemas/None"}, "1"),
        ({"$ref": "http://127.0.0.1:1/schema.json"}, "1"),
        ({"$ref": "file:///etc/passwd"}, "1"),
        ({"type": "objekt"}, "1"),
        ({"properties": {"a": {"minimum": "b"}}}, '{"a":1}'),
        ({"pattern": "("}, '"a"'),
        ({"multipleOf": 0}, "1"),
        ({"$ref": "#/components/schemas/Bad/x", "x": {"multipleOf": 0}}, "1"),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, '{"a":1}'),
        ({"properties": 1}, '{"a":1}'),
        ("no schema", "1"),
        (None, "1"),
    ],
)
def test_a_schema_that_makes_no_sense(schema: Any, text: str) -> None:
    """It is said so; nothing is fetched for a reference."""
    with pytest.raises(SchemaNotUsable):
        Checker({"Bad": schema}, "Bad").problems(text.encode())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Digit", '"a1b"'),
        ("Digit", "7"),
        ("Named", '{"n1": 1, "n2": 2, "id": "a"}'),
        ("Named", "[]"),
        ("Cents", "1" + "0" * 4000),
        ("Cents", "-12.34"),
        ("Cents", "1e300"),
        ("EvilNames", '{"b": "c"}'),
    ],
)
def test_patterns_and_multiples_that_fit(name: str, text: str) -> None:
    """A pattern may match anywhere, and a number may be as large as JSON's reader lets it be."""
    assert told(name, text) == []


def test_a_large_number_that_is_no_multiple() -> None:
    """It is told as any other."""
    schemas = {"Large": {"multipleOf": 0.03}}
    problems = Checker(schemas, "Large").problems(b"1" + b"0" * 4000)
    assert [problem.message[-27:] for problem in problems] == [" is not a multiple of 0.03."]


def test_a_pattern_that_backtracks() -> None:
    """It is matched in a time in proportion to the text, in values as in names."""
    text = "a" * 5000 + "!"
    assert "does not match regex pattern" in told("Evil", json.dumps({"p": text}))[0]
    assert told("Evil", json.dumps({"p": text[:-1]})) == []
    assert told("EvilNames", json.dumps({text: "b"})) == []
    assert "Expected Integer" in told("EvilNames", json.dumps({text[:-1]: "b"}))[0]


def test_patterns_that_take_too_many_steps() -> None:
    """The schema cannot be applied to such a body."""
    checker = Checker({"Costly": {"pattern": "(?:a?){1000}b"}}, "Costly")
    with pytest.raises(SchemaNotUsable, match="more than 208000 steps"):
        checker.problems(json.dumps("a" * 1998).encode())


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?<=a)b", "(?<!a)b", "a{2000}"])
def test_a_pattern_that_is_not_supported(pattern: str) -> None:
    """It is refused when the schema is compiled, wherever it is."""
    bad = {"pattern": pattern}
    schemas = {
        "Text": bad,
        "Names": {"patternProperties": {pattern: {}}},
        "Inner": {"properties": {"a": {"items": {"anyOf": [{}, {"not": bad}]}}}},
        "Far": {"additionalProperties": {"$ref": "#/components/schemas/Text"}},
        "Data": {"example": bad, "properties": {"pattern": {"enum": [bad]}}},
    }
    for name in ("Text", "Names", "Inner", "Far"):
        with pytest.raises(SchemaNotUsable):
            Checker(schemas, name)
    assert Checker(schemas, "Data").problems(b"{}") == []


def test_a_schema_that_leads_to_itself() -> None:
    """It ends, and nothing fits it."""
    checker = Checker({"Loop": {"$ref": "#/components/schemas/Loop"}}, "Loop")
    assert [problem.message for problem in checker.problems(b"1")] == [
        "The JSON is nested too deeply."
    ]


def test_a_schema_that_is_not_there() -> None:
    """Names are those of the API, places those within the schema."""
    with pytest.raises(SchemaNotUsable, match="there is no schema 'None'"):
        Checker(SCHEMAS, "None")
    with pytest.raises(SchemaNotUsable):
        Checker(SCHEMAS, "Whole", "#/definitions/Outer")

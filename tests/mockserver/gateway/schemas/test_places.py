"""At which line and position does a value stand?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.schemas.places import place_at, place_of, place_of_name

TEXT = '{"a": [1, {"b":\n  "x"}],\n "c" : null}'
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ([], (1, 1)),
        (["a"], (1, 7)),
        (["a", 0], (1, 8)),
        (["a", 1], (1, 11)),
        (["a", 1, "b"], (2, 5)),
        (["c"], (3, 11)),
    ],
)
def test_where_a_value_is_known(path: list[str | int], place: tuple[int, int]) -> None:
    """A container at its bracket, anything else at its end."""
    assert place_of(TEXT, path) == place


def test_where_a_name_is_known() -> None:
    """The colon belongs to it, whatever stands before it."""
    assert place_of_name(TEXT, [], "c") == (3, 6)
    assert place_of_name(TEXT, ["a", 1], "b") == (1, 15)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """List all places within a value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [(path, value), *(p for step, each in inner for p in paths(each, (*path, step)))]


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_every_value_is_found(value: Any, indent: int | None) -> None:
    """What ends, or begins, at the place that is told is the value itself."""
    text = json.dumps(value, indent=indent)
    lines = text.split("\n")
    for path, found in paths(value):
        line, position = place_of(text, path)
        before = "\n".join([*lines[: line - 1], lines[line - 1][:position]])
        written = json.dumps(found)
        expected = written[0] if isinstance(found, dict | list) else written
        assert before.endswith(expected)


@pytest.mark.parametrize("text", ["", " ", "{", '{"a"', '{"a" 1}', "[1 2]", '{"a":1,"a":{}}', "x"])
@pytest.mark.parametrize("path", [[], ["a"], [1], ["a", "b", 3], ["z"]])
def test_a_path_that_leads_nowhere(text: str, path: list[str | int]) -> None:
    """A place within the text is told nevertheless."""
    line, position = place_of(text, path)
    assert (line, position) <= (1, len(text))
    assert place_of_name(text, path, "n")[1] <= len(text)


def test_places_of_offsets() -> None:
    """Lines are counted from 1, positions from the beginning of the line."""
    assert [place_at("a\nbc", offset) for offset in range(5)] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
        (2, 2),
    ]

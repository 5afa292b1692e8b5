"""Is the body of a call read in one step where it can be, and leniently where it must be?"""

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.backend.failures import RequestBodyNotUsable
from mockserver.backend.payload import PayloadReader
from mockserver.experiment.failures import InputNotParsed, InputNotProvided, UnknownInput
from mockserver.experiment.tables import Column, ColumnType, Schema
from mockserver.failures import Failure

TEXT = Schema((Column("a", ColumnType.STRING), Column("b", ColumnType.STRING)))
NUMBERS = Schema((Column("n", ColumnType.DOUBLE),))
READER = PayloadReader({"input1": TEXT})


def rows(body: object, reader: PayloadReader = READER, *, swagger: bool = False) -> Any:
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    given_rows = reader.read(encoded, swagger=swagger).inputs["input1"]
    return [list(row) for row in given_rows]


def table(names: list[str], values: list[list[Any]]) -> dict[str, Any]:
    return {"Inputs": {"input1": {"ColumnNames": names, "Values": values}}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (table(["a", "b"], [["x", None], ["", "é"]]), [["x", None], ["", "é"]]),
        (table(["b", "a"], [["x", "y"]]), [["y", "x"]]),
        (table(["a", "b"], [[1, 2.5]]), [["1", "2.5"]]),
        (table(["a", "b"], [[True, None]]), [["True", None]]),
        (table(["a", "b"], []), []),
        (b'{"Inputs":{"input1":{"ColumnNames":["a","b"],"Values":[[NaN,"y"]]}}}', [["NaN", "y"]]),
        (b'\xef\xbb\xbf{"inputs":{"input1":{"columnnames":["a","b"],"VALUES":[]}}}', []),
        (
            b'{"Inputs":{},"Inputs":{"input1":{"ColumnNames":["a","b"],"Values":[["1","2"]]}}}',
            [["1", "2"]],
        ),
    ],
)
def test_a_table_is_read(body: object, expected: list[list[Any]]) -> None:
    """Columns in any order, cells of any plain type, members in any case."""
    assert rows(body) == expected


def test_records_are_read_with_format_swagger() -> None:
    """The same rows as a list of objects."""
    body = {"Inputs": {"input1": [{"b": "y", "a": 1}, {"a": None, "b": ""}]}}
    assert rows(body, swagger=True) == [["1", "y"], [None, ""]]


def test_numbers_are_typed_either_way() -> None:
    """A number column takes strings and numbers; both ways of reading agree."""
    reader = PayloadReader({"input1": NUMBERS})
    assert rows(table(["n"], [["1.5"], ["-2"]]), reader) == [[1.5], [-2.0]]
    assert rows(table(["n"], [["1.5"], [None]]), reader) == [[1.5], [None]]
    assert rows(table(["n"], [[1.5], [None]]), reader) == [[1.5], [None]]
    (row,) = rows(b'{"Inputs":{"input1":{"ColumnNames":["n"],"Values":[[NaN]]}}}', reader)
    assert math.isnan(row[0])
    with pytest.raises(InputNotParsed, match='row 0, column "n": cannot convert "x" to Double'):
        rows(table(["n"], [["x"]]), reader)


@pytest.mark.parametrize(
    "parameters", [None, {}, {"seed": 1}, {"a": "b", "c": True, "d": None, "e": 1.5}]
)
def test_parameters_come_as_given(parameters: dict[str, Any] | None) -> None:
    """GlobalParameters may be null and hold any plain values."""
    body = table(["a", "b"], []) | {"GlobalParameters": parameters}
    assert READER.read(json.dumps(body).encode(), swagger=False).parameters == (parameters or {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"text"',
        b"[]",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b'{"Inputs":{"input1":{"ColumnNames":["a","b"],"Values":[["\\ud800","x"]]}}}',
        b'{"Inputs":{"input1":{"ColumnNames":["a","b"],"Values":[[NaN,"\\ud800"]]}}}',
        b"[" * 100_000,
        b'{"Inputs":' * 100_000,
        b"9" * 5000,
        b'{"Inputs":{"input1":{"ColumnNames":["a","b"],"Values":[[1e999,"y"]]}}}',
        {"Inputs": []},
        {"Inputs": {"input1": 5}},
        {"Inputs": {"input1": [{"a": "x", "b": "y"}]}},
        {"Inputs": {"input1": {"ColumnNames": "a", "Values": []}}},
        {"Inputs": {"input1": {"ColumnNames": [1], "Values": []}}},
        {"Inputs": {"input1": {"Values": []}}},
        {"Inputs": {"input1": {"ColumnNames": ["a", "b"], "Values": None}}},
        {"Inputs": {"input1": {"ColumnNames": ["a", "b"], "Values": ["x"]}}},
        {"Inputs": {"input1": {"ColumnNames": ["a", "b"], "Values": [[[], {}]]}}},
        table(["a", "b"], []) | {"GlobalParameters": [1]},
        table(["a", "b"], []) | {"GlobalParameters": {"x": [1]}},
    ],
)
def test_what_is_no_call_is_refused(body: object) -> None:
    """Broken JSON, other JSON and other forms are one failure, with a reason for the log."""
    with pytest.raises(RequestBodyNotUsable) as caught:
        rows(body)
    assert caught.value.reason


@pytest.mark.parametrize(
    "given_input", [5, {"ColumnNames": ["a", "b"], "Values": []}, [5], [{"a": []}]]
)
def test_with_format_swagger_only_records_are_a_call(given_input: object) -> None:
    """A table, or anything else than flat objects, is refused."""
    with pytest.raises(RequestBodyNotUsable):
        rows({"Inputs": {"input1": given_input}}, swagger=True)


def test_inputs_are_matched_by_name() -> None:
    """No input and an unknown input are different failures."""
    for empty in (b"{}", b'{"Inputs":{}}', b'{"Inputs":null}'):
        with pytest.raises(InputNotProvided):
            rows(empty)
    with pytest.raises(UnknownInput):
        rows({"Inputs": {"other": {"ColumnNames": ["a", "b"], "Values": []}}})


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
any_json = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Inputs", "input1", "ColumnNames", "Values", "GlobalParameters", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=any_json, swagger=st.booleans())
def test_any_json_is_read_or_refused(body: Any, swagger: bool) -> None:
    """No JSON raises anything but a failure."""
    with suppress(Failure):
        assert isinstance(rows(body, swagger=swagger), list)


@given(
    st.lists(
        st.lists(st.none() | st.text(max_size=4), min_size=2, max_size=2), min_size=1, max_size=5
    )
)
def test_both_ways_of_reading_agree(values: list[list[str | None]]) -> None:
    """The compiled decoder and the lenient reader return the same rows."""
    swapped = [[second, first] for first, second in values]
    assert rows(table(["a", "b"], values)) == rows(table(["b", "a"], swapped)) == values

"""Are inputs, columns, rows and parameters matched with what the service declares?"""

import pytest

from mockserver.experiment.binding import (
    bind_parameters,
    bind_records,
    bind_rows,
    match_inputs,
)
from mockserver.experiment.failures import (
    InputColumnsMismatch,
    InputNotParsed,
    InputNotProvided,
    ParameterMissing,
    ParameterNotParsed,
    ParameterUnexpected,
    UnknownInput,
)
from mockserver.experiment.tables import Cell, Column, ColumnType, Parameter, Schema

SCHEMA = Schema((Column("a", ColumnType.STRING), Column("n", ColumnType.INT32)))


def test_rows_are_put_in_the_order_of_the_schema() -> None:
    """Columns may come in any order; the rows end up in the schema's, typed."""
    rows = bind_rows("input1", ["n", "a"], [["1", "x"], [2, None]], SCHEMA)
    assert [list(row) for row in rows] == [["x", 1], [None, 2]]


def test_records_are_put_in_the_order_of_the_schema() -> None:
    """Members of an object may come in any order too."""
    rows = bind_records("input1", [{"n": 1, "a": "x"}], SCHEMA)
    assert [list(row) for row in rows] == [["x", 1]]


@pytest.mark.parametrize("given", [["a"], ["a", "n", "z"], ["a", "b"], ["a", "a"], ["a", "n", "n"]])
def test_other_columns_are_a_mismatch(given: list[str]) -> None:
    """A missing, unknown or doubled column is a mismatch with the schema."""
    with pytest.raises(InputColumnsMismatch):
        bind_rows("input1", given, [], SCHEMA)


@pytest.mark.parametrize("record", [{}, {"a": "x"}, {"a": "x", "n": 1, "z": 1}, {"a": "x", "m": 1}])
def test_other_members_are_a_mismatch(record: dict[str, Cell]) -> None:
    """So it is for the members of an object."""
    with pytest.raises(InputColumnsMismatch):
        bind_records("input1", [{"a": "x", "n": 1}, record], SCHEMA)


def test_a_row_of_another_width_is_named() -> None:
    """The failure says which row, how wide it is and how wide it must be."""
    with pytest.raises(InputNotParsed) as caught:
        bind_rows("input1", ["a", "n"], [["x", 1], ["x", 1, 2]], SCHEMA)
    assert caught.value.arguments == ("input1, row 1: 3 values for 2 columns",)


def test_a_cell_of_another_type_is_named() -> None:
    """The failure says which row, column, value and type; a long value is cut."""
    with pytest.raises(InputNotParsed) as caught:
        bind_rows("input1", ["a", "n"], [["x", "y" * 500]], SCHEMA)
    shown = "y" * 100 + "…"
    assert caught.value.arguments == (
        f'input1, row 0, column "n": cannot convert "{shown}" to Int32',
    )


def test_unknown_inputs_are_told_before_missing_ones() -> None:
    """A wrong name is the mistake that the client made."""
    declared = {"input1": SCHEMA, "input2": SCHEMA}
    match_inputs({"input2": 0, "input1": 0}, declared)
    with pytest.raises(UnknownInput) as caught:
        match_inputs({"x": 0, "y": 0}, declared)
    assert caught.value.arguments == ("x, y",)
    with pytest.raises(InputNotProvided):
        match_inputs({"input1": 0}, declared)


def test_a_flood_of_names_is_cut() -> None:
    """Neither the answer nor the log grows with the number of mistakes."""
    with pytest.raises(UnknownInput) as caught:
        match_inputs(dict.fromkeys(map(str, range(1000))), {"input1": SCHEMA})
    assert caught.value.arguments == (", ".join([*map(str, range(20)), "…"]),)
    with pytest.raises(InputColumnsMismatch) as mismatch:
        bind_rows("input1", [str(number) for number in range(1000)], [], SCHEMA)
    assert len(mismatch.value.reason) == 500


PARAMETERS = {
    "seed": Parameter("seed", ColumnType.INT32),
    "rate": Parameter("rate", ColumnType.DOUBLE, 0.5, is_required=False),
}


def test_parameters_are_typed_and_defaulted() -> None:
    """A given value is read by its type, a left-out one is the default."""
    assert bind_parameters({"seed": "7"}, PARAMETERS) == {"seed": 7, "rate": 0.5}
    assert bind_parameters({}, {}) == {}


def test_wrong_parameters_are_refused() -> None:
    """Missing, unknown and mistyped parameters are three different failures."""
    with pytest.raises(ParameterMissing):
        bind_parameters({"rate": 1}, PARAMETERS)
    with pytest.raises(ParameterUnexpected):
        bind_parameters({"seed": 1, "speed": 1}, PARAMETERS)
    with pytest.raises(ParameterNotParsed) as caught:
        bind_parameters({"seed": "x"}, PARAMETERS)
    assert caught.value.arguments == (
        'Failed to convert "seed" parameter value "x" from "String" to "Int32".',
    )

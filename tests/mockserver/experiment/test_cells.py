"""Are values read and written as .NET Framework does?"""

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.experiment.cells import read_cell, read_column, write_cell, write_double
from mockserver.experiment.tables import Cell, ColumnType


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.059025701135397, "0.059025701135397"),
        (100749.893789066, "100749.893789066"),
        (-1.30229513613974, "-1.30229513613974"),
        (8219.6923828125, "8219.6923828125"),
        (1.0, "1"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (1.23406681461624e-06, "1.23406681461624E-06"),
        (0.0001, "0.0001"),
        (0.00001, "1E-05"),
        (123456789012345.0, "123456789012345"),
        (1e15, "1E+15"),
        (1e100, "1E+100"),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
    ],
)
def test_doubles_are_written_with_15_digits(value: float, text: str) -> None:
    """Captured values and the borders of the exponent form come out as .NET writes them."""
    assert write_double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_15_digits_are_those_of_decimal_arithmetic(value: float) -> None:
    """What is written is the double rounded to 15 significant decimal digits."""
    exact = Context(prec=15).create_decimal(Decimal(value))
    assert Decimal(write_double(value)) == exact


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("String", "x", "x"),
        ("String", "", ""),
        ("String", 5, "5"),
        ("String", 1.5, "1.5"),
        ("String", True, "True"),
        ("String", datetime(2010, 5, 30, 18, 9), "5/30/2010 6:09:00 PM"),  # noqa: DTZ001
        ("Double", "1.50", "1.5"),
        ("Double", " -.5e1 ", "-5"),
        ("Double", "NaN", "NaN"),
        ("Double", "-Infinity", "-Infinity"),
        ("Double", 3, "3"),
        ("Double", True, "1"),
        ("Double", "", None),
        ("Double", None, None),
        ("Single", "0.1", "0.1"),
        ("Single", "123456789", "1.234568E+08"),
        ("Int32", "42", "42"),
        ("Int32", 42.0, "42"),
        ("Int32", "-2147483648", "-2147483648"),
        ("Int64", "9223372036854775807", "9223372036854775807"),
        ("Boolean", "true", "True"),
        ("Boolean", False, "False"),
        ("DateTime", "2010-05-30T18:09:00", "5/30/2010 6:09:00 PM"),
        ("DateTime", "2010-05-30T18:09:00+02:00", "5/30/2010 4:09:00 PM"),
        ("DateTime", "5/30/2010 6:09:00 PM", "5/30/2010 6:09:00 PM"),
        ("DateTime", "5/30/2010", "5/30/2010 12:00:00 AM"),
        ("DateTime", datetime(2010, 5, 30, tzinfo=UTC), "5/30/2010 12:00:00 AM"),
    ],
)
def test_a_value_goes_in_and_comes_out(kind: str, value: Cell, text: str | None) -> None:
    """A value of a column type is read, and written in the form of the service."""
    column_type = ColumnType(kind)
    assert write_cell(read_cell(value, column_type), column_type) == text


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Double", "1,5"),
        ("Double", "1_5"),
        ("Double", "abc"),
        ("Double", "٣"),
        ("Double", datetime(2010, 5, 30)),  # noqa: DTZ001
        ("Int32", "1.5"),
        ("Int32", 1.5),
        ("Int32", math.inf),
        ("Int32", math.nan),
        ("Int32", "2147483648"),
        ("Int32", 10**30),
        ("Int64", "9223372036854775808"),
        ("Boolean", "yes"),
        ("Boolean", 1),
        ("DateTime", "tomorrow"),
        ("DateTime", 5),
        ("DateTime", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Cell) -> None:
    """What is not of the column's type raises ValueError, nothing else."""
    with pytest.raises(ValueError, match=r".*"):
        read_cell(value, ColumnType(kind))


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.datetimes(timezones=st.just(UTC) | st.none()),
    st.datetimes(timezones=st.just(timezone(timedelta(hours=14)))),
)


@given(value=anything, kind=st.sampled_from(ColumnType))
def test_reading_fails_in_one_way_only(value: Cell, kind: ColumnType) -> None:
    """Any value of any type is either read, and then can be written, or raises ValueError."""
    try:
        read = read_cell(value, kind)
    except ValueError:
        return
    written = write_cell(read, kind)
    assert written is None or isinstance(written, str)


def test_a_column_beyond_all_doubles_is_refused() -> None:
    """Reading at once does not let through what reading one by one refuses."""
    with pytest.raises(ValueError, match="9999"):
        read_column(["1", "9" * 400], ColumnType.DOUBLE)


numbers = st.from_regex(r"[-+]?[0-9]{0,5}([.][0-9]{0,3})?([eE][0-9])?", fullmatch=True)


@given(
    values=st.lists(numbers | st.none() | st.floats() | st.text(max_size=2), max_size=6)
    | st.lists(numbers, max_size=6),
    kind=st.sampled_from(ColumnType),
)
def test_a_column_is_read_like_its_cells(values: list[Cell], kind: ColumnType) -> None:
    """Reading a column at once gives what reading each of its cells gives, or fails like it."""
    try:
        one_by_one = [read_cell(value, kind) for value in values]
    except ValueError:
        with pytest.raises(ValueError, match=r".*"):
            read_column(values, kind)
    else:
        # Compared as written: the sign of a zero, which .NET does not print, may differ.
        written = [write_cell(value, kind) for value in read_column(values, kind)]
        assert written == [write_cell(value, kind) for value in one_by_one]

"""How is one value read from the wire and written to it?

Values are written as .NET Framework writes them in the US culture: 15 significant digits for a
double, `True` and `False`, `5/30/2010 6:09:00 PM`.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import SupportsFloat, SupportsIndex, cast

import msgspec

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.tables import Cell, ColumnType, Rows, Schema, Text

FACTS = (
    Fact(
        "Doubles are written with 15 significant digits, integral ones without `.0`,"
        " exponents as `E-06`.",
        Evidence.CAPTURED,
        "several live responses in public notebooks",
    ),
    Fact("Booleans are written `True` and `False`.", Evidence.CAPTURED, "azureml client library"),
    Fact(
        "Dates are written US style, `5/30/2010 6:09:00 PM`.",
        Evidence.CAPTURED,
        "a live response in a public notebook",
    ),
    Fact(
        "An empty cell of a column that is not a String is a missing value.",
        Evidence.ASSUMED,
        "a capture of a numeric input with an empty string",
    ),
    Fact(
        "A number or a boolean sent for a String column becomes its text, as .NET writes it.",
        Evidence.ASSUMED,
        "a capture of a String input fed with a JSON number",
    ),
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(NaN|Infinity)", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_BEYOND_DOUBLES = 10**309
_US_DATES = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")


def _write_float(value: SupportsFloat | SupportsIndex, digits: int) -> str:
    number = float(value)
    if math.isfinite(number):
        # .NET Framework has no negative zero in print.
        return f"{number or 0.0:.{digits}g}".replace("e", "E")
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def write_double(value: SupportsFloat | SupportsIndex) -> str:
    """Write a double with 15 significant digits, the .NET Framework default (`G15`)."""
    return _write_float(value, 15)


def write_single(value: SupportsFloat | SupportsIndex) -> str:
    """Write a single with 7 significant digits (`G7`)."""
    return _write_float(value, 7)


def write_datetime(value: datetime) -> str:
    """Write a point in time in the US style of .NET, in UTC if it carries a zone."""
    moment = _without_zone(value)
    hour, half = moment.hour % 12 or 12, "PM" if moment.hour >= 12 else "AM"  # noqa: PLR2004
    date = f"{moment.month}/{moment.day}/{moment.year:04d}"
    return f"{date} {hour}:{moment.minute:02d}:{moment.second:02d} {half}"


def write_plain(value: object) -> str:
    """Write a value by what it is, for a String column."""
    match value:
        case str():
            return value
        case bool():
            return "True" if value else "False"
        case float():
            return write_double(value)
        case datetime():
            return write_datetime(value)
        case _:
            return str(value)


def _write_whole(value: Cell) -> str:
    number = _read_whole(value, bits=64)
    return str(number)


def _write_boolean(value: Cell) -> str:
    return "True" if _read_boolean(value) else "False"


def _read_string(value: Cell) -> str:
    return value if isinstance(value, str) else write_plain(value)


def _read_double(value: Cell) -> float:
    if isinstance(value, str):
        text = value.strip()
        number = float(text) if _NUMBER.fullmatch(text) else math.inf
        if math.isinf(number) and not text.endswith("Infinity"):
            raise ValueError(value)
        return number
    if isinstance(value, int) and not -_BEYOND_DOUBLES < value < _BEYOND_DOUBLES:
        raise ValueError(value)
    if isinstance(value, (int, float)):
        return float(value)
    raise ValueError(value)


def _read_whole(value: Cell, *, bits: int) -> int:
    if isinstance(value, str):
        text = value.strip()
        if not _WHOLE.fullmatch(text):
            raise ValueError(value)
        number = int(text)
    elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    else:
        raise ValueError(value)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(value)
    return number


def _read_boolean(value: Cell) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and (text := value.strip().lower()) in ("true", "false"):
        return text == "true"
    raise ValueError(value)


def _without_zone(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError as error:
        raise ValueError(moment) from error


def _read_datetime(value: Cell) -> datetime:
    if isinstance(value, datetime):
        return _without_zone(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004  one exception type for all readers
    text = value.strip()
    try:
        return _without_zone(datetime.fromisoformat(text))
    except ValueError:
        pass
    for form in _US_DATES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  the wire knows no zone
        except ValueError:
            continue
    raise ValueError(value)


READERS: dict[ColumnType, Callable[[Cell], Cell]] = {
    ColumnType.STRING: _read_string,
    ColumnType.DOUBLE: _read_double,
    ColumnType.SINGLE: _read_double,
    ColumnType.INT32: partial(_read_whole, bits=32),
    ColumnType.INT64: partial(_read_whole, bits=64),
    ColumnType.BOOLEAN: _read_boolean,
    ColumnType.DATETIME: _read_datetime,
}

_WRITERS: dict[ColumnType, Callable[[Cell], str]] = {
    ColumnType.STRING: write_plain,
    ColumnType.DOUBLE: lambda value: write_double(_read_double(value)),
    ColumnType.SINGLE: lambda value: write_single(_read_double(value)),
    ColumnType.INT32: _write_whole,
    ColumnType.INT64: _write_whole,
    ColumnType.BOOLEAN: _write_boolean,
    ColumnType.DATETIME: lambda value: write_datetime(_read_datetime(value)),
}


_read_numbers = msgspec.json.Decoder(list[float]).decode


def read_cell(value: Cell, kind: ColumnType) -> Cell:
    """Turn a value from the wire into its typed form; None stays a missing value.

    Raises ValueError if the value is of another type.
    """
    if value is None or (value == "" and kind is not ColumnType.STRING):
        return None
    return READERS[kind](value)


def read_column(values: Sequence[Cell], kind: ColumnType) -> Sequence[Cell]:
    """Read all values of a column; a column of numbers, written as text, at once."""
    if kind in (ColumnType.DOUBLE, ColumnType.SINGLE):
        try:
            # What JSON takes for a number is one in .NET too, and this reads it six times as fast.
            numbers = _read_numbers(f"[{','.join(cast('Sequence[str]', values))}]")
            if len(numbers) == len(values):
                return numbers
        except (TypeError, ValueError):
            pass  # other numbers, or other values: one by one
    return [read_cell(value, kind) for value in values]


def write_cell(value: Cell, kind: ColumnType) -> Text:
    """Write a typed value as the service prints it. Raises ValueError if it is of another type."""
    return None if value is None else _WRITERS[kind](value)


def write_rows(rows: Rows, schema: Schema) -> Sequence[Sequence[Text]]:
    """Write typed rows of a schema. Rows of strings are returned as they are."""
    if schema.is_text:
        return cast("Sequence[Sequence[Text]]", rows)
    kinds = [column.type for column in schema.columns]
    return [[write_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in rows]

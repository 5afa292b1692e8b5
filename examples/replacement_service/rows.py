"""Which rows came, and how are they scored?"""

from typing import Any

from mmh3 import hash as murmur3

from .wire import Refused

NAMES = ["Col2", *(f"Col2_HashingFeature.{number}" for number in range(8))]
TYPES = ["String", *["Int32"] * 8]
Row = list[str | int]


def read_table(given: Any) -> list[str | None]:
    """Read an input in table form; None is a missing value."""
    match given:
        case {"ColumnNames": list(names), "Values": list(rows)}:
            check_names(names)
            return [cell(row) for row in rows]
        case _:
            pass
    raise Refused("BadArgument", "RequestBodyInvalid", "An input is a table of names and values.")


def read_records(given: Any) -> list[str | None]:
    """Read an input of records, as `format=swagger` asks for."""
    if isinstance(given, list) and all(isinstance(record, dict) for record in given):
        for record in given:
            check_names(list(record))
        return [cell(list(record.values())) for record in given]
    raise Refused("BadArgument", "RequestBodyInvalid", "An input is a list of objects.")


def check_names(names: list[Any]) -> None:
    if names != ["Col2"]:
        raise Refused("BadUserArgument", "InputMismatchError", "The column is Col2, and no other.")


def cell(row: Any) -> str | None:
    """Return the only cell of a row as text."""
    match row:
        case [str() | bool() | int() | float() | None as value]:
            return value if value is None else str(value)
        case _:
            pass
    raise Refused("BadUserArgument", "InputParseError", "A row has one plain value.")


def score(texts: list[str | None]) -> list[Row]:
    """Count words and pairs of words in eight buckets, by Vowpal Wabbit's rule."""
    rows: list[Row] = []
    for text in texts:
        if text is None:
            continue  # the module dropped such rows
        counts, before = [0] * 8, None
        for word in text.encode().split():
            value = int(word[-32:]) if word.isdigit() else murmur3(word, signed=False)
            counts[value % 8] += 1
            if before is not None:
                counts[(before * 27942141 + value) % 8] += 1
            before = value
        rows.append([text, *counts])
    return rows


def write_table(rows: list[Row], *, details: bool) -> dict[str, Any]:
    head = {"ColumnNames": NAMES, "ColumnTypes": TYPES} if details else {}
    values = [[str(value) for value in row] for row in rows]
    return {"type": "table", "value": {**head, "Values": values}}


def write_records(rows: list[Row]) -> list[dict[str, Any]]:
    return [dict(zip(NAMES, row, strict=True)) for row in rows]

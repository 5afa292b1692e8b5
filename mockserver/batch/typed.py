"""How do the texts of a file become typed cells, as those of a call do?"""

import pyarrow as pa

from mockserver.batch.failures import FaultyRow
from mockserver.batch.source import Columns
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.binding import echo
from mockserver.experiment.cells import read_cell, read_column, write_cell
from mockserver.experiment.tables import Column, ColumnType, Rows, Schema, Text

FACTS = (
    Fact(
        "An empty cell of a file is the empty text in a String column, a missing value in any"
        " other; a cell of the wrong type fails the job and names row and column.",
        Evidence.ASSUMED,
        "the same cells in a call; a job over such a file would settle it",
    ),
)


def typed_rows(columns: Columns, schema: Schema) -> Rows:
    """Return the rows of some columns. Raises FaultyRow for the first that does not fit."""
    texts = [column.to_pylist() for column in columns]
    try:
        typed = [
            read_column(values, column.type)
            for values, column in zip(texts, schema.columns, strict=True)
        ]
    except ValueError:
        raise _first_unfit(texts, schema) from None
    return list(zip(*typed, strict=True))


def rewritten(columns: Columns, schema: Schema) -> Columns:
    """Return the texts as the service writes their values. Raises FaultyRow.

    Each distinct text of a column is read once.
    """
    try:
        return [
            texts if column.type is ColumnType.STRING else _rewritten(texts, column)
            for texts, column in zip(columns, schema.columns, strict=True)
        ]
    except ValueError:
        raise _first_unfit([column.to_pylist() for column in columns], schema) from None


def _rewritten(texts: pa.StringArray, column: Column) -> pa.StringArray:
    encoded = texts.dictionary_encode()
    values = read_column(encoded.dictionary.to_pylist(), column.type)
    written = [write_cell(value, column.type) for value in values]
    return pa.array(written, pa.string()).take(encoded.indices)


def _first_unfit(texts: list[list[Text]], schema: Schema) -> FaultyRow:
    found: list[tuple[int, Column, Text]] = []
    for values, column in zip(texts, schema.columns, strict=True):
        for row, value in enumerate(values):
            try:
                read_cell(value, column.type)
            except ValueError:
                found.append((row, column, value))
                break
    row, column, value = min(found, key=lambda place: place[0])
    what = f'cannot convert "{echo(value)}" to {column.type}'
    return FaultyRow(None, row, what, column=column.name)

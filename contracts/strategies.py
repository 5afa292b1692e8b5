"""What rows does a service take? Strategies that know its columns and their types."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from contracts.service import Service

Row = list[Any]

LARGEST_INTEGER = 2**31 - 1
LARGEST_NUMBER = 1e9


def texts(largest: int = 40) -> SearchStrategy[str]:
    """Return printable texts in any script; some are empty, none has an end of line."""
    printable = st.characters(exclude_categories=["C", "Z"], include_characters=" ")
    return st.text(printable, max_size=largest)


CELLS: Mapping[str, SearchStrategy[Any]] = {
    "string": texts(),
    "integer": st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    "number": st.floats(-LARGEST_NUMBER, LARGEST_NUMBER, allow_subnormal=False),
    "boolean": st.booleans(),
}
"""Cells of each type that a Swagger document knows, as they stand in JSON."""


def cells(type_: str, known: tuple[Any, ...] = ()) -> SearchStrategy[Any]:
    """Return cells of a type; those that a service is known to take come up as well."""
    made = CELLS.get(type_, CELLS["string"])
    return made | st.sampled_from(known) if known else made


def rows(service: Service, max_rows: int = 5, min_rows: int = 1) -> SearchStrategy[list[Row]]:
    """Return rows for the first input of a service, with a cell that fits for each column."""
    columns = service.inputs[service.input_name]
    known = service.sample_rows
    row = st.tuples(
        *(
            cells(type_, tuple(sample[number] for sample in known if len(sample) == len(columns)))
            for number, type_ in enumerate(columns.values())
        )
    )
    return st.lists(row.map(list), min_size=min_rows, max_size=max_rows)

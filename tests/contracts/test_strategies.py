"""Are rows made that fit the columns of a service?"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.service import Service
from contracts.strategies import CELLS, cells, rows, texts

COLUMNS = {"a": "string", "b": "integer", "c": "number", "d": "boolean", "e": "array"}
SERVICE = Service(
    {"input1": COLUMNS, "input2": {"x": "string"}},
    {"Inputs": {"input1": {"ColumnNames": list("abcde"), "Values": [["A", 7, 0.5, True, "E"]]}}},
)
TYPES: list[type | tuple[type, ...]] = [str, int, (int, float), bool, str]


@given(rows(SERVICE, 4, 2))
def test_rows_fit_the_columns(made: list[list[Any]]) -> None:
    """As many as asked for, a cell of the right type for each column of the first input."""
    assert 2 <= len(made) <= 4
    for row in made:
        assert len(row) == len(COLUMNS)
        assert all(isinstance(cell, type_) for cell, type_ in zip(row, TYPES, strict=True))


@given(texts(10))
def test_texts_are_printable(text: str) -> None:
    """No end of a line, no control character, nothing that UTF-8 cannot carry."""
    assert len(text) <= 10
    assert text.isprintable()
    assert text.encode().decode() == text


@given(st.data())
def test_cells_of_the_sample_come_up(data: st.DataObject) -> None:
    """What the service is known to take is tried as well; a type that is not known is a text."""
    assert isinstance(data.draw(cells("integer")), int)
    assert isinstance(data.draw(cells("no such type")), str)
    assert data.draw(cells("integer", ("known",)).filter(lambda cell: cell == "known")) == "known"
    assert set(CELLS) == {"string", "integer", "number", "boolean"}

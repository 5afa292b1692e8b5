"""Does a table with details name its columns and their types?"""

from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.forms import form_asked_for, tables
from contracts.session import Session


@judges(
    "With details=true a table has ColumnNames and ColumnTypes, one of each for each cell.",
    "components schemas DetailedTable",
    order=44,
)
def details_name_columns(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the names or types."""
    del session
    if form_asked_for(exchange) != "detailed":
        return None
    for table in tables(exchange):
        fault = _fault(table)
        if fault:
            return fault
    return None


def _fault(table: Any) -> str | None:
    value = table.get("value") if isinstance(table, dict) else None
    if not isinstance(value, dict):
        return "details=true gives no table"
    names, types = value.get("ColumnNames"), value.get("ColumnTypes")
    if not isinstance(names, list) or not isinstance(types, list):
        return "details=true without ColumnNames or ColumnTypes"
    if len(names) != len(types):
        return "ColumnTypes are not as many as ColumnNames"
    rows = value.get("Values")
    if isinstance(rows, list) and any(
        len(row) != len(names) for row in rows if isinstance(row, list)
    ):
        return "a row is not as wide as its ColumnNames"
    return None

"""Is every cell of a result a string, numbers and truth values too?"""

from collections.abc import Iterator
from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "Every cell of a result is a string, or null where a value is missing.",
    "components schemas OutputCell",
    order=42,
)
def cells_are_strings(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with a cell."""
    del session
    if exchange.operation != "execute" or exchange.status != 200 or exchange.reply is None:
        return None
    content = exchange.reply.json
    results = content.get("Results") if isinstance(content, dict) else None
    for output in results.values() if isinstance(results, dict) else ():
        for cell in _cells(output):
            if cell is not None and not isinstance(cell, str):
                return f"a cell is a {type(cell).__name__}"
    return None


def _cells(output: Any) -> Iterator[Any]:
    match output:
        case {"value": {"Values": [*rows]}}:
            for row in rows:
                yield from row if isinstance(row, list) else ()
        case [*records]:
            for record in records:
                yield from record.values() if isinstance(record, dict) else ()
        case _:
            return

"""Does a table without details hold its values and nothing else?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.forms import form_asked_for, tables
from contracts.session import Session


@judges(
    "Without details a table is {type: table, value: {Values}} and nothing more.",
    "components schemas PlainTable",
    order=45,
)
def plain_table_has_values_only(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the table."""
    del session
    if form_asked_for(exchange) != "plain":
        return None
    for table in tables(exchange):
        match table:
            case {"type": "table", "value": {"Values": [*_]} as value}:
                more = sorted(set(value) - {"Values"})
                if more:
                    return f"{', '.join(more)} without details=true"
            case _:
                return "no table of Values without details"
    return None

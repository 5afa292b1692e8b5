"""Does format=swagger give records and no tables?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.forms import form_asked_for, tables
from contracts.session import Session


@judges(
    "With format=swagger an output is a bare array of records, details or not.",
    "components schemas OutputRecords",
    order=46,
)
def records_in_swagger_form(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the records."""
    del session
    if form_asked_for(exchange) != "records":
        return None
    for output in tables(exchange):
        if not isinstance(output, list) or not all(isinstance(row, dict) for row in output):
            return "format=swagger gives no records"
    return None

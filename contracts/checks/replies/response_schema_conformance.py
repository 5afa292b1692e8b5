"""Do body and headers of a reply fit the contract's schemas?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "Body and headers of every reply fit the schemas of the contract.",
    "components schemas",
    order=90,
)
def response_schema_conformance(session: Session, exchange: Exchange) -> str | None:
    """Return what Schemathesis objects to."""
    if session.gateway.is_own_answer(exchange):
        return None
    faults = session.contract.schema_faults(exchange)
    return f"{exchange.operation} {exchange.status}: {faults[0]}" if faults else None

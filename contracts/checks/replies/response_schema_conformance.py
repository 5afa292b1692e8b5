"""Does the body of a reply fit the schema of the contract? Its headers have judges of their own."""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "The body of every reply fits the schema of its operation and status.",
    "components schemas",
    order=90,
)
def response_schema_conformance(session: Session, exchange: Exchange) -> str | None:
    """Return what Schemathesis objects to."""
    if session.gateway.is_own_answer(exchange):
        return None
    faults = session.contract.schema_faults(exchange)
    return f"{exchange.operation} {exchange.status}: {faults[0]}" if faults else None

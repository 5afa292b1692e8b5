"""Is every status one that the contract has for the operation?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "An operation answers with the statuses of the contract, and no other.",
    "paths",
    order=40,
)
def status_code_conformance(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the status."""
    if exchange.reply is None or exchange.operation is None:
        return None
    if session.gateway.is_own_answer(exchange):
        return None
    operation = session.contract.operations[exchange.operation]
    if exchange.status in operation.statuses or exchange.status in _OF_HTTP:
        return None
    return f"{exchange.operation} answers {exchange.status}"


_OF_HTTP = {400, 411, 414, 431}
"""What any server may say of a request that it cannot read."""

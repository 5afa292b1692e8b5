"""Is every status one that the contract has for the operation?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.layers import OF_HTTP, is_of_http
from contracts.session import Session
from contracts.spec import Contract


@judges(
    "An operation answers with the statuses of the contract; no other method of its path succeeds.",
    "paths",
    order=40,
)
def status_code_conformance(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the status. What unknown paths give, another check asks."""
    if exchange.reply is None or session.gateway.is_own_answer(exchange):
        return None
    status, method = exchange.status, exchange.request.method
    if exchange.operation is None:
        path = exchange.request.path.removeprefix(session.target.prefix)
        template = template_of(session.contract, path)
        if template is None or not 200 <= status < 300 or is_of_http(exchange):
            return None
        return f"{method} {template} answers {status}"
    operation = session.contract.operations[exchange.operation]
    if status in operation.statuses or status in OF_HTTP:
        return None
    return f"{exchange.operation} answers {status}"


def template_of(contract: Contract, path: str) -> str | None:
    """Return the path of the contract that an address means, whatever the method."""
    return next(
        (o.template for o in contract.operations.values() if o.pattern.fullmatch(path)), None
    )

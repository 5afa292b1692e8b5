"""Does a refused method learn which ones the path takes?"""

import re

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

_METHODS = re.compile(r"[A-Z]+(, *[A-Z]+)*")


@judges(
    "405 comes with an Allow header that names every method of the path.",
    "components headers Allow",
    order=36,
)
def allow_header_on_405(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with Allow."""
    reply = exchange.reply
    if reply is None or reply.status != 405 or session.gateway.is_own_answer(exchange):
        return None
    # A list may come in several lines (RFC 9110, 5.3).
    allow = ", ".join(value for name, value in reply.headers if name.lower() == "allow")
    if not _METHODS.fullmatch(allow):
        return "405 without Allow"
    named = {method.strip() for method in allow.split(",")}
    path, prefix = exchange.request.path, session.target.prefix
    taken = {
        operation.method
        for operation in session.contract.operations.values()
        if session.contract.operation_at(operation.method, path, prefix) is operation
    }
    return None if taken <= named else "405 with an Allow that leaves methods out"

"""Can every call be found again in a log?"""

import re

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.layers import is_of_http
from contracts.session import Session

_OF_NO_OPERATION = {404, 405}
"""What the contract has for a path or a method that it does not know."""
_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")


@judges(
    "Every reply carries x-ms-request-id.",
    "components headers RequestId",
    order=25,
)
def request_id_on_every_reply(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if it is missing or has another form."""
    reply = exchange.reply
    if reply is None or session.gateway.is_own_answer(exchange) or is_of_http(exchange):
        return None
    if exchange.operation is None and reply.status not in _OF_NO_OPERATION:
        return None
    value = reply.header("x-ms-request-id")
    if value is None:
        return f"{exchange.status} without x-ms-request-id"
    return None if _ID.fullmatch(value) else "x-ms-request-id is no id"

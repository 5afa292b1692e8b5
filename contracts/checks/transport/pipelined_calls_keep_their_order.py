"""Do calls that come at once on a connection get their own answers, in order?"""

from contracts.check import performs
from contracts.exchange import Request
from contracts.findings import Broken
from contracts.raw_wire import RawConnection, as_bytes, raw_connection, within_limits
from contracts.session import NOBODYS_JOB, Session
from contracts.telltale import Telltale, telltales


@performs(
    "Answers on one connection come in the order of the calls.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
    "get_job_status",
)
def pipelined_calls_keep_their_order(session: Session) -> None:
    """Send three calls with different rows in one piece, and one that is refused among them."""
    calls = telltales(session, 3)
    query = session.query("get_job_status")
    closed = session.request("GET", f"/jobs/{NOBODYS_JOB}", query, key="nobody's")
    order: list[Telltale | Request] = [calls[0], closed, *calls[1:]]
    within_limits(session, len(order), lambda: _at_once(session, order))


def _at_once(session: Session, order: list[Telltale | Request]) -> None:
    requests = [call if isinstance(call, Request) else call.request for call in order]
    with raw_connection(session) as connection:
        connection.send(b"".join(map(as_bytes, requests)))
        for number, (call, request) in enumerate(zip(order, requests, strict=True)):
            if not _answered(session, connection, call, request) and number:
                return  # a server may answer the first and close


def _answered(
    session: Session, connection: RawConnection, call: Telltale | Request, request: Request
) -> bool:
    """Whether a call is answered at all. Raises Broken if it is answered wrongly."""
    exchange = connection.answer(request)
    if exchange.reply is None and not (connection.is_fresh or connection.is_silent):
        return False
    if isinstance(call, Request):
        session.expect(exchange, 401)
    elif not call.is_answered_by(session.rows(exchange)):
        raise Broken("a call gets the answer of another on its connection", exchange)
    return True

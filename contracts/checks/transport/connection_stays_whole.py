"""Does a connection stay usable after refusals?"""

from contextlib import ExitStack

from contracts.aftermath import sample_call
from contracts.check import performs
from contracts.raw_wire import raw_connection, within_limits
from contracts.session import Session


@performs(
    "After a refused call the next one on the connection is answered rightly.",
    "components responses BadRequest",
    "execute",
)
def connection_stays_whole(session: Session) -> None:
    """Send wrong calls and right ones in turns, on one connection."""
    within_limits(session, 5, lambda: _in_turns(session))


def _in_turns(session: Session) -> None:
    query = session.query("execute", details="true")
    right = sample_call(session)
    wrong = session.request("POST", "/execute", query, session.service.sample, key="nobody's")
    broken = session.request("POST", "/execute", query, b"{")
    turns = ((right, 200), (wrong, 401), (right, 200), (broken, 400), (right, 200))
    with ExitStack() as stack:
        connection = stack.enter_context(raw_connection(session))
        for request, status in turns:
            exchange = connection.call(request)
            if exchange.reply is None and not (connection.is_fresh or connection.is_silent):
                # A server may close a connection after any answer; then the call is made anew.
                connection = stack.enter_context(raw_connection(session))
                exchange = connection.call(request)
            session.expect(exchange, status)

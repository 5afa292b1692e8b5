"""Does a connection stay usable after refusals?"""

from contracts.check import performs
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session


@performs(
    "After a refused call the next one on the connection is answered rightly.",
    "components responses BadRequest",
    "execute",
)
def connection_stays_whole(session: Session) -> None:
    """Send wrong calls and right ones in turns, on one connection."""
    query = session.query("execute", details="true")
    right = session.request("POST", "/execute", query, session.service.sample)
    wrong = session.request("POST", "/execute", query, session.service.sample, key="nobody's")
    broken = session.request("POST", "/execute", query, b"{")
    with raw_connection(session) as connection:
        for number, (request, status) in enumerate(
            ((right, 200), (wrong, 401), (right, 200), (broken, 400), (right, 200))
        ):
            connection.send(as_bytes(request))
            reply = connection.receive("POST")
            if reply is None and number:
                return  # a server may close a connection after any answer
            session.expect(connection.record(request, reply), status)

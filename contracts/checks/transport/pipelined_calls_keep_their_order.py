"""Do calls that come at once on a connection get their own answers, in order?"""

from contracts.check import performs
from contracts.echo import echoed, numbered
from contracts.findings import Broken
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session


@performs(
    "Answers on one connection come in the order of the calls.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
)
def pipelined_calls_keep_their_order(session: Session) -> None:
    """Send three calls with different rows in one piece."""
    echo = echoed(session)
    query = session.query("execute", details="true")
    rows = numbered(session, 3, echo.input_place)
    requests = [
        session.request("POST", "/execute", query, session.service.body([row])) for row in rows
    ]
    with raw_connection(session) as connection:
        connection.send(b"".join(map(as_bytes, requests)))
        for number, request in enumerate(requests):
            reply = connection.receive("POST")
            if reply is None and number:
                return  # a server may answer the first and close
            exchange = connection.record(request, reply)
            came = session.rows(exchange)
            if [row[echo.output_place] for row in came] != [rows[number][echo.input_place]]:
                raise Broken(f"call {number + 1} of three gets the answer of another", exchange)

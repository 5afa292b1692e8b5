"""Is a body awaited that comes in pieces?"""

import time
from dataclasses import replace

from contracts.check import performs
from contracts.findings import NotJudged
from contracts.raw_wire import as_bytes, in_pieces, raw_connection
from contracts.session import Session


@performs(
    "A body may come as slowly as a network makes it.",
    "paths /workspaces/{workspace}/services/{service}/execute post requestBody",
    "execute",
)
def slow_body_is_awaited(session: Session) -> None:
    """Send the sample in ten pieces within a second."""
    request = session.request(
        "POST", "/execute", session.query("execute", details="true"), session.service.sample
    )
    with raw_connection(session) as connection:
        head, body = as_bytes(replace(request, body=b"")), request.body
        connection.send(head)
        for piece in in_pieces(body, 10):
            time.sleep(0.1)
            connection.send(piece)
        reply = connection.receive("POST")
        exchange = connection.record(request, reply)
    if exchange.status == 408:
        raise NotJudged("the target awaits no body for a second")
    session.results(exchange)

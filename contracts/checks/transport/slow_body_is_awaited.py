"""Is a body awaited that comes in pieces?"""

import time
from dataclasses import replace

from contracts.aftermath import sample_call
from contracts.check import performs
from contracts.findings import NotJudged
from contracts.raw_wire import as_bytes, in_pieces, raw_connection, within_limits
from contracts.session import Session

PIECES = 10
PAUSE = 0.1
"""Seconds between two pieces. By the clock of the network, which nobody can move."""


@performs(
    "A body may come as slowly as a network makes it.",
    "paths /workspaces/{workspace}/services/{service}/execute post requestBody",
    "execute",
)
def slow_body_is_awaited(session: Session) -> None:
    """Send the sample in ten pieces within a second."""
    within_limits(session, 1, lambda: _slowly(session))


def _slowly(session: Session) -> None:
    request = sample_call(session)
    with raw_connection(session) as connection:
        connection.send(as_bytes(replace(request, body=b"")))
        for piece in in_pieces(request.body, PIECES):
            time.sleep(PAUSE)
            connection.send(piece)
        exchange = connection.answer(request)
    if exchange.status == 408:
        raise NotJudged("the target awaits no body for a second")
    session.results(exchange)

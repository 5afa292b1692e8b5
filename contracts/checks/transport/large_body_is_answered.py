"""Is a large table scored, or refused as too large?"""

from dataclasses import replace
from typing import Any

from contracts.check import performs
from contracts.exchange import Exchange, Request
from contracts.findings import Broken, NotJudged
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session

ROWS = 5000
WORDS = " word" * 120


@performs(
    "A body of several megabytes is scored, or refused with 413.",
    "components responses RequestEntityTooLarge",
    "execute",
)
def large_body_is_answered(session: Session) -> None:
    """Send 5,000 rows of 600 bytes."""
    query = session.query("execute", details="false")
    request = session.request("POST", "/execute", query, session.service.body(_rows(session)))
    exchange = answer_to_large(session, request)
    if len(session.rows(exchange)) != ROWS:
        raise Broken("a large table comes back with another number of rows", exchange)


def answer_to_large(session: Session, request: Request) -> Exchange:
    """Return the answer to a large request. Raises NotJudged if the target refuses it.

    Whoever refuses may close the connection before all has come, and its answer may be lost then.
    """
    exchange = session.wire.ask(request, session.label)
    if exchange.reply is None:
        exchange = _asked_before(session, request) or exchange
    session.wire.record(exchange)
    if exchange.status == 413:
        session.refused(exchange, 413)
        raise NotJudged("the target takes no body of this size")
    return exchange


def _asked_before(session: Session, request: Request) -> Exchange | None:
    """Ask whether the body may come; return the refusal, if there is one."""
    asking = replace(request, headers=(*request.headers, ("Expect", "100-continue")), body=b"")
    with raw_connection(session) as connection:
        connection.send(as_bytes(asking))
        reply = connection.receive(patience=1.0)
        return connection.exchange(asking, reply) if reply else None


def _rows(session: Session) -> list[list[Any]]:
    first = list(session.service.sample_rows[0])
    types = list(session.service.inputs[session.service.input_name].values())
    if "string" not in types:
        return [first] * ROWS
    place = types.index("string")
    return [
        [f"row {number}{WORDS}" if at == place else cell for at, cell in enumerate(first)]
        for number in range(ROWS)
    ]

"""Do calls at the same time get their own answers?"""

from concurrent.futures import ThreadPoolExecutor

from contracts.check import performs
from contracts.echo import echoed, numbered
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "Calls at the same time do not mix.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
)
def concurrent_calls_keep_apart(session: Session) -> None:
    """Let eight callers send six calls each, all with rows of their own."""
    if session.target.rate_limit is not None:
        raise NotJudged("calls are limited to a pace (--rate-limit)")
    echo = echoed(session)
    query = session.query("execute", details="true")
    rows = numbered(session, CALLERS * CALLS, echo.input_place)
    requests = [
        session.request("POST", "/execute", query, session.service.body([row])) for row in rows
    ]
    label = session.label
    with ThreadPoolExecutor(CALLERS) as callers:
        came = list(callers.map(lambda request: session.wire.attempt(request, label), requests))
    for exchange, row in zip(came, rows, strict=True):
        if exchange.status in {429, 503} or session.gateway.is_own_answer(exchange):
            continue  # a limit of calls at a time (published), or of a gateway
        session.wire.record(exchange)
        if [cells[echo.output_place] for cells in session.rows(exchange)] != [
            row[echo.input_place]
        ]:
            raise Broken("a call gets the answer of another at the same time", exchange)


CALLERS = 8
CALLS = 6

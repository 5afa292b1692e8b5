"""Do calls at the same time get their own answers?"""

from concurrent.futures import ThreadPoolExecutor

from contracts.check import performs
from contracts.findings import Broken, NotJudged
from contracts.session import Session
from contracts.telltale import telltales
from contracts.wire import wait_asked_for

CALLERS = 8
CALLS = 6


@performs(
    "Calls at the same time do not mix.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
)
def concurrent_calls_keep_apart(session: Session) -> None:
    """Let eight callers send six calls each, all with rows of their own."""
    if session.target.rate_limit is not None:
        raise NotJudged("calls are limited to a pace (--rate-limit)")
    calls = telltales(session, CALLERS * CALLS)
    label = session.label
    with ThreadPoolExecutor(CALLERS) as callers:
        came = list(callers.map(lambda call: session.wire.attempt(call.request, label), calls))
    scored = 0
    for exchange, call in zip(came, calls, strict=True):
        if wait_asked_for(exchange.reply) is not None:
            continue  # a gateway lets fewer calls through
        session.wire.record(exchange)
        if exchange.status == 503:
            session.refused(exchange, 503)  # so many calls at a time are throttled (published)
            continue
        if not call.is_answered_by(session.rows(exchange)):
            raise Broken("a call gets the answer of another at the same time", exchange)
        scored += 1
    if not scored:
        raise NotJudged("a limit of calls let none through")

"""Is a target as well as before, after something was done to it?"""

from contracts.exchange import Exchange, Request
from contracts.findings import Broken
from contracts.session import Session


def sample_call(session: Session) -> Request:
    """Return the call that every target scores."""
    query = session.query("execute", details="true")
    return session.request("POST", "/execute", query, session.service.sample)


def still_served(session: Session, after: str) -> Exchange:
    """See that the next call is scored, as if nothing had happened. Raises Broken.

    A target that fails now fails by what was done to it, so no judge of replies is asked then.
    """
    exchange = session.wire.ask(sample_call(session), session.label)
    if exchange.reply is None or exchange.status >= 500:
        came = exchange.status if exchange.reply else f"no answer ({exchange.trouble})"
        raise Broken(f"{came} to the next call, after {after}", exchange, cause=f"after {after}")
    session.wire.record(exchange)
    session.results(exchange)
    return exchange

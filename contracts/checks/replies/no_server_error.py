"""Does the service never fail by itself?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "No request makes the service fail with 500, or leaves it without an answer.",
    "components responses InternalError",
    order=10,
)
def no_server_error(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if the service failed."""
    del session
    if exchange.reply is None:
        return f"no answer: {exchange.trouble.partition(':')[0]}"
    if exchange.status in _FAILURES:
        return f"{exchange.status} to {exchange.request.method}"
    return None


_FAILURES = {500, 501, 502}

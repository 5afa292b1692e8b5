"""Is whatever has a body JSON, and called so?"""

from contracts.check import judges
from contracts.exchange import NOT_JSON, Exchange
from contracts.layers import is_of_http
from contracts.session import Session


@judges(
    "A reply with a body is application/json, and its body is JSON.",
    "components responses BadRequest content",
    order=20,
)
def json_media_type(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if it is no JSON or not called so."""
    del session
    reply = exchange.reply
    if reply is None or not reply.body or is_of_http(exchange):
        return None
    media_type = (reply.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        return f"{exchange.status} with Content-Type {media_type or 'missing'}"
    if reply.json is NOT_JSON:
        return f"{exchange.status} with a body that is no JSON"
    return None

"""Does the gateway refuse by itself only what it may, and in its own form?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "A gateway answers by itself only what its URL templates, keys and limits do not let through.",
    "components responses Unauthorized",
    order=15,
)
def gateway_refusals_are_predicted(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if the gateway refused a call that should have gone through."""
    if not session.gateway.is_own_answer(exchange) or session.label == "preflight":
        return None
    reply = exchange.reply
    assert reply is not None  # noqa: S101  a gateway's answer is one
    if exchange.status in {403, 429}:
        return None  # a limit: obeyed, not judged here
    if exchange.status not in session.gateway.predicted(exchange.request):
        return f"the gateway answers {exchange.status} itself: {reply.json['message']}"
    if exchange.status == 401 and not reply.header("WWW-Authenticate"):
        return "the gateway's 401 has no WWW-Authenticate"
    return None

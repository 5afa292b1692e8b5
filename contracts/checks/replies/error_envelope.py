"""Has every refusal the envelope that clients read without looking?"""

from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.layers import is_of_http
from contracts.session import Session


@judges(
    "A refusal is {error: {code, message, details}} with at least one detail.",
    "components schemas Error",
    order=30,
)
def error_envelope(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the envelope."""
    reply = exchange.reply
    if reply is None or reply.status < 400 or exchange.request.method == "HEAD":
        return None
    if session.gateway.is_own_answer(exchange) or is_of_http(exchange):
        return None
    fault = _fault(reply.json)
    return f"{exchange.status} {fault}" if fault else None


def _fault(content: Any) -> str | None:
    match content:
        case {"error": {"code": str(), "message": str(), "details": []}}:
            return "with empty details"
        case {"error": {"code": str(), "message": str(), "details": [*details]}}:
            is_whole = all(_is_detail(detail) for detail in details)
            return None if is_whole else "with a detail that lacks code or message"
        case {"error": dict(error)}:
            missing = [name for name in ("code", "message", "details") if name not in error]
            return f"with an error that lacks {', '.join(missing) or 'its form'}"
        case _:
            return "without the error envelope"


def _is_detail(detail: object) -> bool:
    match detail:
        case {"code": str(), "message": str()}:
            return True
        case _:
            return False

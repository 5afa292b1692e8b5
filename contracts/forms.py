"""In which form was a result asked for, and in which did it come?"""

from typing import Any, Literal
from urllib.parse import parse_qsl

from contracts.exchange import Exchange


def form_asked_for(exchange: Exchange) -> Literal["detailed", "plain", "records"] | None:
    """Return the form that a scored call asks for; None if the call was no such, or is unclear."""
    if exchange.operation != "execute" or exchange.status != 200:
        return None
    pairs = parse_qsl(exchange.request.target.partition("?")[2], keep_blank_values=True)
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in ("details", "format")):
        return None
    query = dict(pairs)
    if query.get("format") == "swagger":
        return "records"
    return "detailed" if query.get("details") == "true" else "plain"


def tables(exchange: Exchange) -> list[Any]:
    """Return the outputs of a scored call, whatever they are."""
    content = exchange.reply.json if exchange.reply else None
    results = content.get("Results") if isinstance(content, dict) else None
    return list(results.values()) if isinstance(results, dict) else []


def flipped(identifier: str) -> str:
    """Return another id of the same form, which nobody has."""
    digits = "0123456789abcdef"
    turned = str.maketrans(digits, digits[::-1])
    return identifier.translate(turned)

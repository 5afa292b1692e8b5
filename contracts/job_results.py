"""Where does a finished job say that its outputs are?"""

from typing import Any

from contracts.exchange import Exchange
from contracts.findings import Broken


def places(exchange: Exchange) -> dict[str, dict[str, Any]]:
    """Return the `Results` of a poll of a finished job, by output. Raises Broken without any."""
    content = exchange.reply.json if exchange.reply else None
    results = content.get("Results") if isinstance(content, dict) else None
    if not isinstance(results, dict) or not results:
        raise Broken("a finished job has no Results", exchange)
    for name, place in results.items():
        if not isinstance(place, dict):
            raise Broken(f"a finished job does not say where {name} is", exchange, cause="no place")
    return results

"""What did a finished job write? Read as clients do, by the address and the token in its poll."""

import httpx

from contracts.blobs import address_of, download
from contracts.comparison.equal_parts import has_ended
from contracts.exchange import Exchange, Reply

NOT_OPENED = 0
"""The status of an output whose address does not open."""


def read_outputs(poll: Exchange, timeout: float) -> dict[str, Reply]:
    """Return each output that a poll names, by its name; nothing for any other call."""
    content = poll.reply.json if poll.reply and has_ended(poll) else None
    results = content.get("Results") if isinstance(content, dict) else None
    if not isinstance(results, dict):
        return {}
    return {
        str(name): _read(address_of(place), timeout)
        for name, place in results.items()
        if isinstance(place, dict)
    }


def _read(address: str, timeout: float) -> Reply:
    """Return status and content; what else a storage says is not the service's."""
    try:
        answer = download(address, timeout)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(NOT_OPENED, (), type(error).__name__.encode())
    return Reply(answer.status_code, (), answer.content if answer.is_success else b"")

"""Can a client put a result's address together from its parts?"""

from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

_PARTS = ("RelativeLocation", "BaseLocation", "SasBlobToken")
_MEMBERS = {"ConnectionString", *_PARTS}


@judges(
    "A result is a base with a closing slash, a path without a leading one, and a token.",
    "components schemas ResultReference",
    order=50,
)
def result_reference_form(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with a result of a finished job."""
    del session
    if exchange.operation != "get_job_status" or exchange.status != 200 or exchange.reply is None:
        return None
    content = exchange.reply.json
    results = content.get("Results") if isinstance(content, dict) else None
    for reference in results.values() if isinstance(results, dict) else ():
        fault = _fault(reference)
        if fault:
            return fault
    return None


def _fault(reference: Any) -> str | None:
    if not isinstance(reference, dict) or set(reference) != _MEMBERS:
        return "a result without its four members"
    if reference["ConnectionString"] is not None:
        return "a result that tells a connection string"
    relative, base, token = (reference[name] for name in _PARTS)
    if not (isinstance(relative, str) and isinstance(base, str) and isinstance(token, str)):
        return "a result with a part that is no string"
    if not relative or relative.startswith("/"):
        return "RelativeLocation begins with a slash, or is empty"
    if not base.startswith(("http://", "https://")) or not base.endswith("/"):
        return "BaseLocation is no address with a closing slash"
    return None if token.startswith("?") and len(token) > 1 else "SasBlobToken begins with no ?"

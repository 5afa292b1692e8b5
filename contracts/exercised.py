"""Which parts of the contract did a run never touch?"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from contracts.exchange import Exchange
from contracts.spec import Contract

STATES = ("NotStarted", "Running", "Failed", "Cancelled", "Finished")


def never_exercised(contract: Contract, exchanges: Iterable[Exchange]) -> dict[str, list[str]]:
    """Return what was never seen: statuses of operations, forms of execute, states of jobs."""
    statuses: set[tuple[str, int]] = set()
    forms: set[str] = set()
    states: set[str] = set()
    for exchange in exchanges:
        if exchange.operation and exchange.reply:
            statuses.add((exchange.operation, exchange.status))
            if exchange.operation == "execute" and exchange.status == 200:
                forms.add(_form(exchange.request.target))
            if exchange.operation == "get_job_status" and isinstance(exchange.reply.json, dict):
                states.add(str(exchange.reply.json.get("StatusCode")))
    return {
        "operations": [n for n in contract.operations if all(n != seen for seen, _ in statuses)],
        "statuses": [
            f"{name} {status}"
            for name, operation in contract.operations.items()
            for status in sorted(operation.statuses)
            if (name, status) not in statuses
        ],
        "forms of execute": [form for form in _FORMS if form not in forms],
        "states of a job": [state for state in STATES if state not in states],
    }


_FORMS = ("details=true", "details=false", "no details", "format=swagger")


def _form(target: str) -> str:
    query = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
    if query.get("format") == "swagger":
        return "format=swagger"
    return f"details={query['details']}" if "details" in query else "no details"

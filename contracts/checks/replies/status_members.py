"""Has a job's status the members and states that clients read?"""

from typing import Any

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

STATES = {"NotStarted", "Running", "Failed", "Cancelled", "Finished"}
MEMBERS = {"StatusCode", "Results", "Details"}


@judges(
    "A status has StatusCode, Results and Details; results when finished, details when failed.",
    "components schemas BatchExecutionStatus",
    order=49,
)
def status_members(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the status of a job."""
    del session
    if exchange.operation != "get_job_status" or exchange.status != 200 or exchange.reply is None:
        return None
    return _fault(exchange.reply.json)


def _fault(status: Any) -> str | None:
    if not isinstance(status, dict):
        return "a status that is no object"
    if set(status) != MEMBERS:
        return f"a status with the members {', '.join(sorted(status))}"
    state, details = status["StatusCode"], status["Details"]
    if not isinstance(state, str) or state not in STATES:
        return f"StatusCode is {state!r}"
    if state == "Failed" and not (isinstance(details, str) and details):
        return "a failed job without Details"
    if (state == "Finished") != isinstance(status["Results"], dict):
        return f"Results of a job that is {state}: {type(status['Results']).__name__}"
    return None

"""Are others served while somebody does not finish a request?"""

from contextlib import ExitStack

from contracts.aftermath import sample_call, still_served
from contracts.check import performs
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session

CALLS = 3


@performs(
    "A client that stops in the middle of a request holds nobody up.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
)
def half_a_request_holds_nobody_up(session: Session) -> None:
    """Leave some requests unfinished, and call meanwhile and afterwards."""
    whole = as_bytes(sample_call(session))
    with ExitStack() as stack:
        for cut in (1, len(whole) // 3, len(whole) - 1):
            stack.enter_context(raw_connection(session)).send(whole[:cut])
        # Which of them a server sees first is chance: the first call may still slip through.
        for _ in range(CALLS):
            still_served(session, "three requests that are not finished")
    still_served(session, "three requests that were given up")

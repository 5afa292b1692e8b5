"""Are others served while somebody does not finish a request?"""

from contextlib import ExitStack

from contracts.check import performs
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session


@performs(
    "A client that stops in the middle of a request holds nobody up.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
)
def half_a_request_holds_nobody_up(session: Session) -> None:
    """Leave some requests unfinished, and call meanwhile."""
    request = session.request(
        "POST", "/execute", session.query("execute", details="true"), session.service.sample
    )
    whole = as_bytes(request)
    with ExitStack() as stack:
        for cut in (1, len(whole) // 3, len(whole) - 1):
            connection = stack.enter_context(raw_connection(session))
            connection.send(whole[:cut])
        session.results(session.execute(session.service.sample, details="true"))

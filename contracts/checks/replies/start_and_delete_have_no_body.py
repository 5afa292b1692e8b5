"""Is the answer to start and delete empty?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session


@judges(
    "Start and delete answer with an empty body.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job}/start post responses 200",
    order=48,
)
def start_and_delete_have_no_body(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong, if there is a body."""
    del session
    if exchange.operation not in {"start_job", "delete_job"} or exchange.reply is None:
        return None
    if 200 <= exchange.status < 300 and exchange.reply.body:
        return f"{exchange.operation} answers with a body"
    return None

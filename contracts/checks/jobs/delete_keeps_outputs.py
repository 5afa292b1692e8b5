"""May a client tidy up before it downloads?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "DELETE of a finished job succeeds, and leaves state and outputs alone (captured).",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    needs=(Need.STORAGE,),
)
def delete_keeps_outputs(session: Session) -> None:
    """Delete a finished job, then read its output."""
    job = session.started()
    exchange = session.finished(job)
    session.expect(session.delete(job), 200, 204)
    if not session.output_rows(exchange):
        raise Broken("the output of a deleted job is empty", exchange)
    again = session.status(job)
    if session.state(again) != "Finished":
        raise Broken(f"a finished job is {session.state(again)} after DELETE", again)

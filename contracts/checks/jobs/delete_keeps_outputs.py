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
    """Delete a finished job, then read its output, by the old token and by a new one."""
    job = session.started()
    finished = session.finished(job)
    before = session.output_rows(finished)
    deleted = session.delete(job)
    session.expect(deleted, 200, 204)
    if session.download(finished).status_code != 200:
        raise Broken("DELETE of a finished job takes its output away", finished, deleted)
    again = session.status(job)
    if session.state(again) != "Finished":
        raise Broken(f"a finished job is {session.state(again)} after DELETE", deleted, again)
    if session.output_rows(again) != before:
        raise Broken("DELETE of a finished job changes its output", deleted, again)

"""Does a cancelled job leave nothing behind?"""

from contracts.check import Need, performs
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "A job that is cancelled before it has ended is Cancelled and leaves no output.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    needs=(Need.STORAGE,),
)
def cancelled_job_leaves_no_output(session: Session) -> None:
    """Cancel a job that was just started, and wait."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    name = session.new_name()
    job = session.started(output=name)
    session.expect(session.delete(job), 200, 204)
    exchange = session.ended(job)
    if session.state(exchange) == "Finished":
        raise NotJudged("the job was faster than its cancelling")
    session.wire.pass_time(session.amounts.longest_pause)
    if blobs.has(name):
        raise Broken("a cancelled job has left an output", exchange)

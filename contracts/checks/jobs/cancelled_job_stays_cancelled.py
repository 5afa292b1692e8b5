"""Does a cancelled job stay what it is?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "A job that is cancelled before its start is Cancelled for good, and cannot be started.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    "start_job",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def cancelled_job_stays_cancelled(session: Session) -> None:
    """Cancel a job that nobody started; ask, start, ask again."""
    job = session.submitted()
    session.expect(session.delete(job), 200, 204)
    for _ in range(2):
        exchange = session.status(job)
        if session.state(exchange) != "Cancelled":
            raise Broken(f"a cancelled job is {session.state(exchange)}", exchange)
        session.refused(session.start(job), 400, "CannotStartJob")
        session.wire.pass_time(session.amounts.longest_pause)
    session.expect(session.delete(job), 200, 204)

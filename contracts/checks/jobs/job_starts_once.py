"""Does a job that was started refuse to start again?"""

from contracts.check import Need, performs
from contracts.session import Session


@performs(
    "A job starts once: later calls get 400 with CannotStartJob.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job}/start post description",
    "start_job",
    needs=(Need.STORAGE,),
)
def job_starts_once(session: Session) -> None:
    """Start a job twice, and once more when it has ended."""
    job = session.started()
    session.refused(session.start(job), 400, "CannotStartJob")
    session.ended(job)
    session.refused(session.start(job), 400, "CannotStartJob")

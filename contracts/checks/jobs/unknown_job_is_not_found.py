"""Is a job that nobody has 404?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import NOBODYS_JOB, Session


@performs(
    "An unknown job is 404 with JobNotFound, for every call about it.",
    "components responses NotFound",
    "start_job",
    "get_job_status",
    "delete_job",
    least=Profile.SMOKE,
)
def unknown_job_is_not_found(session: Session) -> None:
    """Ask for ids that nobody was given."""
    for job in (NOBODYS_JOB, "f" * 32):
        for exchange in (session.status(job), session.start(job), session.delete(job)):
            session.refused(exchange, 404, "JobNotFound")

"""Is every operation closed to whoever has no key?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session

NOBODYS_JOB = "0" * 32


@performs(
    "A call without a key gets 401 with ScoreRequestUnauthorized.",
    "components responses Unauthorized",
    "execute",
    "submit_job",
    "start_job",
    "get_job_status",
    "delete_job",
    least=Profile.SMOKE,
)
def missing_key_is_refused(session: Session) -> None:
    """Try every operation without Authorization."""
    for exchange in (
        session.execute(session.service.sample, key=None),
        session.submit({}, key=None),
        session.start(NOBODYS_JOB, key=None),
        session.status(NOBODYS_JOB, key=None),
        session.delete(NOBODYS_JOB, key=None),
    ):
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

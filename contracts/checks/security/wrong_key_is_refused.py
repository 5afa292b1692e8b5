"""Is every operation closed to a wrong key?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session

NOBODYS_JOB = "0" * 32


@performs(
    "A call without one of the endpoint's keys gets 401 with ScoreRequestUnauthorized.",
    "components responses Unauthorized",
    "execute",
    "submit_job",
    "start_job",
    "get_job_status",
    "delete_job",
    least=Profile.SMOKE,
)
def wrong_key_is_refused(session: Session) -> None:
    """Try every operation with a key that is nobody's."""
    key = "wrong" + session.target.api_key[::-1]
    for exchange in (
        session.execute(session.service.sample, key=key),
        session.submit({}, key=key),
        session.start(NOBODYS_JOB, key=key),
        session.status(NOBODYS_JOB, key=key),
        session.delete(NOBODYS_JOB, key=key),
    ):
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

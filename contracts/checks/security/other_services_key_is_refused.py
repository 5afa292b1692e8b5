"""Is the key of another service refused?"""

from contracts.check import Need, performs
from contracts.profiles import Profile
from contracts.session import Session

NOBODYS_JOB = "0" * 32


@performs(
    "The key of another service does not open this one: 401.",
    "components responses Unauthorized",
    "execute",
    "submit_job",
    "start_job",
    "get_job_status",
    "delete_job",
    needs=(Need.OTHER_KEY,),
    least=Profile.SMOKE,
)
def other_services_key_is_refused(session: Session) -> None:
    """Try every operation with that key."""
    for exchange in (
        session.execute(session.service.sample, key=session.target.other_api_key),
        session.submit({}, key=session.target.other_api_key),
        session.start(NOBODYS_JOB, key=session.target.other_api_key),
        session.status(NOBODYS_JOB, key=session.target.other_api_key),
        session.delete(NOBODYS_JOB, key=session.target.other_api_key),
    ):
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

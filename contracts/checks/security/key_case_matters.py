"""Is a key another one when its letters change their case?"""

from contracts.check import performs
from contracts.findings import NotJudged
from contracts.profiles import Profile
from contracts.session import NOBODYS_JOB, Session


@performs(
    "A key in another case is no key of the endpoint: 401.",
    "components responses Unauthorized",
    "execute",
    "get_job_status",
    least=Profile.CI,
)
def key_case_matters(session: Session) -> None:
    """Swap the case of its letters."""
    key = session.target.api_key.swapcase()
    if key == session.target.api_key:
        raise NotJudged("the key has no letters")
    for exchange in (
        session.execute(session.service.sample, details="true", key=key),
        session.status(NOBODYS_JOB, key=key),
    ):
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

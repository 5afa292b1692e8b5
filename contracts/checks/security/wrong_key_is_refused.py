"""Is every operation closed to a wrong key?"""

from contracts.check import performs
from contracts.locks import LOCKED, refused_everywhere
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A call without one of the endpoint's keys gets 401 with ScoreRequestUnauthorized.",
    "components responses Unauthorized",
    *LOCKED,
    least=Profile.SMOKE,
)
def wrong_key_is_refused(session: Session) -> None:
    """Try every operation with a key that is nobody's."""
    refused_everywhere(session, "wrong" + session.target.api_key[::-1])

"""Is every operation closed to whoever has no key?"""

from contracts.check import performs
from contracts.locks import LOCKED, refused_everywhere
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A call without a key gets 401 with ScoreRequestUnauthorized.",
    "components responses Unauthorized",
    *LOCKED,
    least=Profile.SMOKE,
)
def missing_key_is_refused(session: Session) -> None:
    """Try every operation without Authorization."""
    refused_everywhere(session, None)

"""Is the key of another service refused?"""

from contracts.check import Need, performs
from contracts.locks import LOCKED, refused_everywhere
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "The key of another service does not open this one: 401.",
    "components responses Unauthorized",
    *LOCKED,
    needs=(Need.OTHER_KEY,),
    least=Profile.SMOKE,
)
def other_services_key_is_refused(session: Session) -> None:
    """Try every operation with that key."""
    refused_everywhere(session, session.target.other_api_key)

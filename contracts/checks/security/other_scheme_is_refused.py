"""Is a key refused that comes under another scheme?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Authorization is Bearer and the key; another scheme, or the bare key, is 401.",
    "components securitySchemes bearer",
    "execute",
    least=Profile.CI,
)
def other_scheme_is_refused(session: Session) -> None:
    """Send the right key in wrong ways."""
    key = session.target.api_key
    for value in (f"Basic {key}", f"Token {key}", key, "Bearer"):
        exchange = session.execute(
            session.service.sample, details="true", headers=(("Authorization", value),)
        )
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

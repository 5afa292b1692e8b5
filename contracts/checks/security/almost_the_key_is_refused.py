"""Must a key be given whole, and nothing with it?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A part of a key, a key with more behind it, or one with another first letter is 401.",
    "components responses Unauthorized",
    "execute",
    least=Profile.CI,
)
def almost_the_key_is_refused(session: Session) -> None:
    """Give half of the key, the key twice, and the key with one letter changed."""
    key = session.target.api_key
    first = "B" if key.startswith("A") else "A"
    for wrong in (key[: len(key) // 2], key * 2, first + key[1:]):
        exchange = session.execute(session.service.sample, details="true", key=wrong)
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

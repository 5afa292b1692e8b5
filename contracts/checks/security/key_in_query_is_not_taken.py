"""Is a key in the address no key?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "The key stands in the Authorization header and nowhere else.",
    "components securitySchemes bearer",
    "execute",
    least=Profile.CI,
)
def key_in_query_is_not_taken(session: Session) -> None:
    """Put the right key into the query, where logs would show it."""
    for name in ("api-key", "key", "access_token", "Authorization"):
        query = {**session.query("execute", details="true"), name: session.target.api_key}
        exchange = session.call("POST", "/execute", query, session.service.sample, key=None)
        session.refused(exchange, 401, "ScoreRequestUnauthorized")

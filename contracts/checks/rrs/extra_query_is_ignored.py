"""Are query parameters ignored that mean nothing to the service?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Unknown query parameters are ignored.",
    "info description",
    "execute",
    least=Profile.SMOKE,
)
def extra_query_is_ignored(session: Session) -> None:
    """Add some more."""
    query = {"api-version": "2.0", "details": "true", "subscription": "abc", "x": ""}
    session.results(session.call("POST", "/execute", query, session.service.sample))

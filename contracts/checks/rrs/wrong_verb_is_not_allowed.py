"""Is a method refused that the path does not take?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A path asked with another method is 405 with Allow.",
    "components responses MethodNotAllowed",
    "execute",
    least=Profile.CI,
)
def wrong_verb_is_not_allowed(session: Session) -> None:
    """Ask for results with other methods."""
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        exchange = session.call(method, "/execute", session.query("execute", details="true"))
        session.refused(exchange, 405)

"""Is a path that means nothing 404, in the form of the service?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "An unknown path is 404 with the envelope.",
    "components responses NotFound",
    "execute",
    least=Profile.CI,
)
def unknown_path_is_not_found(session: Session) -> None:
    """Ask below the endpoint for what is not there."""
    for path in ("/nothing", "/execute/more", "/jobs/a/b/c"):
        exchange = session.call("POST", path, {"api-version": "2.0", "details": "true"}, {})
        session.refused(exchange, 404)

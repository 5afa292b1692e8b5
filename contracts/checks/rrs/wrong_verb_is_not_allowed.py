"""Is a method refused that the path does not take?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session

CALLS = (
    ("GET", "/execute"),
    ("PUT", "/execute"),
    ("DELETE", "/execute"),
    ("PATCH", "/execute"),
    ("PUT", "/jobs"),
    ("POST", "/swagger.json"),
)


@performs(
    "A path asked with another method is 405 with Allow.",
    "components responses MethodNotAllowed",
    "execute",
    "submit_job",
    "get_swagger_document",
    least=Profile.CI,
)
def wrong_verb_is_not_allowed(session: Session) -> None:
    """Ask with other methods, with all else as it should be."""
    for method, path in CALLS:
        exchange = session.call(method, path, session.query("execute", details="true"))
        session.refused(exchange, 405)

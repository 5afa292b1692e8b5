"""Is a call without the version, or with another, refused?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Any api-version but 2.0 is 400 with BadVersionCall.",
    "components parameters ApiVersion",
    "execute",
    least=Profile.SMOKE,
)
def version_is_required(session: Session) -> None:
    """Give other versions, an empty one, one under a wrong name, and none."""
    sample = session.service.sample
    for version in ("1.0", "2", "2.0.0", "", None):
        exchange = session.execute(sample, details="true", api_version=version)
        session.refused(exchange, 400, "BadVersionCall")
    query = {"apiversion": "2.0", "details": "true"}
    session.refused(session.call("POST", "/execute", query, sample), 400, "BadVersionCall")

"""Are members of the body ignored that mean nothing?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Unknown members of a request body are ignored.",
    "info description",
    "execute",
    least=Profile.SMOKE,
)
def extra_members_are_ignored(session: Session) -> None:
    """Add some beside Inputs."""
    body = {**session.service.sample, "Id": "score00001", "More": {"a": [1, None]}}
    session.results(session.execute(body, details="true"))

"""Is a body taken that comes in chunks?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A body may come with Transfer-Encoding: chunked (captured).",
    "paths /workspaces/{workspace}/services/{service}/execute post requestBody",
    "execute",
    least=Profile.CI,
)
def chunked_body_is_taken(session: Session) -> None:
    """Send the sample without a length."""
    headers = (("Transfer-Encoding", "chunked"),)
    session.results(session.execute(session.service.sample, details="true", headers=headers))

"""Are the media types taken that real clients send?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "application/json with any charset, and text/json, are scored.",
    "paths /workspaces/{workspace}/services/{service}/execute post description",
    "execute",
    least=Profile.CI,
)
def media_types_are_tolerated(session: Session) -> None:
    """Send the sample under each name."""
    for media_type in (
        "application/json; charset=utf-8",
        "application/json;charset=UTF8",
        "text/json",
    ):
        header = ("Content-Type", media_type)
        session.results(session.execute(session.service.sample, details="true", headers=(header,)))

"""Is a request taken that says Content-Encoding: UTF-8?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A request header Content-Encoding: UTF-8 is no compression (captured).",
    "paths /workspaces/{workspace}/services/{service}/execute post requestBody",
    "execute",
    least=Profile.CI,
)
def content_encoding_utf8_is_tolerated(session: Session) -> None:
    """Send what a Java client sends."""
    headers = (("Content-Encoding", "UTF-8"), ("Accept-Charset", "UTF-8"))
    session.results(session.execute(session.service.sample, details="true", headers=headers))

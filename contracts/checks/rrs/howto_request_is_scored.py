"""Does the request of the how-to, or the service's own sample, get its rows back?"""

from contracts.check import performs
from contracts.findings import Broken
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "The sample request of a service is scored, one row out for each row in.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
    least=Profile.SMOKE,
)
def howto_request_is_scored(session: Session) -> None:
    """Send it as it is printed."""
    exchange = session.execute(session.service.sample, details="true")
    rows = session.rows(exchange)
    if len(rows) != len(session.service.sample_rows):
        raise Broken(f"{len(session.service.sample_rows)} rows in, {len(rows)} out", exchange)

"""Does the request of the how-to, or the service's own sample, get its rows back?"""

from contracts.check import performs
from contracts.echo import echoed
from contracts.findings import Broken, NotJudged
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "The sample request of a service is scored; rows that are given back are as many as sent.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
    least=Profile.SMOKE,
)
def howto_request_is_scored(session: Session) -> None:
    """Send it as it is printed."""
    exchange = session.execute(session.service.sample, details="true")
    rows = session.rows(exchange)
    try:
        echoed(session)
    except NotJudged:
        return  # a service that gives nothing back may add its rows up
    if len(rows) != len(session.service.sample_rows):
        raise Broken(f"{len(session.service.sample_rows)} rows in, {len(rows)} out", exchange)

"""Must the form of the body fit the format that is asked for?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Tables with format=swagger and records without it are 400.",
    "paths /workspaces/{workspace}/services/{service}/execute post description",
    "execute",
    least=Profile.CI,
)
def form_must_fit_format(session: Session) -> None:
    """Send each form with the query of the other."""
    service = session.service
    session.refused(session.execute(service.sample, format="swagger"), 400)
    session.refused(session.execute(service.records(service.sample_rows), details="true"), 400)

"""Is a body scored as a table and as records?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A call may send a table, or records with format=swagger; both are scored.",
    "paths /workspaces/{workspace}/services/{service}/execute post description",
    "execute",
    least=Profile.SMOKE,
)
def both_forms_are_scored(session: Session) -> None:
    """Send the sample in both forms."""
    service = session.service
    session.results(session.execute(service.sample, details="true"))
    session.results(session.execute(service.records(service.sample_rows), format="swagger"))

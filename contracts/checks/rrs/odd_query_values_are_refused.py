"""Are values of details and format refused that mean nothing?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Other values of details and format are 400 with InvalidQueryParameter.",
    "components parameters Details",
    "execute",
    least=Profile.CI,
)
def odd_query_values_are_refused(session: Session) -> None:
    """Try words and cases."""
    sample = session.service.sample
    for value in ("yes", "1", "maybe", ""):
        session.refused(session.execute(sample, details=value), 400, "InvalidQueryParameter")
    for value in ("table", "json", ""):
        session.refused(session.execute(sample, format=value), 400, "InvalidQueryParameter")

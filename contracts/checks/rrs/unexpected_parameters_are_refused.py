"""Is a parameter refused that the service does not have?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A parameter that the service does not know is 400 with UnexpectedParameter.",
    "components schemas GlobalParameters",
    "execute",
    least=Profile.CI,
)
def unexpected_parameters_are_refused(session: Session) -> None:
    """Send one that nobody has, beside those of the sample."""
    known = session.service.sample.get("GlobalParameters") or {}
    parameters = {**known, "Nobody knows me": "1"}
    body = {**session.service.sample, "GlobalParameters": parameters}
    session.refused(session.execute(body, details="true"), 400, "UnexpectedParameter")

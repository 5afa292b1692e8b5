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
    """Send one that nobody has."""
    body = {**session.service.sample, "GlobalParameters": {"Nobody knows me": "1"}}
    session.refused(session.execute(body, details="true"), 400, "UnexpectedParameter")

"""May GlobalParameters be left out, null or empty?"""

from contracts.check import performs
from contracts.findings import NotJudged
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "GlobalParameters may be null, empty or left out.",
    "components schemas GlobalParameters",
    "execute",
    least=Profile.CI,
)
def parameters_may_be_left_out(session: Session) -> None:
    """Send each; a service that requires some is not judged."""
    sample = session.service.sample
    if sample.get("GlobalParameters"):
        raise NotJudged("the sample gives parameters, so they may be required")
    bare = {name: value for name, value in sample.items() if name != "GlobalParameters"}
    for body in (bare, {**bare, "GlobalParameters": None}, {**bare, "GlobalParameters": {}}):
        session.results(session.execute(body, details="true"))

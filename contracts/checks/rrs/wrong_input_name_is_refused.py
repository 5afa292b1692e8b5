"""Is an input refused that the service does not have?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "An unknown input name is 400 with InvalidInputNames.",
    "components schemas BadArgument",
    "execute",
    least=Profile.SMOKE,
)
def wrong_input_name_is_refused(session: Session) -> None:
    """Name the input otherwise, and add one."""
    sample = session.service.sample
    table = sample["Inputs"][session.service.input_name]
    for inputs in ({"nobodys": table}, {**sample["Inputs"], "nobodys": table}):
        exchange = session.execute({**sample, "Inputs": inputs}, details="true")
        session.refused(exchange, 400, "InvalidInputNames")

"""Is a body without inputs refused?"""

from typing import Any

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session

CODES = (
    "MissingRequestInput", "InvalidInputNames", "RequestBodyInvalid", "RequestIsEmpty",
    "InputMismatchError",
)  # fmt: skip
"""What is missing may be told in several ways (the table's texts fit each)."""


@performs(
    "No Inputs, or none of those that the service takes, is 400 with a code that says so.",
    "components schemas BadArgument",
    "execute",
    least=Profile.SMOKE,
)
def missing_inputs_are_refused(session: Session) -> None:
    """Leave out Inputs, empty them, make them null."""
    bodies: tuple[Any, ...] = ({}, {"GlobalParameters": {}}, {"Inputs": {}}, {"Inputs": None})
    for body in bodies:
        session.refused(session.execute(body, details="true"), 400, *CODES)

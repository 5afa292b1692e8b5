"""Is the word Bearer read in any case, and with two spaces?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "The word Bearer is read in any case, and with more than one space after it.",
    "components securitySchemes bearer",
    "execute",
    least=Profile.CI,
)
def bearer_is_read_leniently(session: Session) -> None:
    """Send the key as real clients do."""
    for form in ("bearer {}", "BEARER {}", "Bearer  {}"):
        header = ("Authorization", form.format(session.target.api_key))
        session.results(session.execute(session.service.sample, details="true", headers=(header,)))

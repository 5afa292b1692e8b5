"""Is a row refused that is not as wide as its column names?"""

from contracts.check import performs
from contracts.findings import Broken
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A row of the wrong width is 400, by the parser or by a module.",
    "components responses BadRequest",
    "execute",
    least=Profile.SMOKE,
)
def row_width_is_checked(session: Session) -> None:
    """Send a row with one cell too many, and one with one too few."""
    rows = session.service.sample_rows
    for odd in ([*rows[0], "1"], rows[0][:-1]):
        exchange = session.execute(session.service.body([*rows, odd]), details="true")
        error = session.refused(exchange, 400).error
        if error and error[0] not in {"BadUserArgument", "LibraryExecutionError"}:
            raise Broken(f"class {error[0]} for a row of the wrong width", exchange)

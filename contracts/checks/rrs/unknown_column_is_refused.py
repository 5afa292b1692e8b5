"""Is a table refused that names a column wrongly?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A column under another name is 400 with InputMismatchError.",
    "components responses BadRequest",
    "execute",
    least=Profile.SMOKE,
)
def unknown_column_is_refused(session: Session) -> None:
    """Change the first name. Whether case matters the contract does not say."""
    table = session.service.body(session.service.sample_rows)
    names = table["Inputs"][session.service.input_name]["ColumnNames"]
    names[0] = f"No {names[0]}"
    session.refused(session.execute(table, details="true"), 400, "InputMismatchError")

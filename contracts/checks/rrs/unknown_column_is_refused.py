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
    """Change the case of the first name, and then the whole of it."""
    for change in (str.swapcase, lambda name: f"No {name}"):
        table = session.service.body(session.service.sample_rows)
        names = table["Inputs"][session.service.input_name]["ColumnNames"]
        changed = change(names[0])
        if changed != names[0]:
            names[0] = changed
            exchange = session.execute(table, details="true")
            session.refused(exchange, 400, "InputMismatchError")

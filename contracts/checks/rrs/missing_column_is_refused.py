"""Is a table refused that lacks a column of the service?"""

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A missing column is 400 with InputMismatchError.",
    "components responses BadRequest",
    "execute",
    least=Profile.SMOKE,
)
def missing_column_is_refused(session: Session) -> None:
    """Leave out the last column."""
    table = session.service.body(session.service.sample_rows)
    input_ = table["Inputs"][session.service.input_name]
    input_["ColumnNames"] = input_["ColumnNames"][:-1]
    input_["Values"] = [row[:-1] for row in input_["Values"]]
    session.refused(session.execute(table, details="true"), 400, "InputMismatchError")

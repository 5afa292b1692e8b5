"""Is a cell refused that is no value of its column?"""

from contracts.check import performs
from contracts.findings import Broken, NotJudged
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A cell that cannot be read as its column is 400, by the parser or by a module.",
    "components schemas BadUserArgument",
    "execute",
    least=Profile.CI,
)
def cell_type_is_checked(session: Session) -> None:
    """Write a word where a number belongs; a service of texts is not judged."""
    columns = session.service.inputs[session.service.input_name]
    places = [n for n, type_ in enumerate(columns.values()) if type_ in {"integer", "number"}]
    if not places or not session.service.sample_rows:
        raise NotJudged("no input column is a number")
    row = list(session.service.sample_rows[0])
    row[places[0]] = "no number"
    exchange = session.execute(session.service.body([row]), details="true")
    error = session.refused(exchange, 400).error
    if error and error[0] not in {"BadUserArgument", *MODULES}:
        raise Broken(f"class {error[0]} for a cell of the wrong type", exchange)


MODULES = ("LibraryExecutionError", "ModuleExecutionError")
"""Where the parser lets a cell pass, the module fails that reads it (reports from the field)."""

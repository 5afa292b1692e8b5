"""Do RRS and BES compute the same?"""

from contracts.check import Need, performs
from contracts.echo import texts
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "The same rows give the same cells, by RRS and as a job.",
    "components schemas OutputRows",
    "execute",
    "submit_job",
    needs=(Need.STORAGE, Need.HASHING),
)
def rrs_equals_bes(session: Session) -> None:
    """Score generated texts both ways."""
    rows = [row for row in texts(session, 8) if all(row)]
    exchange = session.execute(session.service.body(rows), details="true")
    now = session.rows(exchange)
    finished = session.finished(session.started(rows))
    header, *batch = session.output_rows(finished)
    columns = session.service.outputs[session.service.output_names[0]]
    if tuple(header) != columns:
        raise Broken("the header of a job's output names other columns than RRS", finished)
    if batch != now:
        raise Broken("a job computes other cells than RRS", exchange, finished)

"""Do RRS and BES compute the same?"""

from contracts.check import Need, performs
from contracts.echo import scored_the_same, texts
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "The same rows give the same cells, by RRS and as a job.",
    "components schemas OutputRows",
    "execute",
    "submit_job",
    needs=(Need.STORAGE,),
)
def rrs_equals_bes(session: Session) -> None:
    """Score generated texts both ways, or the sample of a service that does not hash."""
    service = session.service
    rows = texts(session, 12) if service.hashing else service.sample_rows
    exchange, results = scored_the_same(session, rows)
    finished = session.finished(session.started(rows))
    for name, table in results.items():
        match table:
            case {"value": {"ColumnNames": [*names], "Values": [*expected]}}:
                pass
            case _:
                raise NotJudged(f"{name} is no table")
        header, *came = session.output_rows(finished, name) or [[]]
        if header != names:
            raise Broken("a job's output has another header than RRS has names", exchange, finished)
        # A missing value has no text in a file.
        if came != [["" if cell is None else cell for cell in row] for row in expected]:
            raise Broken("a job computes other cells than RRS", exchange, finished)

"""Is a row scored alone as it is among others?"""

from contracts.check import Need, performs
from contracts.echo import texts
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "A service that hashes features scores each row by itself.",
    "components schemas OutputRows",
    "execute",
    needs=(Need.HASHING,),
)
def row_alone_equals_batch(session: Session) -> None:
    """Score rows together, then one by one."""
    rows = texts(session, 6)
    together = session.rows(session.execute(session.service.body(rows), details="true"))
    if len(together) != len(rows):
        raise NotJudged("the service does not give a row for each row")
    for row, expected in zip(rows, together, strict=True):
        exchange = session.execute(session.service.body([row]), details="true")
        alone = session.rows(exchange)
        if alone != [expected]:
            raise Broken("a row scored alone differs from the same row among others", exchange)

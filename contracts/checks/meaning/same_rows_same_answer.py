"""Do the same rows get the same answer?"""

from contracts.check import Need, performs
from contracts.echo import texts
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "A service that hashes features gives the same answer to the same rows.",
    "components schemas ExecutionResults",
    "execute",
    needs=(Need.HASHING,),
)
def same_rows_same_answer(session: Session) -> None:
    """Ask twice, with another call in between."""
    rows = texts(session, 6)
    first = session.execute(session.service.body(rows), details="true")
    session.execute(session.service.sample, details="true")
    second = session.execute(session.service.body(rows), details="true")
    if session.results(first) != session.results(second):
        raise Broken("the same rows get another answer the second time", first, second)

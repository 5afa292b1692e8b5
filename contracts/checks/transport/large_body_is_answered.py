"""Is a large table scored, or refused as too large?"""

from contracts.check import performs
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "A body of several megabytes is scored, or refused with 413.",
    "components responses RequestEntityTooLarge",
    "execute",
)
def large_body_is_answered(session: Session) -> None:
    """Send 5,000 rows of 600 bytes."""
    row = list(session.service.sample_rows[0])
    columns = list(session.service.inputs[session.service.input_name].values())
    if "string" in columns:
        place = columns.index("string")
        row[place] = " ".join(["word"] * 120)
    exchange = session.execute(session.service.body([row] * ROWS), details="false")
    if exchange.status == 413:
        session.refused(exchange, 413)
        raise NotJudged("the target takes no body of this size")
    if len(session.rows(exchange)) != ROWS:
        raise Broken("a large table comes back with another number of rows", exchange)


ROWS = 5000

"""Do rows come out in the order in which they went in?"""

from contracts.check import performs
from contracts.echo import echoed, numbered
from contracts.findings import Broken, NotJudged
from contracts.session import Session


@performs(
    "Rows keep their order, and so do the cells of a row.",
    "components schemas OutputRows",
    "execute",
)
def row_order_is_kept(session: Session) -> None:
    """Send numbered rows and look for the numbers in the output."""
    echo = echoed(session)
    rows = numbered(session, 40, echo.input_place)
    session.random("row order").shuffle(rows)
    exchange = session.execute(session.service.body(rows), details="true")
    came = [
        row[echo.output_place] for row in session.rows(exchange) if len(row) > echo.output_place
    ]
    sent = [row[echo.input_place] for row in rows]
    if len(came) != len(sent):
        raise NotJudged("the service does not give a row for each row")
    if came != sent:
        raise Broken("rows come back in another order, or as others", exchange)

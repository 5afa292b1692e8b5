"""Does a table without rows give one without rows?"""

from contracts.check import performs
from contracts.findings import Broken, NotJudged
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "No rows in, no rows out.",
    "components schemas InputTable",
    "execute",
    least=Profile.CI,
)
def no_rows_give_no_rows(session: Session) -> None:
    """Send none; a module may refuse them."""
    exchange = session.execute(session.service.body([]), details="true")
    if exchange.status == 400:
        session.refused(exchange, 400)
        raise NotJudged("the experiment refuses a table without rows")
    if session.rows(exchange):
        raise Broken("rows came of none", exchange)

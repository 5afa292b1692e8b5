"""Does a table without rows give one without rows?"""

from contracts.check import performs
from contracts.echo import echoed
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
    """Send none; a module may refuse them, or add up what there is."""
    exchange = session.execute(session.service.body([]), details="true")
    if exchange.status == 400:
        session.refused(exchange, 400)
        raise NotJudged("the experiment refuses a table without rows")
    if session.rows(exchange):
        echoed(session)  # a service that gives nothing back may answer with a sum
        raise Broken("rows came of none", exchange)

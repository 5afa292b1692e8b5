"""Does a service give as many rows as it takes?"""

from contracts.check import performs
from contracts.echo import echoed, numbered
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "As many rows come out as went in.",
    "components schemas OutputRows",
    "execute",
)
def row_count_is_kept(session: Session) -> None:
    """Send one, some and many rows; modules that drop rows are not judged."""
    echo = echoed(session)
    for count in (1, 7, 100):
        rows = numbered(session, count, echo.input_place)
        exchange = session.execute(session.service.body(rows), details="true")
        came = session.rows(exchange)
        if len(came) != count:
            raise Broken(f"{count} rows in, {len(came)} out", exchange)

"""May columns come in any order?"""

from typing import Any

from contracts.check import performs
from contracts.exchange import Exchange
from contracts.findings import Broken, NotJudged
from contracts.forms import tables
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Columns are found by their names, in whatever order they come.",
    "components schemas InputTable",
    "execute",
    least=Profile.CI,
)
def column_order_is_free(session: Session) -> None:
    """Turn the columns round; the rows score alike."""
    service = session.service
    if len(service.inputs[service.input_name]) == 1:
        raise NotJudged("the service has one column")
    table = service.body(service.sample_rows)
    usual = by_name(session, session.execute(table, details="true"))
    if by_name(session, session.execute(table, details="true")) != usual:
        raise NotJudged("the service does not give the same answer twice")
    input_ = table["Inputs"][service.input_name]
    input_["ColumnNames"] = input_["ColumnNames"][::-1]
    input_["Values"] = [row[::-1] for row in input_["Values"]]
    exchange = session.execute(table, details="true")
    if by_name(session, exchange) != usual:
        raise Broken("columns in another order score otherwise", exchange)


def by_name(session: Session, exchange: Exchange) -> list[list[tuple[str, Any]]]:
    """Return the rows of the first output as sorted pairs, for it may have the order of the input.

    Raises Broken, NotJudged.
    """
    rows = session.rows(exchange)
    names = tables(exchange)[0]["value"].get("ColumnNames")
    if not isinstance(names, list):
        raise NotJudged("the output does not name its columns")
    return [sorted(zip(map(str, names), row, strict=False), key=repr) for row in rows]

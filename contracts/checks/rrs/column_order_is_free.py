"""May columns come in any order?"""

from contracts.check import performs
from contracts.findings import Broken, NotJudged
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
    usual = session.rows(session.execute(table, details="true"))
    input_ = table["Inputs"][service.input_name]
    input_["ColumnNames"] = input_["ColumnNames"][::-1]
    input_["Values"] = [row[::-1] for row in input_["Values"]]
    exchange = session.execute(table, details="true")
    if session.rows(exchange) != usual:
        raise Broken("columns in another order score otherwise", exchange)

"""Is every table that fits the service's own schema scored?"""

from hypothesis import strategies as st

from contracts.check import performs
from contracts.exchange import Exchange
from contracts.findings import Broken, NotJudged
from contracts.generated import drive
from contracts.profiles import Profile
from contracts.session import Session
from contracts.strategies import Row, rows


@performs(
    "Rows that fit the columns of the service are scored: 200 with Results.",
    "paths /workspaces/{workspace}/services/{service}/execute post responses 200",
    "execute",
    least=Profile.SMOKE,
)
def valid_rows_are_scored(session: Session) -> None:
    """Send generated tables, with and without details, as tables and as records."""
    needs_details = "details" in session.gateway.required.get("execute", set())
    forms = ["details", "plain", "records"] + ([] if needs_details else ["bare"])

    def send(drawn: tuple[list[Row], str]) -> tuple[Exchange, Broken | None]:
        exchange = _execute(session, *drawn)
        try:
            session.results(exchange)
        except Broken as broken:
            return exchange, broken
        except NotJudged:
            pass
        return exchange, None

    strategy = st.tuples(rows(session.service, max_rows=8), st.sampled_from(forms))
    drive(session, strategy, send, session.amounts.scored_cases, "valid rows")


def _execute(session: Session, drawn: list[Row], form: str) -> Exchange:
    service = session.service
    match form:
        case "records":
            return session.execute(service.records(drawn), format="swagger")
        case "bare":
            return session.execute(service.body(drawn), details=None)
        case _:
            details = "true" if form == "details" else "false"
            return session.execute(service.body(drawn), details=details)

"""Which calls have answers that tell them apart, so that a mix-up shows?"""

from dataclasses import dataclass
from typing import Any

from contracts.echo import echoed, numbered
from contracts.exchange import Request
from contracts.findings import NotJudged
from contracts.seed_only import drawn
from contracts.session import Session
from contracts.strategies import rows as rows_of

LEARNT = 8
"""How many calls are learnt where the service gives nothing back."""


@dataclass(frozen=True)
class Telltale:
    """A call over one row, and what its answer must hold."""

    request: Request
    wanted: list[list[Any]]
    place: int | None = None
    """The column that is compared; all of them if None."""

    def is_answered_by(self, rows: list[list[Any]]) -> bool:
        """Whether these rows answer this call and no other."""
        if self.place is None:
            return rows == self.wanted
        return [row[self.place : self.place + 1] for row in rows] == self.wanted


def telltales(session: Session, count: int) -> list[Telltale]:
    """Return calls with answers of their own. Raises NotJudged if there are none.

    A column that comes back tells calls apart. Otherwise each is made alone before.
    """
    try:
        echo = echoed(session)
    except NotJudged:
        learnt = _learnt(session)
        return [learnt[number % len(learnt)] for number in range(count)]
    return [
        Telltale(_call(session, row), [[row[echo.input_place]]], echo.output_place)
        for row in numbered(session, count, echo.input_place)
    ]


def _call(session: Session, row: list[Any]) -> Request:
    query = session.query("execute", details="true")
    return session.request("POST", "/execute", query, session.service.body([row]))


def _learnt(session: Session) -> list[Telltale]:
    """Make calls one by one, twice; keep those with an answer of their own."""
    tables = drawn(rows_of(session.service, 1), LEARNT, f"{session.seed} telltale")
    found: list[Telltale] = []
    for table in tables:
        request = _call(session, table[0])
        first, second = (session.send(request) for _ in range(2))
        if first.status != 200:
            continue  # whether such rows must be scored, other checks ask
        wanted = session.rows(first)
        if session.rows(second) != wanted:
            raise NotJudged("the service answers the same row in several ways")
        if all(wanted != other.wanted for other in found):
            found.append(Telltale(request, wanted))
    if len(found) < 2:
        raise NotJudged("the service's answers do not tell calls apart")
    return found

"""Do the answers of telltale calls tell them apart, whatever a service gives back?"""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from typing_extensions import override

from contracts.exchange import Request
from contracts.findings import NotJudged
from contracts.run import Plan, Run
from contracts.telltale import Telltale, telltales
from tests.contracts.checks.tiny_service import ECHO, Rows, TinyService, serving

LENGTHS = replace(ECHO, outputs={"output1": ("Length",)})
"""A service that gives no column back."""


class Lengths(TinyService):
    """Gives back how long a text is, and refuses empty ones."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return [[str(len(row[0]))] for row in rows]


class Constant(TinyService):
    """Gives everybody the same."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return [["42"]]


class Counting(TinyService):
    """Gives nobody the same twice."""

    counted = count()

    @override
    def scored(self, rows: Rows) -> Rows:
        return [[str(next(self.counted))]]


class Refusing(TinyService):
    """Takes no row but the sample's."""

    @override
    def execute(self) -> None:
        self.read()
        self.refuse(400)


def test_a_column_that_comes_back_tells_calls_apart() -> None:
    """Nobody has to be asked for it, and each has a text of its own."""
    with serving(TinyService) as target, Run(target, Plan()) as run:
        run.session.service = ECHO
        calls = telltales(run.session, 20)
        assert run.session.wire.exchanges == []
    assert len({call.request.body for call in calls}) == 20
    assert calls[3].is_answered_by([["row 3"]])
    others: tuple[Rows, ...] = ([["row 4"]], [], [["row 3"], ["row 3"]], [[]])
    for wrong in others:
        assert not calls[3].is_answered_by(wrong)


def test_other_answers_are_learnt() -> None:
    """Each twice; calls with the same answer are one."""
    with serving(Lengths) as target, Run(target, Plan()) as run:
        run.session.service = LENGTHS
        calls = telltales(run.session, 30)
        asked = len(run.session.wire.exchanges)
        again = telltales(run.session, 30)
    wanted = [call.wanted for call in calls]
    distinct = {str(rows) for rows in wanted}
    assert len(calls) == 30
    assert 2 <= len(distinct) <= asked // 2
    assert len({call.request for call in calls}) == len(distinct)
    assert calls == again


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (Constant, "do not tell calls apart"),
        (Refusing, "do not tell calls apart"),
        (Counting, "in several ways"),
    ],
)
def test_some_services_cannot_be_asked(handler: type[TinyService], reason: str) -> None:
    """And it is said why."""
    with serving(handler) as target, Run(target, Plan()) as run:
        run.session.service = LENGTHS
        with pytest.raises(NotJudged, match=reason):
            telltales(run.session, 4)


@pytest.mark.parametrize(
    ("place", "rows", "fits"),
    [
        (1, [["x", "a"]], True),
        (1, [["a", "x"]], False),
        (1, [["a"]], False),
        (None, [["a"]], True),
        (None, [["a", "x"]], False),
    ],
)
def test_an_answer_is_one_column_or_all(place: int | None, rows: Any, fits: bool) -> None:
    """As the telltale says."""
    assert Telltale(Request("GET", "/"), [["a"]], place).is_answered_by(rows) is fits

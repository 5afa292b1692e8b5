"""Is a server found that mixes up calls at the same time?"""

import threading
from dataclasses import replace

from typing_extensions import override

from contracts.target import Limit
from tests.contracts.checks.tiny_service import (
    ECHO,
    Rows,
    TinyService,
    at,
    outcome,
    serving,
)

CHECK = "concurrent_calls_keep_apart"


class Meeting:
    """Two calls at a time meet here."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)
        self.rows: dict[int, Rows] = {}

    def other(self, rows: Rows) -> Rows:
        """Return the rows of the other call; one's own if no other comes."""
        try:
            number = self.barrier.wait(1)
            self.rows[number] = rows
            self.barrier.wait(1)
            return self.rows[1 - number]
        except threading.BrokenBarrierError:
            return rows


class Mixed(TinyService):
    """Gives a call the rows of another at the same time."""

    meeting: Meeting

    @override
    def scored(self, rows: Rows) -> Rows:
        return self.meeting.other(rows)


class Throttled(TinyService):
    """Has a limit of calls at a time, and tells it in a published or a gateway's way."""

    status = 503

    @override
    def execute(self) -> None:
        self.read()
        self.refuse(self.status)


class Lengths(TinyService):
    """Gives nothing back but how long a text is."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return [[str(len(row[0]))] for row in rows]


class MixedLengths(Lengths, Mixed):
    """Does both, but only when calls are many."""

    @override
    def scored(self, rows: Rows) -> Rows:
        alone = super().scored(rows)
        return self.meeting.other(alone) if threading.active_count() > 6 else alone


LENGTHS = replace(ECHO, outputs={"output1": ("Length",)})


def test_each_call_for_itself_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])
    assert at(Lengths, CHECK, service=LENGTHS) == ("", [])


def test_a_mix_up_is_found() -> None:
    """Every call got its neighbour's rows."""
    _, (found,) = at(type("Met", (Mixed,), {"meeting": Meeting()}), CHECK)
    assert found == "a call gets the answer of another at the same time"


def test_a_mix_up_is_found_where_nothing_is_given_back() -> None:
    """By answers that were learnt before."""
    broken = type("Met", (MixedLengths,), {"meeting": Meeting()})
    _, (found,) = at(broken, CHECK, service=LENGTHS)
    assert found == "a call gets the answer of another at the same time"


def test_throttling_is_no_fault() -> None:
    """A limit of calls at a time is published."""
    assert at(Throttled, CHECK) == ("a limit of calls let none through", [])
    limited = type("Limited", (Throttled,), {"status": 429})
    assert at(limited, CHECK) == ("a limit of calls let none through", [])


def test_a_failure_is_found() -> None:
    """It is no throttling."""
    _, (found,) = at(type("Failing", (Throttled,), {"status": 500}), CHECK)
    assert found.startswith("500 instead of 200")


def test_at_a_pace_there_is_nothing_at_the_same_time() -> None:
    """So it is not tried."""
    with serving(TinyService) as target:
        skipped, found = outcome(replace(target, rate_limit=Limit(100, 1.0)), CHECK)
    assert (skipped, found) == ("calls are limited to a pace (--rate-limit)", [])

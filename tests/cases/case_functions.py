"""What do the Python services of the case files compute?

The emulator imports this file under the name `case_functions`; a test that opens a gate must take
the module under that name too.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

Row = Mapping[str, Any]

LONGEST_WAIT = 10
"""Seconds after which a gate opens by itself, so that a failing test cannot hang."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Where a call waits. `entered` is set by the call, `opened` by the test."""

    entered: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)


GATES: dict[str, Gate] = defaultdict(Gate)


def echo(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the typed rows as they came."""
    return rows


def show_parameters(rows: Sequence[Row], parameters: Row) -> Sequence[Row]:
    """Return one row: the typed parameters."""
    del rows
    return [parameters]


def be_sad(rows: Sequence[Row]) -> Sequence[Row]:
    """Fail as a script fails."""
    del rows
    raise ValueError("the model is sad")


def wait_at_gate(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the rows once the gate that the first one names is opened."""
    gate = GATES[rows[0]["Gate"]]
    gate.entered.set()
    gate.opened.wait(LONGEST_WAIT)
    return rows

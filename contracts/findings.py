"""What was found, and how often was each thing tried? One cause is one finding."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from contracts.exchange import Exchange
from contracts.spec import Clause


class Broken(Exception):
    """The target breaks a promise. `what` says how, `exchanges` show it, in their order."""

    def __init__(self, what: str, *exchanges: Exchange, cause: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.exchanges = exchanges
        self.cause = cause or what


class NotJudged(Exception):
    """A check cannot be made here; the text says why."""


@dataclass
class Finding:
    """One promise broken in one way."""

    check: str
    promise: str
    clause: Clause
    what: str
    cause: str
    exchanges: tuple[Exchange, ...]
    """The calls that show it, in their order; the last one is at fault."""
    count: int = 1
    operations: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """How a check went at one operation (or `""` where it is about none)."""

    tried: int = 0
    failed: int = 0
    skipped: str = ""
    """Why it was not tried."""

    @property
    def passed(self) -> int:
        """How often it held."""
        return self.tried - self.failed


_VARYING = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f-]{27}|\d+|'[^']*'|\"[^\"]*\"")


def normalized(cause: str) -> str:
    """Return a cause without what changes from case to case: ids, numbers, quoted values."""
    return _VARYING.sub("…", cause)


def blame(check: str, cause: str) -> str:
    """Return what tells one cause from another."""
    return f"{check}: {normalized(cause)}"


class Findings:
    """All findings of a run, and the tallies behind them."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Finding] = {}
        self.tallies: dict[tuple[str, str], Tally] = {}
        self.skips: Counter[str] = Counter()

    def tally(self, check: str, operation: str | None) -> Tally:
        """Return the tally of a check at an operation."""
        return self.tallies.setdefault((check, operation or ""), Tally())

    def knows(self, check: str, cause: str) -> bool:
        """Whether this has been found already."""
        return (check, normalized(cause)) in self.found

    def add(self, finding: Finding, *, counts: bool = True) -> None:
        """Take a finding in; the same cause is counted, and the smallest form of it is kept.

        What is found while a case is made smaller does not count.
        """
        key = (finding.check, normalized(finding.cause))
        known = self.found.setdefault(key, finding)
        known.operations |= operations_of(finding.exchanges)
        if known is not finding:
            known.count += counts
            if _size(finding) < _size(known):
                known.what, known.exchanges = finding.what, finding.exchanges

    def __len__(self) -> int:
        """Count the findings."""
        return len(self.found)


def operations_of(exchanges: Iterable[Exchange]) -> set[str]:
    """Return the operations that some calls mean."""
    return {e.operation for e in exchanges if e.operation}


def _size(finding: Finding) -> tuple[int, int]:
    requests = [e.request for e in finding.exchanges]
    return len(requests), sum(len(r.target) + len(r.body) for r in requests)

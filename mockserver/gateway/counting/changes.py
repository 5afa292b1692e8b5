"""What is handed from the quotas to their store, and what can go wrong there?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class QuotasNotUsable(Exception):
    """The file with the quotas cannot be used; the text says why."""


class QuotasNotSaved(Exception):
    """What was counted could not be written; the text says why."""


CounterRow = tuple[str, int, float, int, int]
"""A counter as it is kept: its key as JSON, period, end, calls, bytes."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written; if it `is_whole`, in the place of all that was there.

    What was dropped goes first: it may have come again since.
    """

    is_whole: bool = False
    dropped: Sequence[str] = ()
    counters: Sequence[CounterRow] = ()
    starts: Mapping[str, float] = field(default_factory=dict)

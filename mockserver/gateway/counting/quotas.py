"""What was used of each quota in its period, and how does that survive a restart?

API Management keeps quotas centrally. Here they are in memory; what changed is written to a file a
moment later, in a thread, so that no call waits for a disk. What was counted in the last moment
before the emulator is killed is lost.
"""

import asyncio
import json
import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.counting.changes import Change, QuotasNotSaved, QuotasNotUsable
from mockserver.gateway.counting.counters import MOST, Counters, Periods

if TYPE_CHECKING:
    from mockserver.gateway.counting.store import QuotaStore

FACTS = (
    Fact(
        "Quotas survive a restart of the gateway; rate limits do not.",
        Evidence.PUBLISHED,
        "the pages on quota and on rate-limit: the latter is counted by each gateway for itself",
    ),
    Fact(
        "A subscription that declares no start began with its first call that a quota counted.",
        Evidence.ASSUMED,
        "a rule of the emulator: each subscription of API Management has a start",
    ),
)

FILE_NAME = "gateway.sqlite"
_COLLECTED_FOR = 0.1
"""Seconds for which changes are collected before they are written."""
_TRIED_AGAIN_AFTER = 5.0
"""Seconds after which is tried again what could not be written."""

QuotaKey = tuple[str, ...]

_logger = logging.getLogger("mockserver.gateway")


@dataclass(slots=True)
class QuotaCounter:
    """What was used in a period: calls, and bytes of bodies. `ends` is when the period does."""

    period: int | None = None
    ends: float = math.inf
    calls: int = 0
    size: int = 0


class QuotaCounters:
    """The counters of every quota of one gateway. For the thread of its event loop.

    They are kept in `gateway.sqlite` in `folder`; without a folder in memory only.
    """

    def __init__(self, folder: Path | None = None, most: int = MOST) -> None:
        self._counters: Counters[QuotaKey, QuotaCounter] = Counters(
            QuotaCounter, lambda each, now: each.ends <= now, most, self._drop
        )
        self._starts: dict[str, float] = {}
        self._file = None if folder is None else folder / FILE_NAME
        self._store: QuotaStore | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._problem = ""
        """Why the last write failed, if it did."""
        self._changed: dict[QuotaKey, QuotaCounter] = {}
        self._dropped: set[QuotaKey] = set()
        self._begun: dict[str, float] = {}
        self._is_whole_due = False

    def open(self) -> None:
        """Take up what is kept, if anything is. Raises QuotasNotUsable."""
        if self._file is None or not self._file.exists():
            return
        rows, self._starts = self._stored(self._file).read()
        for text, period, ends, calls, size in rows:
            try:
                key = tuple(json.loads(text))
            except (ValueError, TypeError) as error:
                raise QuotasNotUsable(f"{self._file}: a key cannot be read: {error}") from error
            counter = self._counters.get(key, -math.inf)
            counter.period, counter.ends = period, ends
            counter.calls, counter.size = calls, size

    def start_of(self, subscription: str, now: float) -> float:
        """Return the moment from which the quotas of a subscription count that declares none.

        It is that of the first time that this is asked for.
        """
        moment = self._starts.get(subscription)
        if moment is None:
            moment = self._starts[subscription] = now
            if self._file is not None:
                self._begun[subscription] = moment
                self._write_soon()
        return moment

    def used(self, key: QuotaKey, periods: Periods, now: float) -> QuotaCounter:
        """Return what was used in the period in which `now` lies. Not to be changed."""
        counter = self._counters.get(key, now)
        period = periods.at(now)
        if counter.period != period:
            counter.period, counter.ends = period, periods.end(period)
            counter.calls = counter.size = 0
        return counter

    def add(
        self, key: QuotaKey, periods: Periods, now: float, *, calls: int = 0, size: int = 0
    ) -> None:
        """Count calls and bytes in the period in which `now` lies."""
        counter = self.used(key, periods, now)
        counter.calls += calls
        counter.size += size
        if self._file is not None:
            self._changed[key] = counter
            self._write_soon()

    def reset(self) -> None:
        """Forget everything, when subscriptions began too."""
        self._counters.clear()
        self._starts.clear()
        if self._file is not None and (self._store is not None or self._file.exists()):
            self._is_whole_due = True
            self._write_soon()

    def close(self) -> None:
        """Write what was not written yet, and close the file."""
        if self._timer is not None:
            self._timer.cancel()
        if self._thread is not None:
            self._thread.shutdown()
        change = self._take()
        if change is not None:
            self._write(change)
        if self._store is not None:
            self._store.close()
        self._file = None  # what is still counted after this is not kept

    def _drop(self, key: QuotaKey) -> None:
        self._changed.pop(key, None)
        if self._file is not None:
            self._dropped.add(key)

    def _stored(self, file: Path) -> "QuotaStore":
        """Return what is read and written. Its library is loaded when something is kept."""
        if self._store is None:
            from mockserver.gateway.counting.store import QuotaStore

            self._store = QuotaStore(file)
        return self._store

    @property
    def _is_due(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._is_whole_due or self._changed or self._dropped or self._begun)

    def _write_soon(self, seconds: float = _COLLECTED_FOR) -> None:
        if self._timer is None and self._writing is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._begin_to_write)

    def _begin_to_write(self) -> None:
        """Hand what has changed to the thread."""
        self._timer = None
        change = self._take()
        if change is None:
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "quotas")
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(self._thread, self._write, change)
        self._writing.add_done_callback(self._written)

    def _write(self, change: Change) -> None:
        """Write a change. In the thread, or after it has ended."""
        try:
            if self._file is not None:
                self._stored(self._file).write(change)
        except (QuotasNotSaved, QuotasNotUsable) as error:
            if not self._problem:
                _logger.error("what is used of quotas cannot be kept: %s", error)  # noqa: TRY400
            self._problem = str(error)
        else:
            self._problem = ""

    def _written(self, _: object) -> None:
        """Go on after a change was written, or could not be."""
        self._writing = None
        if self._file is not None and (self._problem or self._is_due):
            self._write_soon(_TRIED_AGAIN_AFTER if self._problem else _COLLECTED_FOR)

    def _take(self) -> Change | None:
        """Return what is to be written, which then is no longer due.

        After a failed write that is everything.
        """
        is_whole = self._is_whole_due or bool(self._problem)
        if not is_whole and not self._is_due:
            return None
        counters = self._counters if is_whole else self._changed
        change = Change(
            is_whole,
            [json.dumps(key) for key in self._dropped],
            [
                (json.dumps(key), each.period, each.ends, each.calls, each.size)
                for key, each in counters.items()
                if each.period is not None
            ],
            dict(self._starts if is_whole else self._begun),
        )
        self._is_whole_due = False
        for pending in (self._changed, self._dropped, self._begun):
            pending.clear()
        return change

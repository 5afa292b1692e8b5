"""Is what was used of quotas there again after a restart, and is nobody kept waiting for it?"""

import asyncio
import json
import logging
import math
import sqlite3
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event

import pytest

from mockserver.gateway.counting.changes import Change, QuotasNotUsable
from mockserver.gateway.counting.counters import Periods
from mockserver.gateway.counting.quotas import FILE_NAME, QuotaCounters
from mockserver.gateway.counting.store import QuotaStore
from tests.mockserver.gateway.policies.limited import MONDAY

WEEK = Periods(MONDAY, 604_800)
EVER = Periods(MONDAY, 0)
KEY = ("quota", "one")


def calls(quotas: QuotaCounters, periods: Periods = WEEK, now: float = MONDAY) -> int:
    """Return the calls that were counted in a period."""
    return quotas.used(KEY, periods, now).calls


def session(folder: Path | None, work: Callable[[QuotaCounters], object]) -> None:
    """Do something with quotas that are opened before and closed after it."""

    async def run() -> None:
        quotas = QuotaCounters(folder)
        quotas.open()
        done = work(quotas)
        if isinstance(done, Awaitable):
            await done
        quotas.close()

    asyncio.run(run())


async def written(quotas: QuotaCounters) -> None:
    """Wait until nothing is left to be written."""
    await until(lambda: quotas._timer is None and quotas._writing is None)


async def until(holds: Callable[[], bool]) -> None:
    """Let the event loop go on until something holds."""
    for _ in range(2_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never holds")


def test_each_period_is_counted_from_zero() -> None:
    """Later periods are, and an earlier one after the clock was moved back."""
    quotas = QuotaCounters()
    for now in (MONDAY, MONDAY + 604_799, MONDAY + 604_800, MONDAY + 9e6, MONDAY, MONDAY - 1):
        quotas.add(KEY, WEEK, now, calls=1, size=10)
        used = quotas.used(KEY, WEEK, now)
        expected = 2 if now == MONDAY + 604_799 else 1
        assert (used.calls, used.size) == (expected, 10 * expected)


def test_a_clock_that_goes_back_and_forth_changes_nothing() -> None:
    """As long as nobody calls meanwhile."""
    quotas = QuotaCounters()
    quotas.add(KEY, EVER, MONDAY, calls=3)
    assert calls(quotas, EVER, MONDAY - 1e9) == calls(quotas, EVER, MONDAY + 1e9) == 3


def test_quotas_survive_a_restart(tmp_path: Path) -> None:
    """Calls, bytes, periods without an end and the start of subscriptions do."""

    def first(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=2, size=5)
        quotas.add(("snow \N{SNOWMAN}\ud800", "\x00"), EVER, MONDAY, calls=7)
        assert quotas.start_of("one", MONDAY) == MONDAY

    def second(quotas: QuotaCounters) -> None:
        used = quotas.used(KEY, WEEK, MONDAY + 1)
        assert (used.calls, used.size) == (2, 5)
        assert quotas.used(("snow \N{SNOWMAN}\ud800", "\x00"), EVER, MONDAY).calls == 7
        assert quotas.start_of("one", MONDAY + 99) == MONDAY
        assert quotas.start_of("other", MONDAY + 99) == MONDAY + 99
        quotas.add(KEY, WEEK, MONDAY + 604_800, calls=1)

    def third(quotas: QuotaCounters) -> None:
        assert calls(quotas, now=MONDAY + 604_800) == 1
        assert quotas.start_of("other", MONDAY) == MONDAY + 99

    for work in (first, second, third):
        session(tmp_path, work)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_changes_are_written_without_being_asked_to(tmp_path: Path) -> None:
    """A moment later what was counted is in the file, though nobody closed it."""

    async def first() -> None:
        quotas = QuotaCounters(tmp_path)
        quotas.open()
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        await written(quotas)
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        await written(quotas)
        assert quotas._store is not None
        quotas._store.close()

    asyncio.run(first())
    session(tmp_path, lambda quotas: check(calls(quotas) == 2))


def check(holds: bool) -> None:
    """Assert within an expression."""
    assert holds


def test_what_changes_during_a_write_is_written_after_it(tmp_path: Path) -> None:
    """Nothing is overlooked, and no write begins while another one runs."""

    async def busy(quotas: QuotaCounters) -> None:
        for _ in range(60):
            quotas.add(KEY, WEEK, MONDAY, calls=1)
            await asyncio.sleep(0.005)

    session(tmp_path, busy)
    session(tmp_path, lambda quotas: check(calls(quotas) == 60))


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    """Quotas are then known as long as the emulator runs; no thread and no timer is begun."""

    def work(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        quotas.start_of("one", MONDAY)
        quotas.reset()
        assert quotas._timer is None
        assert calls(quotas) == 0

    session(None, work)
    assert list(tmp_path.iterdir()) == []


def test_nothing_used_makes_no_file(tmp_path: Path) -> None:
    """An emulator whose quotas nobody uses does not open a database, nor does its reset."""
    session(tmp_path, lambda quotas: quotas.reset())
    assert list(tmp_path.iterdir()) == []


def test_a_reset_is_kept(tmp_path: Path) -> None:
    """What was counted before it is gone after a restart too; what came after it is there."""

    def first(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=5)
        quotas.add(("other",), WEEK, MONDAY, calls=5)
        quotas.start_of("one", MONDAY)

    def second(quotas: QuotaCounters) -> None:
        quotas.reset()
        assert calls(quotas) == 0
        quotas.add(KEY, WEEK, MONDAY, calls=1)

    def third(quotas: QuotaCounters) -> None:
        assert calls(quotas) == 1
        assert quotas.used(("other",), WEEK, MONDAY).calls == 0
        assert quotas.start_of("one", MONDAY + 1) == MONDAY + 1

    for work in (first, second, third):
        session(tmp_path, work)


def test_dropped_counters_leave_the_file(tmp_path: Path) -> None:
    """Neither the memory nor the file grows with keys whose period is over."""

    async def run() -> None:
        quotas = QuotaCounters(tmp_path, most=20)
        quotas.open()
        for number in range(100):
            quotas.add((f"key {number}",), Periods(0, 300), MONDAY + 300 * number, calls=1)
            if number == 50:
                await written(quotas)
        quotas.close()

    asyncio.run(run())
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        keys = {
            json.loads(row[0])[0] for row in connection.execute("SELECT key FROM quota_counters")
        }
    connection.close()
    assert len(keys) <= 20
    assert "key 99" in keys


def test_a_write_that_fails_is_told_once_and_made_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls go on meanwhile; when it can be written again, all of it is."""
    monkeypatch.setattr("mockserver.gateway.counting.quotas._TRIED_AGAIN_AFTER", 0.02)
    folder = tmp_path / "later"

    async def work(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        await until(lambda: bool(quotas._problem))
        quotas.add(("other",), EVER, MONDAY, calls=2)
        await asyncio.sleep(0.1)
        folder.mkdir()
        await written(quotas)
        assert not quotas._problem

    with caplog.at_level(logging.ERROR, "mockserver.gateway"):
        session(folder, work)
    assert len(caplog.records) == 1
    assert "No such file or directory" in caplog.text

    def again(quotas: QuotaCounters) -> None:
        assert calls(quotas) == 1
        assert quotas.used(("other",), EVER, MONDAY).ends == math.inf

    session(folder, again)


def test_a_last_write_that_fails_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Closing does not fail for it."""
    session(tmp_path / "none", lambda quotas: quotas.add(KEY, WEEK, MONDAY, calls=1))
    assert "what is used of quotas cannot be kept" in caplog.text


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """At once, with its name."""
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 500)
    with pytest.raises(QuotasNotUsable, match=r"gateway\.sqlite: file is not a database"):
        QuotaCounters(tmp_path).open()


@pytest.mark.parametrize("key", ["[", "7"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, key: str) -> None:
    """Somebody has changed the file by hand."""
    session(tmp_path, lambda quotas: quotas.add(KEY, WEEK, MONDAY, calls=1))
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("UPDATE quota_counters SET key = ?", (key,))
    connection.close()
    quotas = QuotaCounters(tmp_path)
    with pytest.raises(QuotasNotUsable, match=r"gateway\.sqlite: a key cannot be read"):
        quotas.open()
    quotas.close()


def test_a_drop_before_it_was_written_leaves_no_trace(tmp_path: Path) -> None:
    """What was counted and dropped within a moment is not in the file."""

    def work(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        quotas._drop(KEY)
        quotas.close()

    session(tmp_path, work)
    session(tmp_path, lambda quotas: check(calls(quotas) == 0))


def test_a_close_waits_for_the_write_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is not closed under it, and what came meanwhile is written after it."""
    may_end, ended = Event(), list[int]()
    write = QuotaStore.write

    def slowly(store: QuotaStore, change: Change) -> None:
        may_end.wait(0.3)
        write(store, change)
        ended.append(change.counters[0][3])

    monkeypatch.setattr(QuotaStore, "write", slowly)

    async def work(quotas: QuotaCounters) -> None:
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        await until(lambda: quotas._writing is not None)
        quotas.add(KEY, WEEK, MONDAY, calls=1)

    session(tmp_path, work)
    assert ended == [1, 2]


def test_a_close_without_changes_writes_nothing(tmp_path: Path) -> None:
    """A timer that comes when all was taken finds nothing to do."""

    async def work(quotas: QuotaCounters) -> None:
        quotas._write_soon(0.0)
        await written(quotas)
        assert quotas._thread is None

    session(tmp_path, work)
    assert list(tmp_path.iterdir()) == []


def test_what_is_counted_after_the_end_is_not_kept(tmp_path: Path) -> None:
    """A straggler neither fails nor opens the file again."""

    async def run() -> None:
        quotas = QuotaCounters(tmp_path)
        quotas.open()
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        quotas.close()
        quotas.add(KEY, WEEK, MONDAY, calls=1)
        quotas.close()

    asyncio.run(run())
    session(tmp_path, lambda quotas: check(calls(quotas) == 1))

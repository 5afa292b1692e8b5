"""Do rows come back as they were written, all of a change or nothing, for one process alone?"""

import math
import sqlite3
from pathlib import Path

import pytest

from mockserver.gateway.counting.changes import Change, QuotasNotSaved, QuotasNotUsable
from mockserver.gateway.counting.store import QuotaStore

ROWS = [("[1]", -3, math.inf, 2**40, 0), ("[2]", 5, 10.25, 1, 2**50)]


def test_a_change_is_written(tmp_path: Path) -> None:
    """Rows are replaced by their keys, dropped ones go, and a whole one leaves nothing else."""
    store = QuotaStore(tmp_path / "q.sqlite")
    store.write(Change(counters=ROWS, starts={"one": 1.5}))
    assert store.read() == (ROWS, {"one": 1.5})
    store.write(Change(dropped=["[1]", "none"], counters=[("[2]", 6, 11.0, 2, 3)]))
    assert store.read() == ([("[2]", 6, 11.0, 2, 3)], {"one": 1.5})
    store.write(Change(is_whole=True, counters=ROWS[:1], starts={"two": 2.0}))
    assert store.read() == (ROWS[:1], {"two": 2.0})
    store.close()
    store.close()


def test_a_change_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    """The rows that were deleted in it are there again."""
    store = QuotaStore(tmp_path / "q.sqlite")
    store.write(Change(counters=ROWS))
    with pytest.raises(QuotasNotSaved, match=r"q\.sqlite: UNIQUE constraint failed"):
        store.write(Change(is_whole=True, counters=[ROWS[0], ROWS[0]]))
    assert store.read() == (ROWS, {})
    store.close()


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Whoever comes second is told that the file is locked."""
    first, second = QuotaStore(tmp_path / "q.sqlite"), QuotaStore(tmp_path / "q.sqlite")
    first.write(Change(counters=ROWS))
    with pytest.raises(QuotasNotUsable, match="locked"):
        second.read()
    first.close()
    second.close()


def test_another_database_is_refused(tmp_path: Path) -> None:
    """A table of the same name with other columns is none of ours."""
    connection = sqlite3.connect(tmp_path / "q.sqlite")
    connection.execute("CREATE TABLE quota_counters (key TEXT)")
    connection.commit()
    connection.close()
    store = QuotaStore(tmp_path / "q.sqlite")
    with pytest.raises(QuotasNotUsable, match="no such column"):
        store.read()
    store.close()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """What SQLite finds wrong with its pages is told."""
    file = tmp_path / "q.sqlite"
    store = QuotaStore(file)
    store.write(Change(counters=[(f"[{n}]", n, 1.0, n, n) for n in range(2_000)]))
    store.close()
    content = bytearray(file.read_bytes())
    content[9_000:20_000] = b"\xff" * 11_000
    file.write_bytes(content)
    with pytest.raises(QuotasNotUsable, match=r"damaged|malformed"):
        QuotaStore(file).read()

"""Is what is kept of jobs there again, and is it told when it cannot be kept or read?"""

import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.clock import Course, Mode
from mockserver.jobs import rules
from mockserver.jobs.failures import StateNotSaved, StateNotUsable
from mockserver.jobs.store import JobStore
from tests.conftest import TOP
from tests.mockserver.jobs.made import made_job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[JobStore]:
    """Return an empty store, in memory and in a file."""
    made = JobStore(None if request.param == "memory" else f"sqlite:///{path}")
    yield made
    made.close()


def test_jobs_are_kept_and_found(store: JobStore) -> None:
    """Each record comes back as it was; what ended is not active any more."""
    jobs = [made_job(number, 10.1) for number in (1, 2, 3)]
    assert (store.active(), store.last(5), store.last_number()) == ([], [], 0)
    for job in jobs:
        store.add(job)
    assert store.find(jobs[1].id) == jobs[1]
    assert store.find("none") is None
    begun = rules.begin(rules.start(jobs[0], 20.2, 1), 30.300000001)
    ended = rules.fail(begun, 40, "why \N{SNOWMAN} '\x00", "because")
    for job in (begun, ended):
        store.save(job)
        assert store.find(job.id) == job
    assert store.active() == jobs[1:]
    assert store.last(2) == jobs[:0:-1]
    assert store.last(99) == [jobs[2], jobs[1], ended]
    assert store.last_number() == 3
    store.clear()
    assert (store.active(), store.last(5), store.last_number()) == ([], [], 0)


def test_notes_are_kept(store: JobStore) -> None:
    """Under their names, the last one of each, until everything is forgotten."""
    course = Course(Mode.SCALED, 1.5, 2.25, 60.0)
    assert store.note("clock", Course) is None
    store.save_note("clock", Course())
    store.save_note("clock", course)
    store.save_note("script x", {"timing": "quick", "seed": 10**30})
    assert store.note("clock", Course) == course
    assert store.note("script x", dict) == {"timing": "quick", "seed": 10**30}
    store.clear()
    assert store.note("clock", Course) is None


def test_a_file_is_there_again(path: Path) -> None:
    """Another store over the same file finds jobs and notes; closing twice does no harm."""
    store, job = JobStore(f"sqlite:///{path}"), made_job()
    store.close()
    store.add(job)
    store.save_note("n", [1])
    store.close()
    store.close()
    store = JobStore(f"sqlite:///{path}")
    store.open()
    assert (store.active(), store.note("n", list)) == ([job], [1])
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_is_its_owners_alone(path: Path) -> None:
    """The database and its log: the records in them hold the keys of requests."""
    store = JobStore(f"sqlite:///{path}")
    store.add(made_job())
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert len(files) >= 2
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * len(files)
    store.close()


def test_a_job_is_added_once(store: JobStore) -> None:
    """A second one of the same id is not saved, and the first stays as it was."""
    job = made_job()
    store.add(job)
    with pytest.raises(StateNotSaved) as refused:
        store.add(replace(job, details="other"))
    assert "UNIQUE" in refused.value.reason
    assert store.find(job.id) == job


def complaint(url: str) -> str:
    with pytest.raises(StateNotUsable) as refused:
        JobStore(url).open()
    told = str(refused.value)
    assert "\n" not in told
    assert len(told) < 400
    assert "secret" not in told
    return told


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "not the URL of a database"),
        ("nonsense", "not the URL of a database"),
        ("nosql://user:secret@host/db", "not the URL of a database"),
        ("mysql://user:secret@host/db", "No module named"),
        ("postgresql://user:secret@host:port/db", "invalid literal"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", "onnection"),
        ("sqlite:////nonexistent-folder/state.sqlite", "unable to open"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(url: str, told: str) -> None:
    """In one line that never holds a password."""
    assert told in complaint(url)


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_told(path: Path, content: bytes) -> None:
    """And it is left as it was."""
    path.write_bytes(content)
    assert complaint(f"sqlite:///{path}") == "file is not a database"
    assert path.read_bytes() == content


def test_a_damaged_file_is_told(path: Path) -> None:
    """A page in its middle that was overwritten is found when it is opened."""
    store = JobStore(f"sqlite:///{path}")
    for number in range(1, 200):
        store.add(made_job(number))
    store.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xaa" * 4096
    path.write_bytes(content)
    told = complaint(f"sqlite:///{path}")
    assert "damaged" in told or "malformed" in told


@pytest.mark.parametrize(
    "statement",
    [
        "insert into jobs values ('a', 'e', 1, 'Running', 1, 'no JSON')",
        "insert into jobs values ('a', 'e', 1, 'Running', 1, '{\"id\": 1}')",
        "alter table jobs drop column record",
    ],
)
def test_a_database_of_something_else_is_told(path: Path, statement: str) -> None:
    """Tables that hold no jobs of ours are told at the start, not at the first call."""
    store = JobStore(f"sqlite:///{path}")
    store.open()
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    assert "no jobs of this emulator" in complaint(f"sqlite:///{path}")


@pytest.mark.parametrize("content", ["no JSON", '"text"', '{"mode": "backwards"}'])
def test_a_note_that_cannot_be_read_is_told(path: Path, content: str) -> None:
    """With its name."""
    store = JobStore(f"sqlite:///{path}")
    store.open()
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("insert into notes values ('clock', ?)", (content,))
    connection.close()
    with pytest.raises(StateNotUsable, match="its note 'clock' cannot be read"):
        store.note("clock", Course)
    store.close()


def test_a_file_has_one_user(path: Path) -> None:
    """Whoever comes second is told that it is locked; when the first has closed it may open."""
    store, other = JobStore(f"sqlite:///{path}"), JobStore(f"sqlite:///{path}")
    store.open()
    assert "locked" in complaint(f"sqlite:///{path}")
    store.add(made_job())
    store.close()
    other.open()
    assert len(other.active()) == 1
    other.close()


def test_a_file_that_cannot_be_written_is_told(path: Path) -> None:
    """A store that breaks while it is used says so at each call, reading or writing."""
    store, job = JobStore(f"sqlite:///{path}"), made_job()
    store.add(job)
    with store._engine.begin() as connection:
        connection.exec_driver_sql("drop table jobs")
    calls: list[Any] = [
        lambda: store.save(job),
        lambda: store.find(job.id),
        store.active,
        store.clear,
    ]
    for call in calls:
        with pytest.raises(StateNotSaved) as refused:
            call()
        assert refused.value.reason == "no such table: jobs"
    store.close()


FULL_DISK = """
    import resource, signal, sys
    from mockserver.jobs.failures import StateNotSaved
    from mockserver.jobs.store import JobStore
    from tests.mockserver.jobs.made import made_job

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = JobStore(sys.argv[1])
    store.add(made_job(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    for number in range(2, 100):
        try:
            store.add(made_job(number))
        except StateNotSaved as failure:
            print(failure.reason)
            break
    kept = store.last_number()
    assert kept == number - 1, (kept, number)
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    store.add(made_job(number))
    print(store.last_number() == number)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_full_disk_is_told_and_done_with(path: Path) -> None:
    """A job that does not fit is not half there, and when there is room again it is added."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), f"sqlite:///{path}"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stderr) == (0, "")
    reason, works = run.stdout.splitlines()
    assert ("full" in reason or "I/O" in reason, works) == (True, "True")
    store = JobStore(f"sqlite:///{path}")
    assert store.last_number() == len(store.active())
    store.close()

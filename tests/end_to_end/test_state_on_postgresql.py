"""Does the emulator keep its jobs in a real PostgreSQL as it does in SQLite?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mockserver.embedded import running_emulator
from tests.end_to_end.batch import Batch, batch_client
from tests.end_to_end.postgresql import running_postgresql

MOMENT = "2026-01-31T23:00:00.000000Z"
TEXTS = b"Col1,Col2\r\n5,This is a good day\r\n"
COUNTED = b",1,1,2,2,0,2,0,1\r\n"


@pytest.fixture(scope="module")
def state_url() -> Iterator[str]:
    """Run a database server."""
    with running_postgresql() as url:
        yield url


@contextmanager
def emulator(folder: Path, state_url: str) -> Iterator[Batch]:
    """Run an emulator whose blobs are in a folder and whose jobs are in the database."""
    with (
        running_emulator(data_dir=folder, state_url=state_url) as ready,
        batch_client(ready) as batch,
    ):
        yield batch


@pytest.mark.slow
def test_jobs_are_found_again_after_a_restart(tmp_path: Path, state_url: str) -> None:
    """Submitted, waiting, running, finished and cancelled jobs go on where they were."""
    with emulator(tmp_path, state_url) as batch:
        batch.admin("POST", "/reset")
        batch.freeze(MOMENT)
        batch.put("demo/texts.csv", TEXTS)
        jobs = [batch.submit("demo/texts.csv", f"demo/out-{number}.csv") for number in range(5)]
        times = ((3600, 60), (0, 7200), (0, 0), (5, 5))
        for job, (queued, seconds) in zip(jobs[1:], times, strict=True):
            timing = {"queued_seconds": queued, "running_seconds": seconds}
            batch.admin("PUT", f"/jobs/{job}", {"timing": timing})
            assert batch.start(job).status_code == 200
        batch.delete(jobs[4])
        batch.wait(jobs[3])
        states = ["NotStarted", "NotStarted", "Running", "Finished", "Cancelled"]
        assert [batch.history(job)["state"] for job in jobs] == states
    assert not (tmp_path / "state.sqlite").exists()

    with emulator(tmp_path, state_url) as batch:
        assert batch.admin("GET", "/clock")["now"] == MOMENT
        told = [batch.history(job) for job in jobs]
        assert [job["state"] for job in told] == states
        assert [job["submitted"] for job in told] == [MOMENT] * 5
        assert [job["attempts"] for job in told] == [0, 0, 2, 1, 0]
        assert batch.get("demo/out-3.csv").endswith(COUNTED)
        batch.start(jobs[0])
        batch.advance(7200)
        states = [batch.poll(job)["StatusCode"] for job in jobs]
        assert states == ["Finished"] * 4 + ["Cancelled"]
        ends = [batch.history(job)["ended"] for job in jobs[1:3]]
        assert ends == ["2026-02-01T00:01:00.000000Z", "2026-02-01T01:00:00.000000Z"]
        assert batch.blobs() >= {f"demo/out-{number}.csv" for number in range(4)}


@pytest.mark.slow
def test_a_reset_empties_the_database(tmp_path: Path, state_url: str) -> None:
    """After it no job is known, and after a restart neither."""
    with emulator(tmp_path, state_url) as batch:
        batch.admin("POST", "/reset")
        batch.put("demo/texts.csv", TEXTS)
        job = batch.submit("demo/texts.csv", "demo/out.csv")
        assert batch.admin("GET", "/jobs")["jobs"][0]["id"] == job
        batch.admin("POST", "/reset")
        assert batch.admin("GET", "/jobs") == {"jobs": []}
    with emulator(tmp_path, state_url) as batch:
        assert batch.admin("GET", "/jobs") == {"jobs": []}
        assert batch.call("GET", f"/{job}").status_code == 404


@pytest.mark.slow
def test_a_text_that_a_database_may_trip_over_is_kept(tmp_path: Path, state_url: str) -> None:
    """Details with a NUL, quotes and other scripts come back as they were."""
    details = "O'Reilly \u0000 \\u0000 %s :name 本 📚"
    with emulator(tmp_path, state_url) as batch:
        batch.admin("POST", "/reset")
        batch.put("demo/texts.csv", TEXTS)
        batch.script(timing="immediate", ending={"fail": details})
        job = batch.submit("demo/texts.csv", "demo/o'ut %41 本.csv")
        batch.start(job)
    with emulator(tmp_path, state_url) as batch:
        status = batch.wait(job)
        assert status == {"StatusCode": "Failed", "Results": None, "Details": details}
        place = batch.history(job)["outputs"]["output1"]
        assert place == "devstoreaccount1/demo/o'ut %41 本.csv"

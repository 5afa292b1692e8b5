"""What if disk, data directory or blobs fail a job? A clear error, and the server stays up."""

import os
import re
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from mockserver.embedded import running_emulator
from tests.end_to_end.batch import Batch, batch_client
from tests.end_to_end.server_process import COMMAND, served, wait_for

SMALL = b"Col1,Col2\r\n5,This is a good day\r\n"
COUNTED = b",1,1,2,2,0,2,0,1\r\n"
NOT_FOUND = "The remote server returned an error: (404) Not Found"


@pytest.fixture(scope="module")
def batch() -> Iterator[Batch]:
    """Run the how-to's world, every job as fast as it can."""
    with running_emulator() as ready, batch_client(ready) as client:
        client.script(timing="immediate")
        yield client


def serves_on(batch: Batch) -> None:
    """See that the next job is done as if nothing had been."""
    batch.put("demo/after.csv", SMALL)
    assert batch.run("demo/after.csv", "demo/after-out.csv")["StatusCode"] == "Finished"
    assert batch.get("demo/after-out.csv").endswith(COUNTED)


# --- blobs that are not there ------------------------------------------------------------------


def test_an_input_that_is_deleted_before_it_is_read(batch: Batch) -> None:
    """The job fails, and its details name the blob and what storage said."""
    batch.put("demo/short-lived.csv", SMALL)
    job = batch.submit("demo/short-lived.csv", "demo/none-1.csv")
    batch.storage.get_blob_client("demo", "short-lived.csv").delete_blob()
    batch.start(job)
    status = batch.wait(job)
    assert (status["StatusCode"], status["Results"]) == ("Failed", None)
    assert "Module: Reader;" in status["Details"]
    assert "Unable to access the provided Azure blob - demo/short-lived.csv." in status["Details"]
    assert NOT_FOUND in status["Details"]
    assert "demo/none-1.csv" not in batch.blobs()
    serves_on(batch)


@pytest.mark.parametrize("was_there", [False, True])
def test_an_output_container_that_is_not_there(batch: Batch, was_there: bool) -> None:
    """Missing from the start, or deleted before the end: the job fails, its details say where."""
    container = f"gone-{int(was_there)}"
    batch.put("demo/small.csv", SMALL)
    if was_there:
        batch.put(f"{container}/x.csv", SMALL)
    job = batch.submit("demo/small.csv", f"{container}/out.csv")
    if was_there:
        batch.storage.delete_container(container)
    batch.start(job)
    status = batch.wait(job)
    assert (status["StatusCode"], status["Results"]) == ("Failed", None)
    assert f"Unable to access the provided Azure blob - {container}/out.csv." in status["Details"]
    assert NOT_FOUND in status["Details"]
    serves_on(batch)


WORLD = """
bes: {timing: immediate}
workspaces:
  - id: "00000000000000000000000000000b00"
    services:
      - name: Waits
        id: "00000000000000000000000000000b10"
        inputs: {input1: {Text: String}}
        outputs: {output1: {Text: String}}
        experiment: {kind: python, function: "waits:score"}
        endpoints:
          - id: "00000000000000000000000000000b11"
            primary_key: waits-primary-key
            secondary_key: waits-secondary-key
"""
FUNCTION = """
import time
from pathlib import Path

HERE = Path(__file__).parent

def score(rows):
    (HERE / "called").touch()
    while not (HERE / "go").exists():
        time.sleep(0.01)
    return rows
"""


@pytest.mark.slow
@pytest.mark.parametrize("change", ["deleted", "replaced", "container deleted"])
def test_a_blob_that_changes_while_the_job_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """No job mixes an old input with a new one, none waits for ever for one that is gone."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mockserver.yaml").write_text(WORLD)
    (tmp_path / "waits.py").write_text(FUNCTION)
    with running_emulator(tmp_path / "mockserver.yaml") as ready, batch_client(ready) as batch:
        batch.put("source/large.csv", b"Text\r\n" + b"a line of the old file\r\n" * 2_000_000)
        batch.put("target/x.csv", b"")
        job = batch.submit("source/large.csv", "target/out.csv")
        batch.start(job)
        wait_for((tmp_path / "called").exists, "the function is called")
        if change == "deleted":
            batch.storage.get_blob_client("source", "large.csv").delete_blob()
        elif change == "replaced":
            batch.put("source/large.csv", b"Text\r\n" + b"a line of the new file\r\n" * 2_000_000)
        else:
            batch.storage.delete_container("target")
        (tmp_path / "go").touch()
        status = batch.wait(job)
        assert (status["StatusCode"], status["Results"]) == ("Failed", None)
        lost, answer = {
            "deleted": ("source/large.csv", "(4(04|12)"),  # which one, depends on the server
            "replaced": ("source/large.csv", "(412"),
            "container deleted": ("target/out.csv", "(404"),
        }[change]
        assert re.search(
            rf"Unable to access the provided Azure blob - {lost}\.  Azure error message:"
            rf" The remote server returned an error: \{answer}\)",
            status["Details"],
        )
        if change != "container deleted":
            assert batch.blobs("target") == {"target/x.csv"}
        batch.put("source/small.csv", b"Text\r\nx\r\n")
        batch.put("target/x.csv", b"")
        assert batch.run("source/small.csv", "target/small.csv")["StatusCode"] == "Finished"


# --- a disk that is full -----------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """Mount a file system in memory over a folder; skip the test where that is not allowed."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    options = ("-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))
    if subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine does not let root mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write a file until not one byte more fits."""
    path = folder / "junk"
    with path.open("wb", buffering=0) as junk:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while junk.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return path


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    """Jobs fail, calls are refused, nothing half done is seen; with room again all goes on."""
    data = tmp_path / "data"
    data.mkdir()
    with (
        small_disk(data, megabytes=8),
        served(tmp_path, "--data-dir", str(data)) as server,
        batch_client(server.ready()) as batch,
    ):
        batch.script(timing="immediate")
        batch.put("demo/small.csv", SMALL)
        batch.put("demo/large.csv", SMALL + b"5,a good day\r\n" * 250_000)
        status = batch.run("demo/large.csv", "demo/large-out.csv")
        assert (status["StatusCode"], status["Results"]) == ("Failed", None)
        assert "demo/large-out.csv." in status["Details"]
        assert batch.blobs() == {"demo/small.csv", "demo/large.csv"}

        known = batch.submit("demo/small.csv", "demo/known.csv")
        junk = fill(data)
        with pytest.raises(HttpResponseError) as refused:
            batch.put("demo/more.csv", b"x" * (1 << 20))
        assert refused.value.status_code == 507
        body = {"Input": batch.reference("demo/small.csv"), "Outputs": None}
        # What is allocated already may still be written to, so that some calls may pass.
        replies = [batch.call("POST", "", json=body) for _ in range(50)]
        replies += [batch.start(known), batch.delete(known)]
        assert {reply.status_code for reply in replies} <= {200, 503}
        refusals = [reply.json()["error"] for reply in replies if reply.status_code == 503]
        assert {error["code"] for error in refusals} == {"ServiceUnavailable"}
        assert batch.poll(known)["StatusCode"] in ("NotStarted", "Running", "Cancelled")

        junk.unlink()
        serves_on(batch)
        batch.start(known)
        assert batch.wait(known)["StatusCode"] in ("Finished", "Cancelled")
        assert server.stop() == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """Where the system lets no file grow beyond 2 MB, a larger output fails its job alone."""
    limit = 2 << 20

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with (
        served(tmp_path, "--data-dir", str(tmp_path), preexec_fn=no_large_files) as server,
        batch_client(server.ready()) as batch,
    ):
        batch.script(timing="immediate")
        with pytest.raises(HttpResponseError):
            batch.put("demo/large.csv", b"x" * 2 * limit)
        batch.put("demo/middle.csv", SMALL + b"5,a good day\r\n" * 100_000)
        status = batch.run("demo/middle.csv", "demo/middle-out.csv")
        assert (status["StatusCode"], status["Results"]) == ("Failed", None)
        assert batch.blobs() == {"demo/middle.csv"}
        serves_on(batch)
        assert server.stop() == 0


# --- a data directory that cannot be used --------------------------------------------------------


def kept_state(folder: Path) -> bytes:
    """Return a state file with jobs in every state that an emulator has kept in a folder."""
    with running_emulator(data_dir=folder) as ready, batch_client(ready) as batch:
        batch.put("demo/small.csv", SMALL)
        batch.freeze("2026-01-01T00:00:00Z")
        batch.script(timing={"queued_seconds": 10, "running_seconds": 10})
        for number in range(60):
            job = batch.submit("demo/small.csv", f"demo/out-{number}.csv")
            if number % 2:
                batch.start(job)
    return (folder / "state.sqlite").read_bytes()


def in_the_middle(state: bytes) -> bytes:
    middle = len(state) // 2
    return state[:middle] + b"\xff" * 3000 + state[middle + 3000 :]


def half(state: bytes) -> bytes:
    return state[: len(state) // 2]


def another_text(_: bytes) -> bytes:
    return b"This is not a database.\n" * 100


def changed(statement: str, state: bytes) -> bytes:
    """Return a sound database whose content is changed by SQL."""
    with sqlite3.connect(":memory:") as database:
        # A database in memory has no write-ahead log: its mode is put aside and set again.
        database.deserialize(state[:18] + b"\x01\x01" + state[20:])
        database.executescript(statement)
        changed_state = bytes(database.serialize())
    database.close()
    return changed_state[:18] + state[18:20] + changed_state[20:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "overwritten in the middle": in_the_middle,
    "cut short": half,
    "another file": another_text,
    "a record that cannot be read": partial(changed, "UPDATE jobs SET record = '{}'"),
    "another program's database": partial(
        changed, "DROP TABLE jobs; CREATE TABLE jobs (employer TEXT)"
    ),
}


def refused_start(*arguments: str) -> str:
    """Start a server that must not start; return the one line that it says."""
    done = subprocess.run(
        [
            *COMMAND,
            "serve",
            "--services-port",
            "0",
            "--storage-port",
            "0",
            "--gateway-port",
            "0",
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("mockserver: ")
    return done.stderr


@pytest.mark.slow
@pytest.mark.long
def test_a_state_file_that_is_damaged(tmp_path: Path) -> None:
    """One line names the file, the exit code is 2, and the file stays as it is for its owner."""
    state = tmp_path / "state.sqlite"
    sound = kept_state(tmp_path)
    for name, damage in DAMAGES.items():
        for left in tmp_path.glob("state.sqlite*"):
            left.unlink()
        damaged = damage(sound)
        state.write_bytes(damaged)
        told = refused_start("--data-dir", str(tmp_path))
        assert str(state) in told, name
        assert state.read_bytes() == damaged, name
    state.write_bytes(sound)
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        assert len(batch.admin("GET", "/jobs")["jobs"]) == 60
        batch.admin("PUT", "/clock", {"mode": "system"})  # it was kept too, and stood still
        serves_on(batch)


@pytest.mark.parametrize("name", ["state.sqlite", "blobs"])
def test_a_data_directory_with_something_in_the_way(tmp_path: Path, name: str) -> None:
    """A folder where a file belongs, or a file for a folder, is one line that names it."""
    if name == "blobs":
        (tmp_path / name).touch()
    else:
        (tmp_path / name).mkdir()
    told = refused_start("--data-dir", str(tmp_path))
    assert str(tmp_path) in told
    assert name in told


@pytest.mark.slow
def test_a_data_directory_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A read-only file system is one line."""
    data = tmp_path / "data"
    data.mkdir()
    with small_disk(data, megabytes=1):
        subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
        told = refused_start("--data-dir", str(data))
    assert told == f"mockserver: --data-dir {data}: not a folder that can be written to\n"


def test_a_database_that_is_not_there() -> None:
    """A state URL that leads nowhere is one line, without the password that stands in it."""
    for url, word in (
        ("postgresql+psycopg://anna:secret@127.0.0.1:1/jobs", "refused"),
        ("nonsense", "URL"),
        ("nosuchdatabase://anna:secret@127.0.0.1/jobs", ""),
    ):
        told = refused_start("--state-url", url)
        assert word in told
        assert "secret" not in told


@pytest.mark.slow
def test_a_data_directory_that_vanishes(tmp_path: Path) -> None:
    """When the folder is deleted under a running server, jobs fail and calls are answered."""
    data = tmp_path / "data"
    data.mkdir()
    with (
        served(tmp_path, "--data-dir", str(data)) as server,
        batch_client(server.ready()) as batch,
    ):
        batch.script(timing="immediate")
        batch.put("demo/small.csv", SMALL)
        job = batch.submit("demo/small.csv", "demo/out.csv")
        shutil.rmtree(data)
        with pytest.raises(HttpResponseError):
            batch.put("demo/more.csv", SMALL)
        reply = batch.start(job)
        assert reply.status_code in (200, 503)
        if reply.status_code == 200:
            status = batch.wait(job)
            assert status["StatusCode"] == "Failed"
            assert "demo/small.csv" in status["Details"]
        assert server.stop() == 0

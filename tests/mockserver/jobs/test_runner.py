"""Do calls, clock and workers come together, so that every job ends as its script says?"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from mockserver.embedded import running_emulator
from mockserver.jobs import runner as module
from mockserver.jobs import workers
from tests.end_to_end.batch import VERSION, Batch, batch_client
from tests.mockserver.jobs.calls import NOON, PATIENCE, Client, GatedStorage, until
from tests.mockserver.jobs.world import KEY, endpoint_of, jobs_of, write_world

pytestmark = pytest.mark.alone

COPY = endpoint_of("copy")


@pytest.fixture(scope="module")
def gated() -> Iterator[GatedStorage]:
    storage = GatedStorage()
    with storage.server:
        thread = threading.Thread(target=storage.server.serve_forever, args=(0.01,))
        thread.start()
        yield storage
        storage.gate.set()
        storage.server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, gated: GatedStorage) -> Path:
    extra = f"storage: {{allowed_hosts: ['{gated.host}']}}"
    return write_world(tmp_path_factory.mktemp("world"), extra=extra)


@pytest.fixture(scope="module")
def batch(world: Path) -> Iterator[Batch]:
    """Run one emulator, with one worker, for most tests."""
    with (
        running_emulator(world, scoring_processes=1, poll_wait_seconds=PATIENCE) as ready,
        batch_client(ready) as made,
    ):
        yield made


@pytest.fixture
def client(batch: Batch) -> Client:
    """Return a client of that emulator as it is at its start, one file apart."""
    batch.admin("POST", "/reset")
    return Client(batch)


@contextmanager
def serving(world: Path, folder: Path, poll_wait: float = PATIENCE) -> Iterator[Client]:
    """Run an emulator that keeps what it has in a folder."""
    settings = {"data_dir": folder, "scoring_processes": 1, "poll_wait_seconds": poll_wait}
    with (
        running_emulator(world, **settings) as ready,
        batch_client(ready) as batch,
    ):
        yield Client(batch)


def test_a_job_without_times_is_finished_at_the_first_poll(client: Client) -> None:
    """A poll waits for the scoring that is due, so that no test has to."""
    for number in range(3):
        job = client.run(f"demo/{number}.csv")
        status = client.poll(job)
        assert (status["StatusCode"], status["Details"]) == ("Finished", None)
        assert client.batch.get(f"demo/{number}.csv") == b"Text\r\none\r\n"


def test_moving_the_clock_goes_through_every_moment(client: Client) -> None:
    """Five jobs, two places: each begins when the one before ends, to the microsecond."""
    client.batch.freeze(NOON)
    client.script(timing={"queued_seconds": 1, "running_seconds": 10.25})
    jobs = [client.run(f"demo/{number}.csv") for number in range(5)]
    assert client.batch.advance(0.5)["now"] == "2026-11-23T12:00:00.500000Z"
    assert {client.state(job) for job in jobs} == {"NotStarted"}
    client.batch.advance(20)
    assert [client.state(job) for job in jobs] == ["Finished"] * 2 + ["Running"] * 2 + [
        "NotStarted"
    ]
    client.batch.advance(1000)
    assert [client.seconds(job) for job in jobs] == [
        (1, 11.25),
        (1, 11.25),
        (11.25, 21.5),
        (11.25, 21.5),
        (21.5, 31.75),
    ]
    assert client.batch.admin("GET", "/clock")["now"] == "2026-11-23T12:17:00.500000Z"


def test_setting_the_clock_ahead_goes_through_every_moment_too(client: Client) -> None:
    """To a moment, and back to the system's time if that is later."""
    client.batch.freeze(NOON.replace("2026", "2016"))
    client.script(timing={"queued_seconds": 1, "running_seconds": 10})
    first = client.run("demo/1.csv")
    client.batch.freeze(NOON.replace("2026", "2016").replace("12:", "13:"))
    assert client.seconds(first) == (1, 11)
    second = client.run("demo/2.csv")
    client.batch.admin("PUT", "/clock", {"mode": "system"})
    assert client.seconds(second) == (3601, 3611)


def test_polls_let_a_job_go_on(client: Client) -> None:
    """So many tell NotStarted, so many Running, by whatever clock."""
    client.batch.freeze(NOON)
    client.script(timing={"profile": "polls", "polls": 2})
    job = client.run()
    seen = [client.state(job) for _ in range(5)]
    assert seen == ["NotStarted", "NotStarted", "Running", "Running", "Finished"]


def test_a_scoring_that_fails_is_told(client: Client) -> None:
    """The job is Failed, with details in the captured form."""
    status = client.poll(client.run("demo/x.csv", "fail"), "fail")
    assert status["StatusCode"] == "Failed"
    assert "LookupError: broken model" in status["Details"]
    assert "errorComponent=Module. taskStatusCode=400." in status["Details"]


def test_outputs_that_cannot_be_staged_are_told(client: Client) -> None:
    """The container is not there: Failed, by the writer."""
    status = client.poll(client.run("nowhere/x.csv"))
    assert status["StatusCode"] == "Failed"
    assert status["Details"].startswith("Module: Writer;")


def test_what_is_being_committed_is_finished_not_cancelled(
    client: Client, gated: GatedStorage
) -> None:
    """A DELETE that comes too late waits for the commit; the job is Finished, its output there."""
    gated.close_gate()
    job = client.run(**gated.reference)
    assert gated.asked.wait(PATIENCE)
    with ThreadPoolExecutor() as threads:
        deleted = threads.submit(client.call, "DELETE", f"/{job}")
        assert client.batch.history(job)["state"] == "Running"
        change = {"ending": {"fail": "too late"}}
        assert client.batch.admin("PUT", f"/jobs/{job}", change)["ending"] == "score"
        gated.gate.set()
        assert deleted.result(PATIENCE) is None
    status = client.poll(job)
    assert (status["StatusCode"], gated.commits) == ("Finished", 1)
    result = status["Results"]["output1"]
    assert result["BaseLocation"] == f"http://{gated.host}/foreign/"
    assert result["SasBlobToken"].startswith("?sv=2015-04-05&sr=b&sig=")


def test_a_storage_that_does_not_answer_is_told(
    world: Path, gated: GatedStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll tells Running after a while, a DELETE that it cannot be done now; time goes on."""
    monkeypatch.setattr(module, "ADVANCE_SECONDS", 0.05)
    gated.close_gate()
    with serving(world, tmp_path, poll_wait=0.05) as client:
        job = client.run(**gated.reference)
        assert gated.asked.wait(PATIENCE)
        assert client.state(job) == "Running"
        url = f"{jobs_of(client.batch.ready, 'copy')}/{job}"
        headers = {"Authorization": f"Bearer {KEY}"}
        deleted = client.batch.http.delete(url, params=VERSION, headers=headers)
        assert (deleted.status_code, deleted.json()["error"]["code"]) == (503, "ServiceUnavailable")
        assert client.batch.advance(100)["offset_seconds"] > 99
        assert client.state(job) == "Running"
        gated.gate.set()
        until(lambda: client.state(job) == "Finished")


def test_a_token_for_another_storage_comes_back(client: Client, gated: GatedStorage) -> None:
    """It is all that opens the output, since we have no key there."""
    gated.close_gate()
    gated.gate.set()
    reference = {
        "BaseLocation": f"http://{gated.host}/foreign/",
        "RelativeLocation": "demo/out.csv",
        "SasBlobToken": "?sig=of-the-client",
    }
    result = client.poll(client.run(**reference))["Results"]["output1"]
    assert (result["BaseLocation"], result["SasBlobToken"]) == (
        f"http://{gated.host}/foreign/",
        "?sig=of-the-client",
    )


def test_a_commit_that_is_refused_is_told(client: Client, gated: GatedStorage) -> None:
    """Failed, by the writer, with what storage said."""
    gated.close_gate(409)
    gated.gate.set()
    status = client.poll(client.run(**gated.reference))
    assert status["StatusCode"] == "Failed"
    assert "(409) Conflict" in status["Details"]


def test_a_reset_forgets_what_runs(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job in the middle of its scoring is dropped; the next one has the worker."""
    monkeypatch.setattr(workers, "STOP_SECONDS", 0.1)
    client.run("demo/w.csv", "wait")
    waiting = client.run("demo/w2.csv", "wait")
    until(lambda: client.batch.history(waiting)["state"] == "Running")
    client.batch.admin("POST", "/reset")
    again = Client(client.batch)
    job = again.run()
    until(lambda: again.state(job) == "Finished")
    assert client.batch.blobs() == {"demo/in.csv", "demo/out.csv"}


def test_a_job_that_is_cancelled_leaves_no_output(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its worker goes on with the next one."""
    monkeypatch.setattr(workers, "STOP_SECONDS", 0.1)
    stuck = client.run("demo/stuck.csv", "wait")
    client.call("DELETE", f"/{stuck}", "wait")
    assert client.state(stuck, "wait") == "Cancelled"
    job = client.run()
    until(lambda: client.state(job) == "Finished")
    assert "demo/stuck.csv" not in client.batch.blobs()


@pytest.mark.parametrize("mode", [{"mode": "system"}, {"mode": "scaled", "rate": 1000.0}])
def test_jobs_go_on_though_nobody_calls(client: Client, mode: dict[str, object]) -> None:
    """The output is there after a while; no call about a job was made since its start."""
    running = 0.05 if mode["mode"] == "system" else 50
    client.batch.admin("PUT", "/clock", mode)
    client.script(timing={"queued_seconds": running, "running_seconds": running})
    client.run("demo/later.csv")
    until(lambda: "demo/later.csv" in client.batch.blobs())


def test_everything_outlives_a_restart(world: Path, tmp_path: Path) -> None:
    """Jobs, the clock, scripts; what was running is scored again and finishes in its time."""
    with serving(world, tmp_path) as client:
        client.batch.freeze(NOON)
        client.script(timing={"queued_seconds": 1, "running_seconds": 100})
        finished = client.run("demo/1.csv")
        client.batch.advance(200)
        running = client.run("demo/2.csv")
        client.batch.advance(10)
        submitted = client.submit("demo/3.csv")
        before = client.batch.admin("GET", "/clock")["now"]
    with serving(world, tmp_path) as client:
        clock = client.batch.admin("GET", "/clock")
        assert (clock["now"], clock["mode"]) == (before, "frozen")
        script = client.batch.admin("GET", f"/services/{COPY}")
        assert script["timing"]["running_seconds"] == 100
        assert client.state(finished) == "Finished"
        assert client.batch.history(running)["attempts"] == 2
        client.start(submitted)
        client.batch.advance(1000)
        assert client.seconds(running) == (201, 301)
        assert client.seconds(submitted) == (211, 311)
        assert client.batch.blobs() == {"demo/in.csv", *(f"demo/{n}.csv" for n in (1, 2, 3))}
        client.batch.admin("POST", "/reset")
    with serving(world, tmp_path) as client:
        assert client.batch.admin("GET", "/jobs") == {"jobs": []}
        assert client.batch.admin("GET", "/clock")["mode"] == "system"


def test_no_worker_outlives_the_emulator(world: Path) -> None:
    """Neither those that work nor those for which jobs are waiting."""
    before = set(psutil.Process().children())
    with running_emulator(world, scoring_processes=1) as ready, batch_client(ready) as batch:
        client = Client(batch)
        for number in range(3):
            client.run(f"demo/{number}.csv", "wait")
        until(lambda: bool(set(psutil.Process().children()) - before))
    until(lambda: not set(psutil.Process().children()) - before)

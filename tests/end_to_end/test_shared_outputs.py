"""What if several jobs, or a job and its client, write the same output at the same time?"""

from collections.abc import Callable, Iterator

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient

from mockserver.embedded import running_emulator
from tests.end_to_end.batch import Batch, batch_client
from tests.end_to_end.server_process import wait_for

MORNING = "2026-11-23T09:00:00Z"
OUTPUT = "demo/out.csv"
RUNNING = {"queued_seconds": 0, "running_seconds": 10}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Batch]:
    """Run the how-to's world."""
    with running_emulator(scoring_processes=2) as ready, batch_client(ready) as client:
        yield client


@pytest.fixture
def batch(emulator: Batch) -> Batch:
    """Return a client of it as at its start, with three inputs and a clock that stands still."""
    emulator.admin("POST", "/reset")
    emulator.freeze(MORNING)
    emulator.script(timing=RUNNING)
    for number in range(3):
        emulator.put(source(number), reviews(number))
    return emulator


def source(number: int) -> str:
    return f"demo/in-{number}.csv"


def reviews(number: int) -> bytes:
    """Return files of different lengths and different texts."""
    lines = f"{number + 1},text number {number}\r\n" * (500 * (number + 1))
    return ("Col1,Col2\r\n" + lines).encode()


def output(batch: Batch) -> BlobClient:
    return batch.storage.get_blob_client(*OUTPUT.split("/"))


def staged(batch: Batch) -> int:
    """Return how many blocks are staged for the output."""
    try:
        _, uncommitted = output(batch).get_block_list("uncommitted")
    except ResourceNotFoundError:
        return 0
    return len(uncommitted)


def started(batch: Batch, number: int) -> str:
    job = batch.submit(source(number), OUTPUT)
    batch.start(job)
    return job


def whole_outputs(batch: Batch) -> list[bytes]:
    """Return what each job writes if it is alone."""
    for number in range(3):
        job = batch.submit(source(number), f"alone/{number}.csv")
        batch.start(job)
        batch.advance(100)
        assert batch.poll(job)["StatusCode"] == "Finished"
    return [batch.get(f"alone/{number}.csv") for number in range(3)]


def test_jobs_with_the_same_output_all_finish(batch: Batch) -> None:
    """Whatever was committed last is there, whole; the others were scored again for it."""
    batch.storage.create_container("alone")
    alone = whole_outputs(batch)
    jobs = [started(batch, number) for number in range(3)]
    batch.advance(100)
    statuses = [batch.poll(job) for job in jobs]
    assert [status["StatusCode"] for status in statuses] == ["Finished"] * 3, statuses
    assert batch.get(OUTPUT) in alone
    histories = [batch.history(job) for job in jobs]
    assert sorted(history["attempts"] for history in histories)[:2] == [1, 2]
    last = max(range(3), key=lambda number: str(histories[number]["ended"]))
    ends = [history["ended"] for history in histories]
    if ends.count(ends[last]) == 1:
        assert batch.get(OUTPUT) == alone[last]


def test_two_runs_of_one_client_at_once(batch: Batch) -> None:
    """By the system's clock and without anybody who moves it."""
    batch.admin("PUT", "/clock", {"mode": "system"})
    batch.script(timing={"queued_seconds": 0, "running_seconds": 0.5})
    jobs = [started(batch, 0) for _ in range(2)]
    assert [batch.wait(job)["StatusCode"] for job in jobs] == ["Finished"] * 2
    assert batch.get(OUTPUT).count(b"\r\n") == 501


def delete(client: BlobClient) -> None:
    client.delete_blob()


def write(client: BlobClient) -> None:
    client.upload_blob(b"of somebody else", overwrite=True)


def write_in_blocks(client: BlobClient) -> None:
    name = "x" * 44  # as long as ours: storage takes no others beside them
    client.stage_block(name, b"of somebody else")
    client.commit_block_list([BlobBlock(name)])


@pytest.mark.parametrize("change", [delete, write, write_in_blocks])
def test_an_old_output_that_is_cleared_away_meanwhile(
    batch: Batch, change: Callable[[BlobClient], None]
) -> None:
    """The job is scored again, finishes, and what it writes is there."""
    batch.put(OUTPUT, b"of the last run")
    job = started(batch, 0)
    wait_for(lambda: staged(batch) > 0, "the output is staged")
    change(output(batch))
    assert staged(batch) == 0
    batch.advance(100)
    assert batch.poll(job)["StatusCode"] == "Finished"
    history = batch.history(job)
    assert history["attempts"] == 2
    assert any("written meanwhile" in step["cause"] for step in history["transitions"])
    assert batch.get(OUTPUT).count(b"\r\n") == 501
    assert staged(batch) == 0


def test_a_job_that_is_scored_again_can_be_cancelled(batch: Batch) -> None:
    """It leaves what somebody else has written."""
    batch.put(OUTPUT, b"of the last run")
    job = started(batch, 0)
    wait_for(lambda: staged(batch) > 0, "the output is staged")
    write(output(batch))
    batch.delete(job)
    batch.advance(100)
    assert batch.poll(job)["StatusCode"] == "Cancelled"
    assert batch.get(OUTPUT) == b"of somebody else"

"""What happens to jobs, and to those who wait for them, when the state cannot be written down?"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mockserver.assembly import Emulator
from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.jobs import runner as module
from mockserver.jobs.book import JobBook
from mockserver.jobs.failures import StateNotSaved
from mockserver.jobs.messages import Commit, Done
from mockserver.jobs.request import BatchRequest
from mockserver.storage.accounts import Place
from mockserver.storage.references import BlobReference
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.job_script import JobScriptChange
from tests.end_to_end.batch import batch_client
from tests.mockserver.jobs.calls import PATIENCE
from tests.mockserver.jobs.made import ForgetfulStore
from tests.mockserver.jobs.world import FUNCTIONS, endpoint_of, write_world

COPY = endpoint_of("copy")
FEW = 5
"""The first commit, one more at once, one for each look of those who wait; not hundreds."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_world(tmp_path_factory.mktemp("world"))


@asynccontextmanager
async def forgetful(
    world: Path, **settings: float
) -> AsyncIterator[tuple[Emulator, ForgetfulStore]]:
    """Run an emulator in this loop whose store can be told that there is no room."""
    ports = {"services_port": 0, "storage_port": 0, "gateway_port": 0, "scoring_processes": 1}
    emulator = Emulator(load_configuration(world, {**ports, **settings}))
    store = ForgetfulStore()
    places = {endpoint_of(function): 2 for function in FUNCTIONS}
    emulator.jobs.__dict__["_book"] = JobBook(store, places)
    await emulator.start()
    try:
        yield emulator, store
    finally:
        await emulator.stop()


async def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


OURS = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
REQUEST = BatchRequest(
    {"input1": BlobReference(OURS, "demo", "in.csv")},
    {"output1": BlobReference(OURS, "demo", "out.csv")},
    {},
)


def test_what_cannot_be_written_is_told(world: Path) -> None:
    """To whoever calls, and what was to be changed is as it was."""

    async def main() -> None:
        async with forgetful(world) as (emulator, store):
            jobs = emulator.jobs
            store.room = 0
            with pytest.raises(StateNotSaved):
                await jobs.submit(COPY, REQUEST)
            with pytest.raises(StateNotSaved):
                await jobs.set_script(COPY, JobScriptChange(timing="polls"))
            assert jobs.script(COPY).timing == "immediate"
            assert await jobs.last(9) == []

    asyncio.run(main())


def test_what_cannot_be_written_is_tried_again(
    world: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step it is: the log says so, and when there is room the job goes on by itself."""
    monkeypatch.setattr(module, "_RETRY_SECONDS", 0.01)
    caplog.set_level(logging.WARNING, "mockserver.jobs")

    async def main() -> None:
        async with forgetful(world) as (emulator, store):
            with batch_client(emulator.ready) as batch:
                await asyncio.to_thread(batch.put, "demo/in.csv", b"Text\r\none\r\n")
            jobs = emulator.jobs
            job = (await jobs.submit(COPY, REQUEST)).id
            store.room = 1
            await jobs.start(COPY, job)
            await wait_for(lambda: bool(caplog.records))  # it cannot begin
            store.room = 1
            await wait_for(lambda: store.room == 0)
            caplog.clear()
            await wait_for(lambda: bool(caplog.records))  # it cannot end
            assert jobs._book.get(COPY, job).state == "Running"
            store.room = None
            await wait_for(lambda: jobs._book.get(COPY, job).has_ended)
            assert (await jobs.poll(COPY, job)).state == "Finished"

    asyncio.run(main())


class FullAtTheEnd:
    """Lets an emulator's disk be full from the first commit on, and counts the commits."""

    def __init__(self, emulator: Emulator, store: ForgetfulStore) -> None:
        self.commits = 0
        self._commit = emulator.jobs.workers.commit
        self._store = store
        emulator.jobs.workers.commit = self  # type: ignore[method-assign]

    async def __call__(self, task: Commit) -> Done:
        self.commits += 1
        if self.commits == 1:
            self._store.room = 0
        return await self._commit(task)


async def running(emulator: Emulator) -> str:
    """Start a job that is over at once; return its id."""
    with batch_client(emulator.ready) as batch:
        await asyncio.to_thread(batch.put, "demo/in.csv", b"Text\r\none\r\n")
    job = (await emulator.jobs.submit(COPY, REQUEST)).id
    await emulator.jobs.start(COPY, job)
    return job


def test_a_finished_job_is_not_committed_without_a_pause(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for it waits; only a pause or another call lets it be tried again."""
    monkeypatch.setattr(module, "_RETRY_SECONDS", 1000.0)

    async def main() -> None:
        async with forgetful(world, poll_wait_seconds=1.0) as (emulator, store):
            jobs = emulator.jobs
            full = FullAtTheEnd(emulator, store)
            job = await running(emulator)
            await wait_for(lambda: full.commits > 0)
            assert (await jobs.poll(COPY, job)).state == "Running"
            assert full.commits <= FEW
            store.room = None
            assert (await jobs.poll(COPY, job)).state == "Finished"

    asyncio.run(main())


def test_a_delete_is_answered_though_the_end_cannot_be_written(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, after the time that it may wait, and does not commit again and again."""
    monkeypatch.setattr(module, "_RETRY_SECONDS", 1000.0)
    monkeypatch.setattr(module, "ADVANCE_SECONDS", 0.5)

    async def main() -> None:
        async with forgetful(world) as (emulator, store):
            jobs = emulator.jobs
            full = FullAtTheEnd(emulator, store)
            job = await running(emulator)
            await wait_for(lambda: full.commits > 0)
            with pytest.raises(StateNotSaved):
                await asyncio.wait_for(jobs.cancel(COPY, job), 10)
            assert full.commits <= FEW
            store.room = None
            assert (await jobs.cancel(COPY, job)).has_ended

    asyncio.run(main())

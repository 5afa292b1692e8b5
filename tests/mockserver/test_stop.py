"""Does a stop end whatever waits, and does everybody get an answer of the service?"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.assembly import Emulator
from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.embedded import running_emulator
from mockserver.jobs import runner
from mockserver.jobs.failures import StateNotSaved
from mockserver.jobs.input_check import InputCheck
from mockserver.jobs.messages import Done
from mockserver.jobs.request import BatchRequest
from mockserver.request_log import RequestLog
from mockserver.storage.accounts import Place
from mockserver.storage.references import BlobReference
from mockserver.workspace.configuration import load_configuration
from tests.end_to_end.batch import VERSION
from tests.mockserver.jobs.world import KEY, endpoint_of, jobs_of, write_world

PATIENCE = 20
OURS = Place(DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY)
REQUEST = BatchRequest(
    {"input1": BlobReference(OURS, "demo", "in.csv")},
    {"output1": BlobReference(OURS, "demo", "out.csv")},
    {},
)
MANY = 50
"""Calls at a time: more than any pool of threads takes."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    extra = "storage: {allowed_hosts: ['storage.test']}"
    return write_world(tmp_path_factory.mktemp("world"), extra=extra)


class Running:
    """An emulator in this loop, its log, and a client."""

    def __init__(self, world: Path, client: httpx.AsyncClient) -> None:
        settings = {
            "services_port": 0,
            "storage_port": 0,
            "gateway_port": 0,
            "poll_wait_seconds": 1000.0,
            "scoring_processes": 1,
            "shutdown_seconds": 0,
        }
        self.lines = StringIO()
        log = RequestLog("text", self.lines)
        self.emulator = Emulator(load_configuration(world, settings), log)
        self.client = client
        self._has_stopped = False

    async def stop(self) -> None:
        """Stop the emulator, unless that was done."""
        if not self._has_stopped:
            self._has_stopped = True
            await self.emulator.stop()

    def calls(self) -> int:
        """Return how many calls are being answered."""
        return len(self.emulator._servers[0].server_state.tasks)

    @property
    def admin(self) -> str:
        return self.emulator.ready["admin"]["url"]

    async def submit(self) -> httpx.Response:
        """Submit a job whose input lies on another host."""
        return await self.client.post(
            jobs_of(self.emulator.ready, "copy"),
            params=VERSION,
            headers={"Authorization": f"Bearer {KEY}"},
            json=ELSEWHERE,
        )

    async def start(self, function: str) -> str:
        """Run a job that is over at once by the clock; return its id."""
        await self.emulator.jobs.reset()
        self.emulator.blobs.ensure_container(DEVELOPMENT_ACCOUNT, "demo")
        job = (await self.emulator.jobs.submit(endpoint_of(function), REQUEST)).id
        await self.emulator.jobs.start(endpoint_of(function), job)
        return job


ELSEWHERE = {
    "Input": {
        "BaseLocation": "http://storage.test/account/",
        "RelativeLocation": "demo/in.csv",
        "SasBlobToken": "?sig=x",
    },
    "Output": {
        "ConnectionString": "AccountName=account;AccountKey=a2V5;"
        "BlobEndpoint=http://storage.test/account",
        "RelativeLocation": "demo/out.csv",
    },
}


@asynccontextmanager
async def started(world: Path) -> AsyncIterator[Running]:
    async with httpx.AsyncClient(
        trust_env=False, timeout=PATIENCE, limits=httpx.Limits(max_connections=2 * MANY)
    ) as client:
        running = Running(world, client)
        await running.emulator.start()
        try:
            yield running
        finally:
            await running.stop()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


class SilentStorage:
    """Other hosts that answer no question before the gate is open."""

    def __init__(self) -> None:
        self.gate, self.asked = threading.Event(), threading.Event()

    def __call__(self, *_: object) -> str:
        self.asked.set()
        self.gate.wait(2 * PATIENCE)
        return ""


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentStorage]:
    storage = SilentStorage()
    monkeypatch.setattr(InputCheck, "_ask", storage)
    yield storage
    storage.gate.set()


def refusal(reply: httpx.Response) -> tuple[int, str]:
    assert reply.headers["x-ms-request-id"]
    error = reply.json()["error"]
    assert isinstance(error["message"], str)
    return reply.status_code, error["code"]


STOPPED = (503, "ServiceUnavailable")


def test_a_silent_storage_holds_up_its_own_jobs_alone(
    world: Path, silent: SilentStorage, caplog: pytest.LogCaptureFixture
) -> None:
    """A reset is made meanwhile; a stop answers those who wait for it in the envelope."""

    async def main() -> None:
        async with started(world) as running:
            calls = [asyncio.create_task(running.submit()) for _ in range(MANY)]
            await until(lambda: silent.asked.is_set() and running.calls() == MANY)
            reset = await running.client.post(f"{running.admin}/reset")
            assert (reset.status_code, silent.gate.is_set()) == (204, False)
            assert not any(call.done() for call in calls)
            await running.stop()
            replies = await asyncio.gather(*calls)
        assert {refusal(reply) for reply in replies} == {STOPPED}
        assert running.lines.getvalue().count(" 503 ") == MANY
        assert "Exception in ASGI" not in caplog.text
        silent.gate.set()

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())


def test_a_silent_storage_does_not_hold_up_the_end(world: Path, silent: SilentStorage) -> None:
    """The emulator is gone though threads still wait for that storage."""
    rescue = threading.Timer(PATIENCE, silent.gate.set)
    with ThreadPoolExecutor() as callers:
        with running_emulator(world, shutdown_seconds=0) as ready:
            call = callers.submit(
                httpx.post,
                jobs_of(ready, "copy"),
                params=VERSION,
                headers={"Authorization": f"Bearer {KEY}"},
                json=ELSEWHERE,
                timeout=2 * PATIENCE,
                trust_env=False,
            )
            assert silent.asked.wait(PATIENCE)
            rescue.start()
        assert not silent.gate.is_set(), "the end came only when the storage had answered"
        rescue.cancel()
        assert refusal(call.result()) == STOPPED


def test_a_call_of_a_test_is_answered_too(
    world: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What /__admin cannot finish is 503 as well, and no traceback is logged."""
    entered = threading.Event()

    async def find(*_: object) -> Any:
        entered.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(runner.JobRunner, "find", find)

    async def main() -> None:
        async with started(world) as running:
            call = asyncio.create_task(running.client.get(f"{running.admin}/jobs/x"))
            await until(entered.is_set)
            await running.stop()
            assert refusal(await call) == STOPPED
        assert " 503 " in running.lines.getvalue()
        assert "Exception in ASGI" not in caplog.text

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody give up by themselves who waits for a job."""
    monkeypatch.setattr(runner, "ADVANCE_SECONDS", 1000.0)


@pytest.mark.usefixtures("patient")
def test_who_waits_for_a_scoring_is_let_go(world: Path) -> None:
    """A poll and a move of the clock end at once: nothing that they wait for can come any more."""

    async def main() -> None:
        async with started(world) as running:
            jobs = running.emulator.jobs
            job = await running.start("wait")
            advance = asyncio.create_task(jobs.advance(100))
            poll = asyncio.create_task(jobs.poll(endpoint_of("wait"), job))
            await asyncio.sleep(0.2)
            assert not advance.done()
            assert not poll.done()
            jobs.leave_off()
            assert (await asyncio.wait_for(poll, PATIENCE)).state == "Running"
            await asyncio.wait_for(advance, PATIENCE)

    asyncio.run(main())


@pytest.mark.usefixtures("patient")
def test_who_waits_for_a_commit_is_let_go(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DELETE is told that it cannot be done now."""
    entered = asyncio.Event()

    async def commit(*_: object) -> Done:
        entered.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def score(task: Any) -> Done:
        return Done(task.id, {"output1": ["block"]})

    async def main() -> None:
        async with started(world) as running:
            jobs = running.emulator.jobs
            monkeypatch.setattr(jobs.workers, "commit", commit)
            monkeypatch.setattr(jobs.workers, "score", score)
            job = await running.start("copy")
            await asyncio.wait_for(entered.wait(), PATIENCE)
            deleted = asyncio.create_task(jobs.cancel(endpoint_of("copy"), job))
            await asyncio.sleep(0.2)
            assert not deleted.done()
            jobs.leave_off()
            with pytest.raises(StateNotSaved):
                await asyncio.wait_for(deleted, PATIENCE)

    asyncio.run(main())

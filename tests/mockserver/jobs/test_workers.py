"""Do worker processes score and commit, and does the server live with those that misbehave?"""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mockserver.embedded import running_emulator
from mockserver.jobs import workers as module
from mockserver.jobs.messages import Commit, Done, Score, SetUp
from mockserver.jobs.workers import CRASHED, NOT_STARTED, Workers
from mockserver.storage.accounts import BlobAddress
from tests.end_to_end.batch import Batch, batch_client
from tests.mockserver.jobs.world import endpoint_of, write_world

PATIENCE = 60


class Bench:
    """An emulator whose storage the workers use, and tasks for them."""

    def __init__(self, batch: Batch, world: Path) -> None:
        self.batch = batch
        self.entered = world.with_name("entered")
        """Is there as soon as the function that never returns has begun."""
        self.set_up = SetUp(world.read_text(), world.name, str(world.parent), {})

    def address(self, blob: str) -> BlobAddress:
        storage = self.batch.ready["storage"]
        account = storage["account"]
        return BlobAddress(f"{storage['url']}/{account}", account, "demo", blob, storage["key"])

    def task(self, function: str, name: str = "") -> Score:
        name = name or function
        inputs, outputs = self.address("in.csv"), self.address(f"{name}.csv")
        return Score(name, endpoint_of(function), {"input1": inputs}, {"output1": outputs}, {})

    def commit(self, task: Score, done: Done) -> Commit:
        return Commit(task.id, task.outputs, done.blocks)

    def run(self, work: Callable[[Workers], Awaitable[None]], limit: int = 1) -> None:
        """Do something with workers, and end them."""

        async def main() -> None:
            workers = Workers(self.set_up, limit)
            try:
                await asyncio.wait_for(work(workers), PATIENCE)
            finally:
                pids = workers.pids
                workers.close()
                await until(lambda: not any(map(psutil.pid_exists, pids)))

        asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Serve a storage with one file in it."""
    world = write_world(tmp_path_factory.mktemp("world"))
    with running_emulator(world) as ready, batch_client(ready) as batch:
        batch.put("demo/in.csv", b"Text\r\none\r\ntwo\r\n")
        yield Bench(batch, world)


def test_a_worker_scores_commits_and_goes_on(bench: Bench) -> None:
    """One process does one task after the other; what a model prints or fails with is no matter."""

    async def work(workers: Workers) -> None:
        assert workers.pids == []
        for function, content in (("copy", b"one\r\ntwo"), ("chatter", b"''\r\n''")):
            task = bench.task(function)
            done = await workers.score(task)
            assert done.fault is None
            assert f"demo/{function}.csv" not in bench.batch.blobs()
            assert (await workers.commit(bench.commit(task, done))).fault is None
            assert bench.batch.get(f"demo/{function}.csv") == b"Text\r\n" + content + b"\r\n"
        pids = workers.pids
        for function, told in (("fail", "LookupError: broken model"), ("leave", "SystemExit: 3")):
            fault = (await workers.score(bench.task(function))).fault
            assert fault is not None
            assert fault.message.endswith(told)
            assert (fault.module, fault.number) == ("Execute Python Script", 85)
        unknown = Commit("x", {"output1": bench.address("x.csv")}, {"output1": ["unknown"]})
        refused = (await workers.commit(unknown)).fault
        assert refused is not None
        assert (refused.module, refused.number) == ("Writer", 9)
        assert workers.pids == pids
        assert len(pids) == 1

    bench.run(work)


def test_a_worker_that_crashes_takes_its_task_with_it(bench: Bench) -> None:
    """The task failed with the published text; the next one has a new process."""

    async def work(workers: Workers) -> None:
        assert (await workers.score(bench.task("segfault"))).fault == CRASHED
        task = bench.task("copy", "after")
        done = await workers.score(task)
        assert done.fault is None
        for pid in workers.pids:
            psutil.Process(pid).kill()
        # The process that has staged is gone; another one commits.
        assert (await workers.commit(bench.commit(task, done))).fault is None
        assert "demo/after.csv" in bench.batch.blobs()

    bench.run(work)


def test_a_function_that_never_returns_is_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its job is dropped; commits are made meanwhile, and the next job has a worker."""
    monkeypatch.setattr(module, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.1)
    bench.entered.unlink(missing_ok=True)

    async def work(workers: Workers) -> None:
        first = bench.task("copy", "first")
        done = await workers.score(first)
        stuck = asyncio.create_task(workers.score(bench.task("hold")))
        following = asyncio.create_task(workers.score(bench.task("copy", "next")))
        dropped = asyncio.create_task(workers.score(bench.task("copy", "dropped")))
        await until(bench.entered.exists)
        assert (await workers.commit(bench.commit(first, done))).fault is None
        assert "demo/first.csv" in bench.batch.blobs()
        workers.drop("dropped")
        assert (await dropped).fault is not None
        workers.drop("unknown")
        workers.drop("hold")
        assert (await stuck).fault == CRASHED
        assert (await following).fault is None

    bench.run(work)


def test_a_worker_that_does_not_read_holds_nobody_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks larger than a pipe wait beside the event loop, and another worker does them."""
    monkeypatch.setattr(module, "COMMIT_SECONDS", 0.1)
    bench.entered.unlink(missing_ok=True)
    large = Commit("large", {"output1": bench.address("x.csv")}, {"output1": ["b" * 60] * 5000})

    async def work(workers: Workers) -> None:
        stuck = asyncio.create_task(workers.score(bench.task("hold")))
        await until(bench.entered.exists)
        (pid,) = workers.pids
        rescue = threading.Timer(5, os.kill, (pid, signal.SIGKILL))
        rescue.start()
        refused = (await workers.commit(large)).fault
        assert refused is not None
        assert refused.number == 9
        rescue.cancel()
        assert not stuck.done(), "the server stood still until the worker was killed"
        stuck.cancel()

    bench.run(work)


def test_no_more_than_the_limit_work_at_a_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks wait for a free worker, first come first served; who has none to do is ended."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.5)

    async def work(workers: Workers) -> None:
        ended: list[int] = []

        async def score(number: int) -> None:
            done = await workers.score(bench.task("copy", f"many-{number}"))
            assert done.fault is None
            ended.append(number)

        tasks = [asyncio.create_task(score(number)) for number in range(8)]
        await asyncio.sleep(0)
        assert len(workers.pids) == 1
        await asyncio.gather(*tasks)
        assert (ended, len(workers.pids)) == (list(range(8)), 1)
        await until(lambda: workers.pids == [])

    bench.run(work)


def test_a_worker_is_ended_though_it_has_committed_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is often committed long after its scoring: its worker is not kept for ever."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.3)

    async def work(workers: Workers) -> None:
        task = bench.task("copy", "committed-later")
        done = await workers.score(task)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + 0.6
        while loop.time() < deadline:
            assert (await workers.commit(bench.commit(task, done))).fault is None
        await until(lambda: workers.pids == [])

    bench.run(work)


def test_a_worker_that_only_commits_is_ended_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was started since the one that had scored was ended; and again, and again."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.1)
    unknown = Commit("x", {"output1": bench.address("x.csv")}, {"output1": ["unknown"]})

    async def work(workers: Workers) -> None:
        for _ in range(2):
            assert (await workers.commit(unknown)).fault is not None
            await until(lambda: workers.pids == [])

    bench.run(work)


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands for Python")
def test_a_long_configuration_does_not_hold_the_server_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """More than a pipe holds is written beside the event loop: a worker takes long to start."""
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 20\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(
        bench, "set_up", SetUp("#" * 300_000 + "\n" + bench.set_up.text, "x.yaml", ".", {})
    )

    async def work(workers: Workers) -> None:
        waiting = asyncio.create_task(workers.score(bench.task("copy")))
        await asyncio.sleep(0)
        (pid,) = workers.pids
        assert psutil.Process(pid).is_running()
        assert not waiting.done(), "the server stood still until the worker had ended"
        waiting.cancel()

    bench.run(work)


def test_nothing_is_started_after_the_end(bench: Bench) -> None:
    """Closing ends every process, and tasks that wait for one get none."""

    async def work(workers: Workers) -> None:
        tasks = [
            asyncio.create_task(workers.score(bench.task("wait", f"w{number}")))
            for number in range(3)
        ]
        await asyncio.sleep(0)
        (pid,) = workers.pids
        workers.close()
        await until(lambda: not psutil.pid_exists(pid))
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert workers.pids == []
        for task in tasks:
            task.cancel()

    bench.run(work)


def test_a_machine_without_processes_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that cannot be started is a fault of the task, not of the server."""
    monkeypatch.setattr(sys, "executable", "no-such-program")

    async def work(workers: Workers) -> None:
        assert (await workers.score(bench.task("copy"))).fault == NOT_STARTED
        assert (await workers.commit(Commit("x", {}, {}))).fault == NOT_STARTED

    bench.run(work)

"""Is anything lost or half done when the server is killed again and again amid its jobs?"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.exceptions import AzureError
from typing_extensions import override

from tests.end_to_end.batch import ENDED, Batch, batch_client
from tests.end_to_end.server_process import Server, served, wait_for

KILLS = 30
SEED = 20261123
LONGEST_WAIT = 0.6
"""Seconds that a server goes on working before its kill, at most: drawn anew for each."""
MOST_UNFINISHED = 80
OFTEN = 3
"""Times that the watcher reads an output, besides the last look at all of them."""

SOURCES = {"demo/short.csv": 20, "demo/medium.csv": 5_000, "demo/long.csv": 60_000}
"""The inputs by their rows: the long one is read, scored and staged in several pieces."""


def reviews(rows: int) -> bytes:
    """Return a CSV file of texts that are all different."""
    lines = (f"{n % 5 + 1},word{n} of a good day {n * 7919 % 1000}\r\n" for n in range(rows))
    return ("Col1,Col2\r\n" + "".join(lines)).encode()


@dataclass
class Submitted:
    """A job that the server has acknowledged."""

    source: str
    target: str
    is_started: bool = False


class Client(threading.Thread):
    """Submits and starts jobs without end, whether a server is there or not, and takes notes."""

    def __init__(self) -> None:
        super().__init__(name="client", daemon=True)
        self.jobs: dict[str, Submitted] = {}
        self.unexpected: list[str] = []
        self.cut_off = 0
        self.ready: Mapping[str, Any] | None = None
        self.finished: set[str] = set()
        self.stopped = threading.Event()
        self._number = 0

    @override
    def run(self) -> None:
        while not self.stopped.is_set():
            if (ready := self.ready) is not None:
                with batch_client(ready) as batch:
                    self._work(batch)
            time.sleep(0.02)

    def _is_enough(self) -> bool:
        unfinished = len(self.jobs) - len(self.finished)
        return self.stopped.is_set() or unfinished > MOST_UNFINISHED

    def _work(self, batch: Batch) -> None:
        """Submit and start jobs until this server is gone."""
        while self.ready is batch.ready and not self._is_enough():
            self._number += 1
            source = list(SOURCES)[0 if self._number % 6 else 1 + self._number // 6 % 2]
            submitted = Submitted(source, f"demo/out-{self._number}.csv")
            try:
                job = batch.submit(source, submitted.target)
                self.jobs[job] = submitted
                reply = batch.start(job)
            except httpx.TransportError:
                self.cut_off += 1
                return
            except AssertionError as error:
                self.unexpected.append(str(error))
                return
            if reply.status_code != 200:
                self.unexpected.append(reply.text)
            submitted.is_started = reply.status_code == 200
            time.sleep(0.01)


class Watcher(threading.Thread):
    """Reads every output that can be seen, at any time, and notes those that are not whole."""

    def __init__(self, whole: Mapping[str, str]) -> None:
        super().__init__(name="watcher", daemon=True)
        self._whole = whole
        self.ready: Mapping[str, Any] | None = None
        self.seen: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.stopped = threading.Event()

    @override
    def run(self) -> None:
        while not self.stopped.is_set():
            if (ready := self.ready) is None:
                time.sleep(0.01)
                continue
            with batch_client(ready) as batch, suppress(AzureError):
                while self.ready is ready and not self.stopped.is_set():
                    self.look(batch)
                    time.sleep(0.15)

    def look(self, batch: Batch) -> None:
        """Read the outputs that were not read often enough yet."""
        for name in batch.blobs():
            if "/out-" in name and self.seen[name] < OFTEN:
                # A reply that the kill has cut short is no blob that is cut short: it raises.
                content = batch.get(name)
                self.seen[name] += 1
                if sha256(content).hexdigest() not in self._whole:
                    self.broken.add(name)


def check(batch: Batch, client: Client) -> None:
    """Every acknowledged job is known, and has not ended twice nor in another way than Finished."""
    for job in list(client.jobs):
        told = batch.history(job)
        ends = [step["to"] for step in told["transitions"] if step["to"] in ENDED]
        assert ends in ([], ["Finished"]), told
        befores = [step["from"] for step in told["transitions"]]
        afters = [step["to"] for step in told["transitions"]]
        assert befores == [None, *afters[:-1]], told
        if told["state"] == "Finished":
            client.finished.add(job)
        if client.jobs[job].is_started:
            assert told["started"] is not None


class Trial:
    """One run of the test: a data directory, a server that comes and goes, client and watcher."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: dict[str, str] = {}
        """The source of each whole output, by the hash of its bytes."""
        self.client, self.watcher = Client(), Watcher(self._whole)
        self.interrupted = 0
        """Kills that came while a job ran."""
        self.attempts: list[int] = []
        """How often each job was scored until it was finished."""

    @contextmanager
    def server(self) -> Iterator[tuple[Server, Batch]]:
        """Serve the data directory as the server before has left it."""
        with (
            served(self._folder, "--data-dir", str(self._folder)) as server,
            batch_client(server.ready()) as batch,
        ):
            batch.script(timing="immediate")
            yield server, batch

    def prepare(self) -> None:
        """Score every source once, undisturbed."""
        with self.server() as (server, batch):
            for source, rows in SOURCES.items():
                batch.put(source, reviews(rows))
                reference = source.replace("demo/", "demo/whole-")
                assert batch.run(source, reference)["StatusCode"] == "Finished"
                content = batch.get(reference)
                assert content.count(b"\n") == rows + 1
                self._whole[sha256(content).hexdigest()] = source
            assert server.stop() == 0
        self.client.start()
        self.watcher.start()

    def live_and_die(self, at_work: bool, seconds: float) -> None:
        """Serve for so long, counted from the start or from the first job done, and be killed."""
        with self.server() as (server, batch):
            done = self._check(batch)
            self.watcher.look(batch)
            self.client.ready = self.watcher.ready = batch.ready
            if at_work:
                wait_for(lambda: self._check(batch) > done, "a job is done", every=0.1)
            time.sleep(seconds)
            jobs = batch.admin("GET", "/jobs?limit=10000")["jobs"]
            self.interrupted += any(job["state"] == "Running" for job in jobs)
            server.kill()
            self.client.ready = self.watcher.ready = None
            wait_for(lambda: not server.children(), "the workers of a killed server end")

    def end(self) -> None:
        """Start what was not started yet; see every job finish, with its own output."""
        self.client.stopped.set()
        self.client.join()
        with self.server() as (server, batch):
            self._check(batch)
            for job, submitted in self.client.jobs.items():
                if not submitted.is_started:
                    # The start may have counted although its answer never came.
                    assert batch.start(job).status_code in (200, 400)
            for job, submitted in self.client.jobs.items():
                status = batch.wait(job)
                assert status["StatusCode"] == "Finished", status
                content = sha256(batch.get(submitted.target)).hexdigest()
                assert self._whole[content] == submitted.source
                self._check_course(batch, job)
            assert self._check(batch) == len(self.client.jobs)
            self.watcher.stopped.set()
            self.watcher.join()
            assert server.stop() == 0
            assert server.children() == []

    def _check(self, batch: Batch) -> int:
        """Every acknowledged job is known, and on its way; return how many are finished."""
        acknowledged = dict(self.client.jobs)
        started = {job for job, submitted in acknowledged.items() if submitted.is_started}
        known = {told["id"]: told for told in batch.admin("GET", "/jobs?limit=10000")["jobs"]}
        for job in acknowledged:
            told = known[job]
            assert told["state"] in ("NotStarted", "Running", "Finished"), told
            assert told["started"] or job not in started, told
            if told["state"] == "Finished":
                self.client.finished.add(job)
        return len(self.client.finished)

    def _check_course(self, batch: Batch, job: str) -> None:
        """A job has gone from state to state without a gap, and has ended once, as Finished."""
        told = batch.history(job)
        befores, afters = ([t[end] for t in told["transitions"]] for end in ("from", "to"))
        assert befores == [None, *afters[:-1]], told
        assert [state for state in afters if state in ENDED] == ["Finished"], told
        self.attempts.append(told["attempts"])


@pytest.mark.slow
@pytest.mark.long
def test_a_killed_server_loses_nothing(tmp_path: Path) -> None:
    """30 kills at random moments: all that was acknowledged ends Finished, once, and whole."""
    chance = random.Random(SEED)
    trial = Trial(tmp_path)
    trial.prepare()
    for _ in range(KILLS):
        trial.live_and_die(chance.random() < 0.7, chance.uniform(0, LONGEST_WAIT))
    trial.end()
    client, watcher = trial.client, trial.watcher
    print(  # noqa: T201  shown by `pytest -s`
        f"\n{KILLS} kills, {trial.interrupted} of them while jobs ran;"
        f" {len(client.jobs)} jobs acknowledged, {client.cut_off} calls cut off,"
        f" scored up to {max(trial.attempts)} times, {watcher.seen.total()} outputs read"
    )
    assert client.unexpected == []
    assert watcher.broken == set()
    assert client.finished == set(client.jobs)
    assert len(client.jobs) > KILLS
    assert max(trial.attempts) > 1
    assert trial.interrupted > KILLS // 3, "the kills came when nothing ran"

"""Do jobs go as the rules say, whatever is done to them in whatever order, restarts included?"""

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from mockserver.embedded import running_emulator
from tests.conftest import TOP
from tests.end_to_end.batch import ENDED, Batch, batch_client
from tests.end_to_end.job_model import JobModel, ModelJob

WORLD = TOP / "tests" / "data" / "batch-world.yaml"
ENDPOINTS = [f"00000000000000000000000000000a{number}" for number in (11, 12, 21)]
PLACES = 2
FIRST_MOMENT = "2026-01-31T23:00:00Z"
SOURCE = "demo/texts.csv"
TEXTS = b'Text\r\none two two\r\n"a line\nand another, with ""quotes"""\r\n'
DETAILS = "errorComponent=Module. The script says so."
SECONDS = st.sampled_from((0.0, 0.25, 1.0, 2.5, 10.0))
ENDINGS = st.sampled_from(("score",) * 5 + ("fail", "hang", "fail_at_start"))
PLANS = st.tuples(SECONDS, SECONDS, ENDINGS)
UNKNOWN = "0123456789abcdef0123456789abcdef"


class World:
    """An emulator that can be stopped and started again on the same data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self.batch: Batch
        self.restarts = 0
        self.start()
        self.batch.put(SOURCE, TEXTS)
        self.expected = {endpoint: self._score(endpoint) for endpoint in ENDPOINTS}

    def _score(self, endpoint: str) -> bytes:
        self.batch.script(endpoint, timing="immediate")
        status = self.batch.run(SOURCE, f"demo/first-{endpoint}.csv", endpoint)
        assert status["StatusCode"] == "Finished", status
        return self.batch.get(f"demo/first-{endpoint}.csv")

    def start(self) -> None:
        ready = self._stack.enter_context(running_emulator(WORLD, data_dir=self._folder))
        self.batch = self._stack.enter_context(batch_client(ready))

    def stop(self) -> None:
        self._stack.close()

    def reset(self) -> None:
        """Return to the start state, at a moment that is always the same."""
        self.batch.admin("POST", "/reset")
        self.batch.freeze(FIRST_MOMENT)
        self.batch.put(SOURCE, TEXTS)


def moment(text: str | None) -> float | None:
    """Read a time of /__admin as seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


class Jobs(RuleBasedStateMachine):
    """What a client and a test may do, on a clock that stands still until it is moved."""

    world: World
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, str] = {}
        self.restarted = False

    @initialize()
    def begin(self) -> None:
        self.world.reset()
        start = moment(FIRST_MOMENT)
        assert start is not None
        self.model = JobModel(PLACES, start)

    @property
    def batch(self) -> Batch:
        return self.world.batch

    def _submit(self, endpoint: str, plan: tuple[float, float, str], by_job: bool) -> str:
        queued, running, ending = plan
        script: dict[str, Any] = {
            "timing": {"queued_seconds": queued, "running_seconds": running},
            "ending": {ending: DETAILS} if ending.startswith("fail") else ending,
        }
        target = f"demo/out-{len(self.places)}.csv"
        if not by_job:
            self.batch.script(endpoint, **script)
        job = self.batch.submit(SOURCE, target, endpoint)
        if by_job:
            self.batch.admin("PUT", f"/jobs/{job}", script)
        self.places[job] = target
        self.model.submit(job, ModelJob(endpoint, queued, running, ending))
        return job

    @rule(target=jobs, endpoint=st.sampled_from(ENDPOINTS), plan=PLANS, by_job=st.booleans())
    def submit(self, endpoint: str, plan: tuple[float, float, str], by_job: bool) -> str:
        return self._submit(endpoint, plan, by_job)

    @rule(
        target=jobs,
        endpoint=st.sampled_from(ENDPOINTS),
        plans=st.lists(PLANS, min_size=2, max_size=5),
    )
    def submit_and_start_some(self, endpoint: str, plans: list[tuple[float, float, str]]) -> Any:
        names = [self._submit(endpoint, plan, by_job=False) for plan in plans]
        for name in names:
            self.start(name)
        return multiple(*names)

    @rule(job=jobs)
    def start(self, job: str) -> None:
        self._settle(job)
        reply = self.batch.start(job, self.model.jobs[job].endpoint)
        obstacle = self.model.start(job)
        if obstacle is None:
            assert (reply.status_code, reply.content) == (200, b"")
        else:
            assert reply.status_code == 400
            error = reply.json()["error"]
            assert error["code"] == "InvalidOperation"
            (detail,) = error["details"]
            assert detail["code"] == "CannotStartJob"
            assert f" {obstacle} " in detail["message"]

    @rule(job=jobs)
    def poll(self, job: str) -> None:
        status = self._settle(job)
        expected = self.model.jobs[job]
        assert status["StatusCode"] == expected.state
        if expected.state == "Finished":
            assert status["Results"]["output1"]["RelativeLocation"] == self.places[job]
            assert self.batch.get(self.places[job]) == self.world.expected[expected.endpoint]
        else:
            assert status["Results"] is None
        assert status["Details"] == (DETAILS if expected.state == "Failed" else None)

    @rule(job=jobs)
    def delete(self, job: str) -> None:
        self._settle(job)
        reply = self.batch.delete(job, self.model.jobs[job].endpoint)
        assert (reply.status_code, reply.content) == (200, b"")
        self.model.cancel(job)

    @rule(job=jobs)
    def look(self, job: str) -> None:
        """Compare all that /__admin tells about a job."""
        self._settle(job)
        expected, told = self.model.jobs[job], self.batch.history(job)
        assert told["state"] == expected.state
        times = {name: moment(told[name]) for name in ("started", "begun", "ended")}
        assert times == {name: getattr(expected, name) for name in times}
        steps = [(moment(t["time"]), t["from"], t["to"]) for t in told["transitions"]]
        again = [step for step in steps if step[1:] == ("Running", "Running")]
        assert [step for step in steps if step not in again] == expected.steps
        assert len(again) <= self.restarted
        assert all(t["cause"] for t in told["transitions"])

    @rule(seconds=st.sampled_from((0.0, 0.25, 1.0, 2.5, 5.0, 30.0)))
    def advance(self, seconds: float) -> None:
        clock = self.batch.advance(seconds)
        self.model.advance(seconds)
        assert moment(clock["now"]) == self.model.now
        assert clock["mode"] == "frozen"

    @precondition(lambda self: self.places and not self.restarted)
    @rule()
    def restart(self) -> None:
        """Stop in the middle of whatever runs; the clock stands where it stood."""
        self.world.stop()
        self.world.start()
        self.restarted = True
        assert moment(self.batch.admin("GET", "/clock")["now"]) == self.model.now

    @rule(method=st.sampled_from(("GET", "DELETE")), endpoint=st.sampled_from(ENDPOINTS))
    def call_an_unknown_job(self, method: str, endpoint: str) -> None:
        assert self.batch.call(method, f"/{UNKNOWN}", endpoint).status_code == 404
        assert self.batch.start(UNKNOWN, endpoint).status_code == 404

    @rule(job=jobs, other=st.sampled_from(ENDPOINTS))
    def call_at_another_endpoint(self, job: str, other: str) -> None:
        """Who has another endpoint's key can neither see nor touch the job."""
        if other == self.model.jobs[job].endpoint:
            return
        for method in ("GET", "DELETE"):
            reply = self.batch.call(method, f"/{job}", other)
            assert reply.status_code == 404
            assert reply.json()["error"]["details"][0]["code"] == "JobNotFound"
        assert self.batch.start(job, other).status_code == 404

    @invariant()
    def only_finished_jobs_have_outputs(self) -> None:
        if self.places:
            finished = {
                place
                for job, place in self.places.items()
                if self.model.jobs[job].state == "Finished"
            }
            assert self.batch.blobs() - {SOURCE} <= finished

    @override
    def teardown(self) -> None:
        """Look at every job once more; now every finished one has its output."""
        for job in self.places:
            self.look(job)
            self.poll(job)
        self.only_finished_jobs_have_outputs()

    def _settle(self, job: str) -> Any:
        """Poll a job until its scoring, which takes real time, has come as far as the model."""
        expected = self.model.jobs[job]
        later = {"NotStarted": ("NotStarted", "Running", *ENDED), "Running": ("Running", *ENDED)}
        states = later.get(expected.state, ENDED)
        return self.batch.wait(job, expected.endpoint, states, patience=20)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run one emulator for all examples; each begins with a reset."""
    made = World(tmp_path_factory.mktemp("data"))
    yield made
    made.stop()


def test_the_scored_file_is_right(world: World) -> None:
    """What the jobs of the machine below write is the texts with their hashed words, or ones."""
    hashed, again, ones = (
        list(csv.reader(io.StringIO(world.expected[endpoint].decode(), newline="")))
        for endpoint in ENDPOINTS
    )
    assert hashed == again
    names, *rows = hashed
    assert names == ["Text", *(f"Text_HashingFeature.{bucket}" for bucket in range(4))]
    assert [row[0] for row in rows] == ["one two two", 'a line\nand another, with "quotes"']
    assert [sum(map(int, row[1:])) for row in rows] == [3, 6]
    assert ones == [["Text", "One"], ["x", "1"]]


def test_a_queue_keeps_its_order_over_a_restart(world: World) -> None:
    """Jobs that were started at one moment begin in the order of their starts, not of their ids."""
    world.reset()
    endpoint = ENDPOINTS[0]
    world.batch.script(endpoint, timing="immediate", ending="hang")
    jobs = [world.batch.submit(SOURCE, f"demo/out-{n}.csv", endpoint) for n in range(PLACES + 3)]
    running, waiting = jobs[:PLACES], jobs[: PLACES - 1 : -1]
    for job in (*running, *waiting):
        world.batch.start(job, endpoint)
    world.stop()
    world.start()
    for freed, next_one in zip((*running, waiting[0]), waiting, strict=True):
        world.batch.delete(freed, endpoint)
        states = {job: world.batch.poll(job, endpoint)["StatusCode"] for job in waiting}
        assert states.pop(next_one) == "Running", states


@pytest.mark.slow
def test_jobs_follow_the_rules(world: World) -> None:
    """No sequence of calls, moves of the clock and restarts leads away from the model."""
    machine = type("TheseJobs", (Jobs,), {"world": world})
    profile = settings.default
    assert profile is not None
    examples = max(5, profile.max_examples // 6)
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=25, deadline=None),
    )

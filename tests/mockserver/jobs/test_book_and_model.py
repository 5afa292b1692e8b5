"""Do whole lives of many jobs go as a second telling of the rules has it, restarts included?"""

from itertools import pairwise
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from mockserver.jobs.failures import JobCannotStart
from mockserver.jobs.store import JobStore
from mockserver.workspace.job_script import Ending, Fail, FailAtStart
from tests.end_to_end.job_model import JobModel, ModelJob
from tests.mockserver.jobs.made import (
    ENDPOINT,
    OTHER,
    REQUEST,
    advance,
    carry_out,
    opened,
    script,
    taken,
)

PLACES = 2
ENDINGS: dict[str, Ending] = {
    "score": "score",
    "hang": "hang",
    "fail": Fail(fail="why"),
    "fail_at_start": FailAtStart(fail_at_start="why"),
}
SECONDS = st.sampled_from((0.0, 0.25, 1.0, 2.5, 10.0))
JOB = st.integers(0, 30)
ACTIONS = st.one_of(
    st.tuples(
        st.just("submit"),
        st.tuples(
            st.sampled_from((ENDPOINT, OTHER)),
            SECONDS,
            SECONDS,
            st.sampled_from(("score", "score", "score", "hang", "fail", "fail_at_start")),
        ),
    ),
    st.tuples(st.just("run"), st.tuples(SECONDS, SECONDS)),
    st.tuples(st.sampled_from(("start", "start", "cancel")), JOB),
    st.tuples(st.just("advance"), SECONDS),
    st.tuples(st.just("restart"), st.none()),
)


class Both:
    """The book and the model, to both of which everything happens."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.store = JobStore(None)
        self.book = opened(self.store, now=self.now)
        self.model = JobModel(PLACES, self.now)
        self.names: list[str] = []

    def submit(self, endpoint: str, queued: float, running: float, ending: str) -> None:
        plan = script(queued, running, ENDINGS[ending])
        self.names.append(self.book.submit(endpoint, REQUEST, plan, self.now).id)
        self.model.submit(self.names[-1], ModelJob(endpoint, queued, running, ending))

    def run(self, queued: float, running: float) -> None:
        self.submit(ENDPOINT, queued, running, "score")
        self.start(len(self.names) - 1)

    def start(self, number: int) -> None:
        name = self.names[number]
        endpoint = self.model.jobs[name].endpoint
        refusal = self.model.start(name)
        if refusal is None:
            self.book.start(endpoint, name, self.now)
            return
        with pytest.raises(JobCannotStart) as refused:
            self.book.start(endpoint, name, self.now)
        assert refused.value.arguments == (refusal,)

    def cancel(self, number: int) -> None:
        name = self.names[number]
        self.model.cancel(name)
        self.book.cancel(self.model.jobs[name].endpoint, name, self.now)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.model.advance(seconds)

    def restart(self) -> None:
        taken(self.book)
        self.book = opened(self.store, now=self.now)

    def go(self, action: str, what: Any) -> None:
        """Do one thing, if it can be done yet, and let happen what is due."""
        if action in ("start", "cancel"):
            if not self.names:
                return
            what %= len(self.names)
        arguments = what if isinstance(what, tuple) else () if what is None else (what,)
        getattr(self, action)(*arguments)
        carry_out(self.book, self.now)
        advance(self.book, self.now)

    def check(self) -> None:
        """Compare each job with its model, and each record in itself."""
        for name, model in self.model.jobs.items():
            job = self.book.find(name, self.now)
            assert job == self.book.get(job.endpoint, name)
            told = (job.state.value, job.started, job.begun, job.ended)
            assert told == (model.state, model.started, model.begun, model.ended)
            assert job.details == ("why" if model.state == "Failed" else None)
            steps = [step for step in job.transitions if "again" not in step.cause]
            assert [(step.time, step.before, step.after) for step in steps] == model.steps
            assert all(one.after is other.before for one, other in pairwise(job.transitions))
            assert job.transitions[-1].after is job.state
        for endpoint in (ENDPOINT, OTHER):
            queue = self.book._queues[endpoint]
            assert len(queue.running) <= PLACES
            assert not queue.committing
            active = {
                name
                for name, job in self.model.jobs.items()
                if job.endpoint == endpoint and job.started is not None and job.ended is None
            }
            assert {*queue.running, *queue.waiting} == active


@given(st.lists(ACTIONS, max_size=40))
def test_the_book_does_as_the_model(actions: list[tuple[str, Any]]) -> None:
    """After each call, each second and each restart, every job is where the model has it."""
    both = Both()
    for action, what in actions:
        both.go(action, what)
        both.check()
    both.store.close()


@pytest.mark.parametrize("restarts", [0, 2])
def test_a_hundred_jobs_in_line(restarts: int) -> None:
    """They all end, two at a time, each pair ten seconds after the one before."""
    both = Both()
    for _ in range(100):
        both.go("run", (0.0, 10.0))
    for _ in range(restarts):
        both.go("advance", 10.0)
        both.go("restart", None)
    both.go("advance", 1000.0)
    both.check()
    ended = [both.book.find(name, both.now).ended for name in both.names]
    assert ended == [1010.0 + 10 * (number // 2) for number in range(100)]
    both.store.close()

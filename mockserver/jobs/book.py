"""Which jobs are there, and what has become of them by now?

The book applies the rules to the jobs of every endpoint and writes each change down before it
counts. It runs nothing itself: what is to be scored, committed or dropped it leaves as orders, and
is told what came of them. For one thread at a time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from mockserver.jobs import rules
from mockserver.jobs.failures import JobNotFound, StateNotSaved
from mockserver.jobs.request import BatchRequest
from mockserver.jobs.rules import Job, Outcome, Script, Step
from mockserver.jobs.timing import durations
from mockserver.workspace.job_script import (
    Ending,
    Fail,
    FailAtStart,
    JobScript,
    JobScriptChange,
)

if TYPE_CHECKING:
    from mockserver.jobs.store import JobStore


MOST_ATTEMPTS = 20
"""How often a job is scored whose output others write, before it fails."""


class Order(msgspec.Struct, frozen=True):
    """Something to be done for a job in the real world."""

    what: Literal["score", "commit", "drop"]
    job: Job
    outcome: Outcome | None = None


class _Queue:
    """The started jobs of one endpoint that have not ended."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.running: dict[str, Job] = {}
        self.waiting: dict[str, Job] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.committing: set[str] = set()
        self.free_since = 0.0
        self._next: Step | None = None
        self._is_known = False

    def next_step(self) -> Step | None:
        """Return the earliest step to come; worked out once after each change."""
        if not self._is_known:
            self._next = rules.next_step(
                self.running.values(),
                self.waiting.values(),
                self.outcomes,
                self.places,
                self.free_since,
            )
            self._is_known = True
        return self._next

    def changed(self) -> None:
        """Note that the next step may be another one now."""
        self._is_known = False

    def put(self, job: Job) -> None:
        """Take in what has become of a job."""
        if job.has_ended:
            was_full = len(self.running) >= self.places
            if self.running.pop(job.id, None) is not None and was_full and job.ended is not None:
                self.free_since = job.ended
            self.waiting.pop(job.id, None)
            self.outcomes.pop(job.id, None)
            self.committing.discard(job.id)
        elif job.begun is not None:
            self.waiting.pop(job.id, None)
            self.running[job.id] = job
        else:
            self.waiting[job.id] = job
        self.changed()

    def find(self, job_id: str) -> Job | None:
        return self.running.get(job_id) or self.waiting.get(job_id)


class JobBook:
    """All jobs of an emulator. `places` says how many jobs of each endpoint run at a time.

    Every method may raise StateNotSaved; what could not be written down has not happened.
    """

    def __init__(self, store: "JobStore", places: Mapping[str, int]) -> None:
        self.store = store
        self._queues = {endpoint: _Queue(number) for endpoint, number in places.items()}
        self._number = 0
        self._starts = 0
        self._is_open = False
        self.orders: list[Order] = []
        """What is to be done; whoever does it takes it from here."""

    def open(self, now: float) -> None:
        """Take up what an earlier process left: what was running is scored again."""
        if self._is_open:
            return
        self._empty()
        self._number = self.store.last_number()
        jobs = [job for job in self.store.active() if job.started is not None]
        for job in sorted(jobs, key=lambda job: job.place_in_queue):
            self._starts = job.place_in_queue
            queue = self._queues.get(job.endpoint)
            if queue is None:
                continue  # its endpoint is not declared any more; it may come back
            queue.put(job)
            if job.begun is not None and job.script.kind == "score":
                again = rules.begin_again(job, now, "scored again after a restart")
                self._save(queue, again)
                self.orders.append(Order("score", again))
        self._is_open = True

    def submit(self, endpoint: str, request: BatchRequest, script: JobScript, now: float) -> Job:
        """Keep a new job; nothing runs before it is started."""
        number = self._number + 1
        job = Job(
            uuid4().hex,
            endpoint,
            number,
            request.inputs,
            request.outputs,
            request.parameters,
            durations(script.timing, number),
            _script(script.ending),
            now,
        )
        job = rules.submitted(job)
        self.store.add(job)
        self._number = number
        return job

    def start(self, endpoint: str, job_id: str, now: float) -> Job:
        """Queue a job. Raises JobNotFound, JobCannotStart."""
        queue = self._queues[endpoint]
        self._settle(queue, now)
        job = rules.start(self.get(endpoint, job_id), now, self._starts + 1)
        self._save(queue, job)
        self._starts = job.place_in_queue
        self._settle_later(queue, now)
        return job

    def poll(self, endpoint: str, job_id: str, now: float) -> Job:
        """Return a job as it is now, and count the poll. Raises JobNotFound."""
        queue = self._queues[endpoint]
        self._settle(queue, now)
        job = self.get(endpoint, job_id)
        if (counted := rules.polled(job, now)) is not job:
            self._save(queue, counted)
        return job

    def cancel(self, endpoint: str, job_id: str, now: float) -> Job:
        """Cancel a job, if it has not ended. Raises JobNotFound.

        Outputs that are being committed cannot be called back: such a job is returned as it is, to
        be asked for again in a moment.
        """
        queue = self._queues[endpoint]
        self._settle(queue, now)
        job = self.get(endpoint, job_id)
        if not job.has_ended and job.id not in queue.committing:
            was_running = job.begun is not None
            job = rules.cancel(job, now)
            self._save(queue, job)
            if was_running:
                self.orders.append(Order("drop", job))
            self._settle_later(queue, now)
        return job

    def scored(self, job: Job, outcome: Outcome) -> None:
        """Hear what the scoring of a job came to."""
        queue = self._queues[job.endpoint]
        known = queue.running.get(job.id)
        is_current = known is not None and known.attempts == job.attempts
        if is_current and job.id not in queue.committing:
            queue.outcomes[job.id] = outcome
            queue.changed()
            self._settle(queue, outcome.time)

    def blocks_gone(self, order: Order, now: float) -> bool:
        """Hear that somebody wrote or deleted an output meanwhile; return whether to try again.

        Storage forgets the blocks that are staged for a blob when anybody writes or deletes it.
        """
        queue = self._queues[order.job.endpoint]
        job = queue.running.get(order.job.id)
        if job is None or job.attempts != order.job.attempts or job.attempts >= MOST_ATTEMPTS:
            return False
        again = rules.begin_again(job, now, "scored again: its output was written meanwhile")
        with self._committed_later(queue, order):
            self._save(queue, again)
        queue.committing.discard(job.id)
        queue.changed()
        self.orders.append(Order("score", again))
        return True

    def committed(self, order: Order, details: str | None, now: float) -> None:
        """Hear that a job's outputs are committed, or (with details) why not."""
        queue = self._queues[order.job.endpoint]
        job = queue.running.get(order.job.id)
        if job is None or job.attempts != order.job.attempts:
            return
        with self._committed_later(queue, order):
            if details is None:
                self._save(queue, rules.finish(job, now))
            else:
                self._save(queue, rules.fail(job, now, details, "outputs not committed"))
        self._settle(queue, now)

    @contextmanager
    def _committed_later(self, queue: _Queue, order: Order) -> Iterator[None]:
        """Let a commit be due again if what came of it cannot be written down.

        To commit the same blocks once more changes nothing.
        """
        try:
            yield
        except StateNotSaved:
            if order.outcome is not None:
                queue.outcomes[order.job.id] = order.outcome
            queue.committing.discard(order.job.id)
            queue.changed()
            raise

    def settle(self, now: float) -> None:
        """Let everything happen that is due."""
        for queue in self._queues.values():
            self._settle(queue, now)

    def set_back(self, now: float) -> None:
        """Hear that the clock was set back: nothing that happened may lie ahead."""
        for queue in self._queues.values():
            queue.free_since = min(queue.free_since, now)
            queue.outcomes = {
                job_id: replace(outcome, time=min(outcome.time, now))
                for job_id, outcome in queue.outcomes.items()
            }
            queue.changed()

    def next_moment(self) -> float | None:
        """Return when something is due next, by what is known now."""
        steps = filter(None, (queue.next_step() for queue in self._queues.values()))
        return min((step.moment for step in steps), default=None)

    def awaited(self, until: float) -> list[str]:
        """Return the running jobs whose time is over by `until`, and whose real work is not."""
        return [
            job.id
            for queue in self._queues.values()
            for job in queue.running.values()
            if job.id in queue.committing or _is_awaited(job, queue.outcomes, until)
        ]

    def is_committing(self, endpoint: str, job_id: str) -> bool:
        """Say whether a job's outputs are being committed, so that it cannot be cancelled."""
        return job_id in self._queues[endpoint].committing

    def get(self, endpoint: str, job_id: str) -> Job:
        """Return a job of this endpoint as it was last noted. Raises JobNotFound."""
        queue = self._queues[endpoint]
        job = queue.find(job_id) or self.store.find(job_id)
        if job is None or job.endpoint != endpoint:
            raise JobNotFound(reason=f"no job {job_id[:64]!r} of this endpoint")
        return job

    def find(self, job_id: str, now: float) -> Job:
        """Return a job of any endpoint as it is now. Raises JobNotFound."""
        self.settle(now)
        job = self.store.find(job_id)
        if job is None:
            raise JobNotFound(reason=f"no job {job_id[:64]!r}")
        return job

    def last(self, count: int, now: float) -> list[Job]:
        """Return the jobs that were submitted last, the newest first."""
        self.settle(now)
        return self.store.last(count)

    def change_script(self, job_id: str, change: JobScriptChange, now: float) -> Job:
        """Give one job that has not ended another timing or ending. Raises JobNotFound.

        A job that has ended, or whose outputs are being committed, stays as it is.
        """
        before = self.find(job_id, now)
        queue = self._queues.get(before.endpoint)
        if queue is None or before.has_ended or before.id in queue.committing:
            return before
        job = before
        if change.timing is not None:
            job = replace(job, durations=durations(change.timing, job.number))
        if change.ending is not None:
            job = replace(job, script=_script(change.ending))
        was_scored = before.script.kind == "score" and before.begun is not None
        is_scored_now = before.begun is not None and job.script.kind == "score" and not was_scored
        if is_scored_now:
            job = rules.begin_again(job, now, "its ending was changed to scoring")
        self._save(queue, job)
        if is_scored_now:
            self.orders.append(Order("score", job))
        if was_scored and job.script.kind != "score":
            queue.outcomes.pop(job.id, None)
            queue.changed()
            self.orders.append(Order("drop", job))
        self._settle_later(queue, now)
        return self.store.find(job_id) or job

    def clear(self) -> None:
        """Forget every job."""
        self.store.clear()
        running = [job for queue in self._queues.values() for job in queue.running.values()]
        self._empty()
        self.orders += [Order("drop", job) for job in running]

    def _empty(self) -> None:
        places = {endpoint: queue.places for endpoint, queue in self._queues.items()}
        self._queues = {endpoint: _Queue(number) for endpoint, number in places.items()}
        self._number = self._starts = 0
        self.orders = []

    def _settle(self, queue: _Queue, now: float) -> None:
        while (step := queue.next_step()) is not None and step.moment <= now:
            self._take(queue, step)

    def _settle_later(self, queue: _Queue, now: float) -> None:
        """Let happen what is due; what cannot be written down now must not undo what was."""
        with suppress(StateNotSaved):
            self._settle(queue, now)

    def _take(self, queue: _Queue, step: Step) -> None:
        job = step.job
        if step.what == "begin":
            begun = rules.begin(job, step.moment)
            self._save(queue, begun)
            if begun.script.kind == "score" and not begun.has_ended:
                self.orders.append(Order("score", begun))
        elif step.what == "commit":
            queue.committing.add(job.id)
            outcome = queue.outcomes.pop(job.id)
            queue.changed()
            self.orders.append(Order("commit", job, outcome))
        elif job.script.kind != "score":
            self._save(queue, rules.fail(job, step.moment, job.script.details, "scripted to fail"))
        else:
            details = queue.outcomes[job.id].details or ""
            self._save(queue, rules.fail(job, step.moment, details, "scoring failed"))

    def _save(self, queue: _Queue, job: Job) -> None:
        """Write a job down; only then does the change count."""
        self.store.save(job)
        if job.started is not None:
            queue.put(job)


def _is_awaited(job: Job, outcomes: Mapping[str, Outcome], until: float) -> bool:
    return job.script.kind == "score" and job.id not in outcomes and rules.ends_at(job) <= until


def _script(ending: Ending) -> Script:
    match ending:
        case Fail(fail=details):
            return Script("fail", details)
        case FailAtStart(fail_at_start=details):
            return Script("fail_at_start", details)
        case _:
            return Script(ending)

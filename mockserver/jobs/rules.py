"""What may happen to a job in which state, and what has happened to it by now?

Pure: no clock, no disk, no worker. A job is a frozen record; each rule returns the next record,
with what happened noted in it. Times are seconds since 1970, UTC.

    NotStarted --start--> NotStarted (queued) --a place is free--> Running --> Finished | Failed
    NotStarted | Running --delete--> Cancelled
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Literal

import msgspec
from msgspec.structs import replace

from mockserver.evidence import Evidence, Fact
from mockserver.jobs.failures import JobCannotStart
from mockserver.jobs.timing import Durations
from mockserver.storage.references import BlobReference

FACTS = (
    Fact(
        "A job is NotStarted until it runs, also after its start; then Running, and Finished,"
        " Failed or Cancelled.",
        Evidence.CAPTURED,
        "one whole run of March 2017, polled each 5 s, and the names in client sources",
    ),
    Fact(
        "Starting a job that was started or has ended is InvalidOperation/CannotStartJob with the"
        " name of its state.",
        Evidence.PUBLISHED,
        "the document of web service error codes",
    ),
    Fact(
        "DELETE cancels a job that has not ended; on one that has ended it succeeds and changes"
        " nothing.",
        Evidence.CAPTURED,
        "azmlclient deletes finished jobs before it downloads their outputs, and fails on an error",
    ),
    Fact(
        "40 jobs of an endpoint run at a time, the others wait in the order of their starts.",
        Evidence.PUBLISHED,
        "the frequently asked questions and the scaling document",
    ),
)


class State(StrEnum):
    """The states under their names on the wire."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    FINISHED = "Finished"


class Transition(msgspec.Struct, frozen=True):
    """One step in a job's life. `before` is None for the first."""

    time: float
    before: State | None
    after: State
    cause: str


class Script(msgspec.Struct, frozen=True):
    """How a job shall end: by its real scoring, never, or failing with these details."""

    kind: Literal["score", "hang", "fail", "fail_at_start"] = "score"
    details: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What the real scoring came to, and when: staged blocks of each output, or why it failed."""

    time: float
    details: str | None
    blocks: Mapping[str, Sequence[str]] = {}


class Job(msgspec.Struct, frozen=True):
    """All that is known about a job."""

    id: str
    endpoint: str
    number: int
    inputs: Mapping[str, BlobReference]
    outputs: Mapping[str, BlobReference]
    parameters: Mapping[str, str | int | float | bool | None]
    durations: Durations
    script: Script
    submitted: float
    state: State = State.NOT_STARTED
    started: float | None = None
    begun: float | None = None
    ended: float | None = None
    details: str | None = None
    place_in_queue: int = 0
    """A number that grows with every start: who has the smaller one runs first."""
    polls: int = 0
    """Polls that were answered in the present state, since the start."""
    polled: float = 0.0
    """When the last of them was answered."""
    attempts: int = 0
    """How many times the scoring was begun: once, and once more after each restart."""
    transitions: tuple[Transition, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.ended is not None


def submitted(job: Job) -> Job:
    """Return a new job with its first transition."""
    first = Transition(job.submitted, None, State.NOT_STARTED, "submitted")
    return replace(job, transitions=(first,))


def start(job: Job, now: float, place_in_queue: int) -> Job:
    """Put a job in the queue. Raises JobCannotStart."""
    if job.started is not None or job.has_ended:
        raise JobCannotStart(job.state.value)
    queued = replace(job, started=now, place_in_queue=place_in_queue)
    return _noted(queued, now, State.NOT_STARTED, "started")


def polled(job: Job, now: float) -> Job:
    """Count a poll, if the job's times are polls."""
    if job.durations.polls is None or job.started is None or job.has_ended:
        return job
    return replace(job, polls=job.polls + 1, polled=now)


def cancel(job: Job, now: float) -> Job:
    """Cancel a job; one that has ended stays as it is."""
    if job.has_ended:
        return job
    return _noted(replace(job, ended=now), now, State.CANCELLED, "cancelled")


def begin(job: Job, moment: float) -> Job:
    """Let a job run; or end, if it shall fail at its start."""
    if job.script.kind == "fail_at_start":
        return fail(job, moment, job.script.details, "scripted to fail at its start")
    cause = "queueing time over, a place free"
    return _noted(replace(job, begun=moment, polls=0, attempts=1), moment, State.RUNNING, cause)


def begin_again(job: Job, now: float, cause: str) -> Job:
    """Score a running job once more."""
    return _noted(replace(job, attempts=job.attempts + 1), now, State.RUNNING, cause)


def fail(job: Job, moment: float, details: str, cause: str) -> Job:
    """End a job with these details."""
    return _noted(replace(job, ended=moment, details=details), moment, State.FAILED, cause)


def finish(job: Job, moment: float) -> Job:
    """End a job whose outputs are committed."""
    return _noted(replace(job, ended=moment), moment, State.FINISHED, "outputs committed")


def _noted(job: Job, moment: float, after: State, cause: str) -> Job:
    transition = Transition(moment, job.state, after, cause)
    return replace(job, state=after, transitions=(*job.transitions, transition))


def begins_at(job: Job) -> float:
    """Return when a started job may run at the earliest; infinity: not before another poll."""
    assert job.started is not None  # noqa: S101
    if job.durations.polls is not None:
        is_due = job.polls >= job.durations.polls
        return max(job.started, job.polled) if is_due else math.inf
    return job.started + job.durations.queued_seconds


def ends_at(job: Job) -> float:
    """Return when the time of a running job is over; infinity: never, or not before another poll.

    That is by its script alone: the job ends then if its real scoring is done, and later if not.
    """
    assert job.begun is not None  # noqa: S101
    if job.script.kind == "hang":
        return math.inf
    if job.durations.polls is not None:
        return max(job.begun, job.polled) if job.polls >= job.durations.polls else math.inf
    return job.begun + job.durations.running_seconds


class Step(msgspec.Struct, frozen=True):
    """What happens next in a queue: which job, when, and what."""

    moment: float
    job: Job
    what: Literal["begin", "fail", "commit"]


def next_step(
    running: Iterable[Job],
    waiting: Iterable[Job],
    outcomes: Mapping[str, Outcome],
    places: int,
    free_since: float,
) -> Step | None:
    """Return the earliest step that the jobs of an endpoint are to take, or None.

    `waiting` are the started jobs in the order of their starts. `outcomes` holds those of running
    jobs whose real scoring is over. `places` is how many may run; they are not all taken since
    `free_since`. The step may lie in the future.
    """
    taken = 0
    best: Step | None = None
    for job in running:
        taken += 1
        step = _end(job, outcomes.get(job.id))
        if step is not None and (best is None or step.moment < best.moment):
            best = step
    if taken < places:
        for job in waiting:
            moment = max(begins_at(job), free_since)
            if moment < math.inf and (best is None or moment < best.moment):
                best = Step(moment, job, "begin")
    return best


def _end(job: Job, outcome: Outcome | None) -> Step | None:
    moment = ends_at(job)
    if moment == math.inf:
        return None
    if job.script.kind in ("fail", "fail_at_start"):
        return Step(moment, job, "fail")
    if outcome is None:
        return None
    moment = max(moment, outcome.time)
    return Step(moment, job, "commit" if outcome.details is None else "fail")

"""Do the rules allow what they should, note it, and find what comes next?"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace

from mockserver.jobs import rules
from mockserver.jobs.failures import JobCannotStart
from mockserver.jobs.rules import Job, Outcome, Script, State, Step
from mockserver.jobs.timing import Durations
from tests.mockserver.jobs.made import made_job

NEVER = math.inf
Kind = Literal["score", "fail", "fail_at_start"]


def started(job: Job, moment: float = 10) -> Job:
    return rules.start(job, moment, job.number)


def running(job: Job, moment: float = 12) -> Job:
    return rules.begin(started(job), moment)


@pytest.mark.parametrize(
    ("end", "state", "details"),
    [
        (lambda job: rules.finish(job, 20), "Finished", None),
        (lambda job: rules.fail(job, 20, "why", "because"), "Failed", "why"),
        (lambda job: rules.cancel(job, 20), "Cancelled", None),
    ],
)
def test_a_life_is_noted(end: Callable[[Job], Job], state: str, details: str | None) -> None:
    """Each step has its time, its states and its cause, from the submission to the end."""
    job = end(rules.begin_again(running(made_job(moment=5)), 15, "a restart"))
    assert (job.state, job.details, job.has_ended) == (state, details, True)
    assert (job.submitted, job.started, job.begun, job.ended) == (5, 10, 12, 20)
    assert job.attempts == 2
    steps = [(step.time, step.before, step.after) for step in job.transitions]
    assert steps == [
        (5, None, "NotStarted"),
        (10, "NotStarted", "NotStarted"),
        (12, "NotStarted", "Running"),
        (15, "Running", "Running"),
        (20, "Running", state),
    ]
    assert all(step.cause for step in job.transitions)


ENDED = [
    rules.finish(running(made_job()), 20),
    rules.fail(running(made_job()), 20, "why", "because"),
    rules.cancel(running(made_job()), 20),
    rules.cancel(started(made_job()), 20),
    rules.cancel(made_job(), 20),
]


@pytest.mark.parametrize("job", [started(made_job()), running(made_job()), *ENDED])
def test_a_job_starts_once(job: Job) -> None:
    """A second start is refused in every state, with the name of the state."""
    with pytest.raises(JobCannotStart) as refused:
        rules.start(job, 30, 1)
    assert refused.value.arguments == (job.state.value,)


@pytest.mark.parametrize("job", ENDED)
def test_what_has_ended_stays(job: Job) -> None:
    """To cancel a job that has ended changes nothing."""
    assert rules.cancel(job, 99) is job


@pytest.mark.parametrize("job", [made_job(), started(made_job()), running(made_job())])
def test_what_has_not_ended_is_cancelled(job: Job) -> None:
    """A submitted, a waiting and a running job end at once, without details."""
    cancelled = rules.cancel(job, 30)
    assert (cancelled.state, cancelled.ended, cancelled.details) == (State.CANCELLED, 30, None)


def test_a_job_can_fail_at_its_start() -> None:
    """Then it never begins: it goes from NotStarted to Failed."""
    job = running(made_job(script=Script("fail_at_start", "why")))
    assert (job.state, job.begun, job.ended, job.details) == (State.FAILED, None, 12, "why")


@pytest.mark.parametrize(
    ("durations", "polls", "begins", "ends"),
    [
        (Durations(2, 5), 0, 12, 17),
        (Durations(polls=2), 1, NEVER, NEVER),
        (Durations(polls=2), 2, 11, 12),
        (Durations(polls=2), 3, 14, 14),
        (Durations(polls=0), 0, 10, 12),
    ],
)
def test_times_come_from_seconds_or_polls(
    durations: Durations, polls: int, begins: float, ends: float
) -> None:
    """A wait in polls is over with the last of them, one in seconds by the clock."""
    last = {1: 11.0, 2: 11.0, 3: 14.0}.get(polls, 0.0)
    job = replace(made_job(), durations=durations)
    assert rules.begins_at(replace(started(job), polls=polls, polled=last)) == begins
    assert rules.ends_at(replace(running(job), polls=polls, polled=last)) == ends


def test_polls_are_counted_in_each_state() -> None:
    """Where times are polls; from the start on, from none again when the job begins, to its end."""
    by_seconds, submitted = started(made_job()), replace(made_job(), durations=Durations(polls=2))
    assert rules.polled(by_seconds, 11) is by_seconds
    assert rules.polled(submitted, 11) is submitted
    waiting = rules.polled(rules.polled(started(submitted), 11), 13)
    assert (waiting.polls, waiting.polled) == (2, 13)
    active = rules.begin(waiting, 13)
    assert active.polls == 0
    ended = rules.cancel(rules.polled(active, 14), 15)
    assert ended.polls == 1
    assert rules.polled(ended, 16) is ended


def test_one_that_hangs_never_ends() -> None:
    """Whatever its durations are."""
    job = running(made_job(script=Script("hang")))
    assert rules.ends_at(job) == NEVER
    assert rules.ends_at(replace(job, durations=Durations(polls=0))) == NEVER
    assert rules.next_step([job], [], {job.id: Outcome(0, None)}, 1, 0) is None


class Queue(NamedTuple):
    """What the next step of an endpoint depends on."""

    running: list[Job]
    waiting: list[Job]
    outcomes: dict[str, Outcome]
    places: int
    free_since: float


SECONDS = st.integers(0, 6).map(float)
DURATIONS = st.builds(Durations, SECONDS, SECONDS) | st.builds(Durations, polls=st.integers(0, 2))
SCRIPTS = st.sampled_from(
    [Script(), Script(), Script("hang"), Script("fail", "why"), Script("fail_at_start", "why")]
)


@st.composite
def queues(draw: st.DrawFn) -> Queue:
    """Draw some jobs that run and some that wait, with few moments, so that many coincide."""
    jobs = []
    for number in range(draw(st.integers(0, 8))):
        job = replace(made_job(number, 0, draw(SCRIPTS)), durations=draw(DURATIONS))
        job = rules.start(job, draw(SECONDS), number)
        jobs.append(replace(job, polls=draw(st.integers(0, 3)), polled=draw(SECONDS)))
    split = draw(st.integers(0, len(jobs)))
    active = [replace(job, begun=draw(SECONDS), state=State.RUNNING) for job in jobs[:split]]
    outcomes = {
        job.id: Outcome(draw(SECONDS), draw(st.none() | st.just("why")))
        for job in active
        if draw(st.booleans())
    }
    places = draw(st.integers(1, 9))
    return Queue(active, jobs[split:], outcomes, places, draw(SECONDS))


def due(job: Job, since: float, seconds: float) -> float:
    """Return when a job's time in its present state is over."""
    polls = job.durations.polls
    if polls is None:
        return since + seconds
    return max(since, job.polled) if job.polls >= polls else NEVER


def every_step(queue: Queue) -> list[tuple[float, int, int, str, str]]:
    """List each step that some job could take next: when, ends first, then in its order."""
    found: list[tuple[float, int, int, str, str]] = []
    for place, job in enumerate(queue.running):
        over = due(job, job.begun or 0, job.durations.running_seconds)
        outcome = queue.outcomes.get(job.id)
        if job.script.kind.startswith("fail"):
            found.append((over, 0, place, job.id, "fail"))
        elif job.script.kind == "score" and outcome is not None:
            what = "fail" if outcome.details else "commit"
            found.append((max(over, outcome.time), 0, place, job.id, what))
    if len(queue.running) < queue.places:
        for place, job in enumerate(queue.waiting):
            ready = due(job, job.started or 0, job.durations.queued_seconds)
            found.append((max(ready, queue.free_since), 1, place, job.id, "begin"))
    return sorted(step for step in found if step[0] < NEVER)


@given(queues())
def test_the_next_step_is_the_earliest(queue: Queue) -> None:
    """Of all that could happen, the earliest: an end before a begin, the first in line first."""
    step = rules.next_step(*queue)
    found = every_step(queue)
    if not found:
        assert step is None
    else:
        moment, _, _, job, what = found[0]
        assert step is not None
        assert (step.moment, step.job.id, step.what) == (moment, job, what)


def simulated(jobs: Sequence[Job], places: int) -> tuple[list[Job], list[Step]]:
    """Let started jobs go to their ends; their scorings are done when they begin."""
    waiting, active = {job.id: job for job in jobs}, dict[str, Job]()
    outcomes: dict[str, Outcome] = {}
    ended, steps, free_since = [], [], 0.0
    while step := rules.next_step(active.values(), waiting.values(), outcomes, places, free_since):
        steps.append(step)
        job = step.job
        if step.what == "begin":
            job = rules.begin(waiting.pop(job.id), step.moment)
            if not job.has_ended:
                active[job.id] = job
                outcomes[job.id] = Outcome(step.moment, None)
                assert len(active) <= places
                continue
        elif step.what == "fail":
            job = rules.fail(job, step.moment, "why", "because")
        else:
            job = rules.finish(job, step.moment)
        ended.append(job)
        if job.begun is not None:
            if len(active) == places:
                free_since = step.moment
            del active[job.id]
    assert not waiting
    return ended, steps


PLANS = st.lists(
    st.tuples(SECONDS, SECONDS, SECONDS, st.sampled_from(get_args(Kind))),
    max_size=12,
)


@given(PLANS, st.integers(1, 4))
def test_every_job_ends_and_its_steps_are_a_chain(
    plans: list[tuple[float, float, float, Kind]], places: int
) -> None:
    """Steps come in the order of time, no job overtakes without need, nobody is forgotten."""
    jobs = []
    for number, (moment, queued, seconds, kind) in enumerate(sorted(plans)):
        job = made_job(number, 0, Script(kind, "why"))
        job = replace(job, durations=Durations(queued, seconds))
        jobs.append(rules.start(job, moment, number))
    ended, steps = simulated(jobs, places)
    assert [step.moment for step in steps] == sorted(step.moment for step in steps)
    assert sorted(job.id for job in ended) == [job.id for job in jobs]
    for job in ended:
        moments = [step.time for step in job.transitions]
        assert moments == sorted(moments)
        assert job.transitions[0].before is None
        for one, next_one in pairwise(job.transitions):
            assert next_one.before is one.after
        assert job.transitions[-1].after is job.state
    begun = [
        (job.begun, job.place_in_queue, rules.begins_at(job))
        for job in ended
        if job.begun is not None
    ]
    for (moment, place, _), (other, next_place, ready) in pairwise(sorted(begun)):
        # Whoever begins later came later, or was not ready yet.
        assert place < next_place or moment == other or ready > moment

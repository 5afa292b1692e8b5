"""Are the rules of a job's life those of the contract?"""

from itertools import pairwise
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from contracts.lifecycle.model import DONE, ENDS, STARTED_ALREADY, Job, State
from contracts.spec import contract_file

NOT_STARTED, RUNNING, FAILED, CANCELLED, FINISHED = (
    State.NOT_STARTED, State.RUNNING, State.FAILED, State.CANCELLED, State.FINISHED,
)  # fmt: skip
ORDER = {NOT_STARTED: 0, RUNNING: 1, FAILED: 2, CANCELLED: 2, FINISHED: 2}

STEPS: Any = st.sampled_from(["start", "delete", *State])
"""What a client does, or what a poll shows."""


def after(job: Job, step: Any) -> Job:
    """Return a job after a step; what a poll may not show is passed over."""
    if step == "start":
        return job.started()
    if step == "delete":
        return job.deleted()
    return job.shown(step) if step in job.may_be else job


@pytest.mark.parametrize(
    ("steps", "may_be"),
    [
        ([], {NOT_STARTED}),
        (["start"], {NOT_STARTED, RUNNING, FAILED, FINISHED}),
        (["start", RUNNING], {RUNNING, FAILED, FINISHED}),
        (["start", FINISHED], {FINISHED}),
        (["start", FAILED, "delete"], {FAILED}),
        (["delete"], {CANCELLED}),
        (["delete", "start"], {CANCELLED}),
        (["start", "delete"], {CANCELLED, FAILED, FINISHED}),
        (["start", RUNNING, "delete", CANCELLED], {CANCELLED}),
        (["start", "delete", FINISHED], {FINISHED}),
    ],
)
def test_where_a_job_may_be(steps: list[Any], may_be: set[State]) -> None:
    """By what was done to it, and what was seen of it."""
    job = Job()
    for step in steps:
        job = after(job, step)
    assert job.may_be == may_be


def test_data_may_say_how_it_ends() -> None:
    """A job over good data does not fail by itself."""
    job = Job(end=FINISHED).started()
    assert job.may_be == {NOT_STARTED, RUNNING, FINISHED}
    assert job.deleted().may_be == {CANCELLED, FINISHED}


def test_what_may_not_be_is_told() -> None:
    """The message names what may be."""
    job = Job().started().shown(RUNNING)
    with pytest.raises(ValueError, match="NotStarted where only Running or Failed or Finished"):
        job.shown(NOT_STARTED)
    assert job.history == "of a job that was started, last seen Running"
    assert Job().history == "of a job that was never started"
    assert Job().started().deleted().history == "of a job that was started and deleted"
    assert job.shown(FINISHED).history == "after Finished"


def test_a_job_starts_once() -> None:
    """Not twice, and not when it was cancelled; a delete is always done."""
    assert Job().on_start == DONE
    assert Job().started().on_start == STARTED_ALREADY
    assert Job().deleted().on_start == STARTED_ALREADY
    assert Job().on_delete == Job().started().deleted().on_delete == DONE


@given(st.lists(STEPS, max_size=12))
def test_states_go_forwards(steps: list[Any]) -> None:
    """Whatever happens: no state is left for an earlier one, and an end is never left."""
    jobs = [Job()]
    for step in steps:
        jobs.append(after(jobs[-1], step))
    for earlier, later in pairwise(jobs):
        assert ORDER[earlier.seen] <= ORDER[later.seen]
        assert earlier.seen not in ENDS or later.seen is earlier.seen
        assert later.may_be
        assert not (earlier.is_deleted and NOT_STARTED in later.may_be)
        assert later.will_end == (later.is_started or later.is_deleted)


@given(st.lists(STEPS, max_size=12))
def test_only_a_delete_cancels_and_only_a_start_runs(steps: list[Any]) -> None:
    """Nothing else makes these states possible."""
    job = Job()
    for step in steps:
        job = after(job, step)
    assert CANCELLED not in job.may_be or "delete" in steps
    assert {RUNNING, FINISHED, FAILED}.isdisjoint(job.may_be) or "start" in steps


def test_the_states_are_those_of_the_contract() -> None:
    """Every one, and no other."""
    document = yaml.safe_load(contract_file().read_text(encoding="utf-8"))
    status = document["components"]["schemas"]["BatchExecutionStatus"]
    assert set(State) == set(status["properties"]["StatusCode"]["enum"])

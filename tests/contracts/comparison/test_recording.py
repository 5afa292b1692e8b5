"""Is what a run sends written down, with its pauses, its files and its keys?"""

from dataclasses import replace

import pytest

from contracts.comparison.recording import ODD, BlobWritten, Pause, record, required_by
from contracts.exchange import Exchange
from contracts.preflight import CannotJudge
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import Target

JOBS = ("result_opens_with_its_token", "every_form_of_submit_is_taken")


def test_calls_pauses_and_files_are_recorded(target: Target) -> None:
    """A run over jobs has all three, in their order, and tokens that were made are known."""
    made = record(target, Plan(Profile.CI, only=JOBS))
    kinds = {type(step) for step in made.steps}
    assert kinds == {Exchange, Pause, BlobWritten}
    assert isinstance(made.steps[0], BlobWritten)
    assert made.needs_storage
    assert made.storage_url.startswith("http://127.0.0.1")
    assert {exchange.label for exchange in made.exchanges} <= {*JOBS, "probes"}
    assert len(made.keys.tokens) > 0
    written = [each.outputs for each in made.exchanges if each.outputs]
    assert len(written) >= 2
    assert all(each["output1"].body.startswith(b"Col2,") for each in written)
    assert not made.is_full


def test_the_same_seed_records_the_same_calls(target: Target) -> None:
    """But for the ids that the service gives, two recordings are one."""
    plan = Plan(Profile.SMOKE, seed=3)
    runs = [[e.request.method for e in record(target, plan).exchanges] for _ in range(2)]
    assert runs[0] == runs[1]
    assert len(runs[0]) > 20


def test_checks_that_send_no_single_calls_are_left_out(target: Target) -> None:
    """What tears connections means nothing when it is sent again call by call."""
    made = record(target, Plan(only=("large_header_is_survived",)))
    assert "transport" in ODD
    assert "large_header_is_survived" not in {exchange.label for exchange in made.exchanges}


def test_a_gateway_says_what_it_requires(target: Target, through: Target) -> None:
    """Usual calls of a recording have what the candidate's gateway wants, so they get through."""
    required = required_by(through)
    assert required["execute"] == {"api-version", "details"}
    assert required["delete_job"] == {"api-version"}
    assert required_by(target) == {}
    check = "cancelled_job_leaves_no_output"
    made = record(target, Plan(only=(check,)), required=required)
    deletes = [e for e in made.exchanges if e.operation == "delete_job" and e.label == check]
    assert deletes
    assert all("api-version=" in exchange.request.target for exchange in deletes)


def test_a_candidate_that_cannot_be_judged_is_told(through: Target) -> None:
    """A wrong key of the gateway is no reason to compare anything."""
    with pytest.raises(CannotJudge, match="refuses the subscription key"):
        required_by(replace(through, subscription_key="wrong"))

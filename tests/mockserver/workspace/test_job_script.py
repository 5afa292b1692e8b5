"""Is a script for jobs read in each of its forms, and changed only where a change says so?"""

from typing import Any

import pytest
from pydantic import ValidationError

from mockserver.workspace.job_script import (
    Fail,
    FailAtStart,
    JobScript,
    JobScriptChange,
    PollsTiming,
    SecondsTiming,
)


def test_a_script_has_defaults() -> None:
    """Jobs are quick and really scored; a change with nothing in it changes nothing."""
    assert JobScript() == JobScript(timing="quick", ending="score")
    assert JobScriptChange().applied_to(JobScript(timing="polls")) == JobScript(timing="polls")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"timing": "observed"}, JobScript(timing="observed")),
        ({"timing": {"profile": "polls"}}, JobScript(timing=PollsTiming(profile="polls"))),
        (
            {"timing": {"running_seconds": 2.5}},
            JobScript(timing=SecondsTiming(running_seconds=2.5)),
        ),
        ({"ending": "hang"}, JobScript(ending="hang")),
        ({"ending": {"fail": "why"}}, JobScript(ending=Fail(fail="why"))),
        ({"ending": {"fail_at_start": "why"}}, JobScript(ending=FailAtStart(fail_at_start="why"))),
        ({"timing": None, "ending": None}, JobScript()),
    ],
)
def test_every_form_is_read(given: dict[str, Any], expected: JobScript) -> None:
    """A change in JSON is applied, and what results can be written and read again."""
    script = JobScriptChange.model_validate(given).applied_to(JobScript())
    assert script == expected
    assert JobScript.model_validate(script.model_dump(mode="json")) == script


def test_a_change_leaves_the_rest() -> None:
    """Timing and ending are set one without the other; the first script stays as it is."""
    script = JobScript(timing="observed", ending="hang")
    assert JobScriptChange(timing="polls").applied_to(script).ending == "hang"
    assert JobScriptChange(ending="score").applied_to(script).timing == "observed"
    assert script == JobScript(timing="observed", ending="hang")


@pytest.mark.parametrize(
    "given",
    [
        {"timing": "slow"},
        {"timing": {"profile": "quick"}},
        {"timing": {"profile": "polls", "polls": -1}},
        {"timing": {"profile": "polls", "polls": 1001}},
        {"timing": {"profile": "polls", "queued_seconds": 1}},
        {"timing": {"queued_seconds": -0.1}},
        {"timing": {"running_seconds": 1e10}},
        {"timing": {"running_seconds": float("nan")}},
        {"timing": {"running_seconds": float("inf")}},
        {"timing": {"jitter": 1.1}},
        {"timing": {"jitter": float("nan")}},
        {"timing": {"seed": 1.5}},
        {"timing": 3},
        {"ending": "explode"},
        {"ending": {"fail": ""}},
        {"ending": {"fail": "x" * 10_001}},
        {"ending": {"fail": "x", "fail_at_start": "y"}},
        {"ending": {}},
        {"endings": "score"},
        [],
    ],
)
def test_what_is_no_script_is_refused(given: object) -> None:
    """Unknown names and members, and numbers out of range, are mistakes."""
    with pytest.raises(ValidationError):
        JobScriptChange.model_validate(given)

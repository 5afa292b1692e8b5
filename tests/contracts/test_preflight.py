"""Is it told at once when there can be no verdict, and is a target understood otherwise?"""

from dataclasses import replace
from typing import Any

import pytest

from contracts.preflight import CannotJudge
from contracts.profiles import Profile
from contracts.run import Plan, Run
from contracts.target import Hashing, Target

SMOKE = Plan(profile=Profile.SMOKE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"api_key": "nobody's"}, "refuses the API key"),
        ({"service": "0" * 32}, "is not there"),
        ({"prefix": "/elsewhere"}, "is not there"),
        ({"url": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"sample": {"Inputs": 1}}, "table form"),
        (
            {"sample": {"Inputs": {"input1": {"ColumnNames": ["a"], "Values": [["b"]]}}}},
            r"sample request is refused \(400 \w+ \w+\): give one .* --sample",
        ),
    ],
)
def test_no_verdict_is_one_clear_line(target: Target, change: dict[str, Any], message: str) -> None:
    """A wrong key or address must not be a run in which all is well."""
    with Run(replace(target, **change), SMOKE) as run, pytest.raises(CannotJudge, match=message):
        run.prepare()


def test_a_wrong_subscription_key_is_told(through: Target) -> None:
    """It is the gateway that refuses, and the line says so."""
    with (
        Run(replace(through, subscription_key="nobody's"), SMOKE) as run,
        pytest.raises(CannotJudge, match="gateway refuses the subscription key"),
    ):
        run.prepare()


def test_the_service_is_learnt_from_itself(target: Target) -> None:
    """Inputs, outputs, a sample, and that it hashes features."""
    with Run(target, SMOKE) as run:
        run.prepare()
        service = run.session.service
    assert service.inputs == {"input1": {"Col2": "string"}}
    assert service.output_names == ("output1",)
    assert service.hashing == Hashing("Col2", 3, 2)
    assert run.session.gateway.required == {}


def test_the_gateways_templates_are_learnt(through: Target) -> None:
    """What a URL template holds is required; what has no operation is not offered."""
    with Run(through, SMOKE) as run:
        run.prepare()
        rules, service = run.session.gateway, run.session.service
    assert rules.required["execute"] == {"api-version", "details"}
    assert rules.required["delete_job"] == {"api-version"}
    assert rules.missing == {"get_swagger_document"}
    assert service.inputs == {"input1": {"Col2": "string"}}

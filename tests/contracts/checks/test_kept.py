"""Does the emulator keep RRS, its keys and its connections, and do services unlike the how-to's?"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.catalogue import all_checks
from contracts.run import Plan, judge_target
from contracts.target import Target
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from tests.contracts.checks.tiny_service import OTHER_KEY, of_emulator
from tests.contracts.conftest import gated

RRS, SECURITY, TRANSPORT = (
    [check.name for check in all_checks().values() if check.group == group]
    for group in ("rrs", "security", "transport")
)
CHECKS = [*RRS, *SECURITY, *TRANSPORT]
NEEDS_MORE = {
    "cell_type_is_checked": "no input column is a number",
    "column_order_is_free": "the service has one column",
    "no_rows_give_no_rows": "the experiment refuses a table without rows",
    "huge_body_is_answered": "the target takes no body of this size",
}
"""What the how-to's service cannot show."""
OF_GATEWAY = {
    "unknown_path_is_not_found": "the gateway answers this by itself",
    "version_is_required": "the gateway answers this by itself",
    "wrong_verb_is_not_allowed": "the gateway answers this by itself",
    "swagger_needs_no_key": "the target does not serve swagger.json",
}
"""Calls that the URL templates of the how-to's gateway do not let through."""
OTHERS = Path(__file__).parents[2] / "cases" / "mockserver.yaml"
EVERY_TYPE = {
    "Inputs": {
        "input1": {
            "ColumnNames": ["Text", "Double", "Single", "Int32", "Int64", "Boolean", "DateTime"],
            "Values": [["a", 0.5, 1.5, 1, 2, True, "2010-05-30T18:09:00"]],
        }
    },
    "GlobalParameters": {},
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_emulator_keeps_it(check: str, target: Target) -> None:
    """Called directly; what is not judged says why."""
    reasons = {NEEDS_MORE[check]} if check in NEEDS_MORE else set()
    assert of_emulator(replace(target, other_api_key=OTHER_KEY), check) == (reasons, [], {})


@pytest.mark.parametrize("check", CHECKS)
def test_the_emulator_behind_its_gateway_keeps_it(check: str, through: Target) -> None:
    """What the gateway answers by itself is not judged."""
    whys = NEEDS_MORE | OF_GATEWAY
    reasons = {whys[check]} if check in whys else set()
    assert of_emulator(replace(through, other_api_key=OTHER_KEY), check) == (reasons, [], {})


@pytest.mark.parametrize("check", TRANSPORT)
def test_a_limit_of_calls_is_no_fault(check: str, world: Ready) -> None:
    """Whoever may call five times a minute waits, on the emulator's clock."""
    _, found, trouble = of_emulator(gated(world, "starter"), check)
    assert (found, trouble) == ([], {})


@pytest.fixture(scope="module")
def others() -> Iterator[Ready]:
    """Run the world of the case files, whose functions are beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(OTHERS.parent))
        with running_emulator(OTHERS) as ready:
            yield ready


@pytest.mark.parametrize(
    ("name", "sample", "judged"),
    [
        ("hashing", None, {"cell_type_is_checked", "column_order_is_free"}),
        ("tables", None, {"cell_type_is_checked", "column_order_is_free"}),
        ("echo", EVERY_TYPE, NEEDS_MORE.keys() & RRS),
        ("number", None, {"cell_type_is_checked", "no_rows_give_no_rows"}),
        ("text", None, {"no_rows_give_no_rows"}),
        ("parameters", None, {"cell_type_is_checked", "unexpected_parameters_are_refused"}),
    ],
)
def test_another_service_keeps_it(name: str, sample: Any, judged: set[str], others: Ready) -> None:
    """Numbers, several inputs, required parameters, fixed rows; what matters is not skipped."""
    workspace = yaml.safe_load(OTHERS.read_text(encoding="utf-8"))["workspaces"][0]
    (service,) = (one for one in workspace["services"] if one["name"] == name)
    endpoint = service["endpoints"][0]
    target = Target(
        others["services"]["url"],
        workspace["id"],
        endpoint["id"],
        endpoint["primary_key"],
        sample=sample,
    )
    report = judge_target(target, Plan(only=RRS))
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")
    tallies = report.findings.tallies.items()
    assert judged <= {check for (check, _), tally in tallies if tally.tried and not tally.skipped}

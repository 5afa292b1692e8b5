"""Is there no false alarm at services that are unlike the how-to's?

Two inputs and two outputs, required parameters, fixed rows whatever goes in, jobs that end at once.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from contracts.catalogue import all_checks
from contracts.run import Plan, judge_target
from contracts.target import Target
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready

WORLD = Path(__file__).parents[3] / "cases" / "mockserver.yaml"
CHECKS = [
    check.name
    for check in all_checks().values()
    if check.perform and check.group in {"jobs", "meaning"}
]


@pytest.fixture(scope="module")
def world() -> Iterator[Ready]:
    """Run the world of the case files, whose functions are beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(WORLD.parent))
        with running_emulator(WORLD, poll_wait_seconds=60) as ready:
            yield ready


@pytest.mark.parametrize("name", ["tables", "number", "parameters", "polled"])
def test_another_service_keeps_the_contract(name: str, world: Ready) -> None:
    """Nothing is found, and what cannot be told is skipped."""
    workspace = yaml.safe_load(WORLD.read_text(encoding="utf-8"))["workspaces"][0]
    (service,) = (one for one in workspace["services"] if one["name"] == name)
    endpoint = service["endpoints"][0]
    target = Target(
        url=world["services"]["url"],
        workspace=workspace["id"],
        service=endpoint["id"],
        api_key=endpoint["primary_key"],
        storage=world["storage"]["connection_string"],
        admin_url=world["admin"]["url"],
    )
    report = judge_target(target, Plan(only=CHECKS))
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")

"""Does the judge see every fault of the bank, and call it by its name?"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.catalogue import all_checks
from contracts.profiles import Profile
from contracts.run import Plan, judge_target
from contracts.target import Target
from tests.contracts.broken_servers.bank import BANK
from tests.contracts.broken_servers.byte_proxy import byte_proxy
from tests.contracts.broken_servers.faults import FAULTS, Fault
from tests.contracts.broken_servers.proxy import broken_server
from tests.contracts.broken_servers.worlds import worlds

pytestmark = pytest.mark.slow

NOT_IN_THE_BANK = {
    "huge_body_is_answered": "not in the ci profile: it takes a body of 64 MiB; checks/transport",
}
"""Checks that have no fault here; where tests break their promise instead."""
PATIENCE = 3.0
"""Seconds. Some faults are that no answer comes; nobody need wait long for it here."""


@pytest.fixture(scope="module")
def judges() -> list[str]:
    """Name the checks that look at every reply."""
    return [check.name for check in all_checks().values() if check.judge]


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, Target]]:
    """Run all that broken servers stand in front of."""
    with worlds() as running:
        yield running


@pytest.mark.parametrize("fault", BANK.values(), ids=BANK)
def test_a_fault_is_found_and_named(
    fault: Fault, targets: dict[str, Target], judges: list[str]
) -> None:
    """By the check that is about it, beside all judges and whatever brings it up."""
    target = targets[fault.world]
    timeout = PATIENCE if fault.link else target.timeout
    only = [*judges, fault.check, *fault.by]
    with fault.in_front_of(target.url) as url:
        report = judge_target(replace(target, url=url, timeout=timeout), Plan(only=only))
    assert report.trouble == {}
    found = {finding.check for finding in report.findings.found.values()}
    assert fault.check in found, report.findings.found


def test_an_honest_proxy_has_no_fault(targets: dict[str, Target]) -> None:
    """So what is found in the others is their fault, and not the proxy's."""
    target = targets["howto"]
    with broken_server(target.url) as url:
        report = judge_target(replace(target, url=url), Plan())
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")


def test_an_honest_proxy_of_bytes_has_no_fault(targets: dict[str, Target]) -> None:
    """Likewise, with another seed, and with fewer generated cases."""
    target = targets["howto"]
    plan = Plan(Profile.SMOKE, seed=2, only=tuple(all_checks()))
    with byte_proxy(target.url) as url:
        report = judge_target(replace(target, url=url), plan)
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")


@pytest.mark.parametrize("world", ["gateway", "limited", "people"])
def test_no_other_world_has_a_fault_of_its_own(
    world: str, targets: dict[str, Target], judges: list[str]
) -> None:
    """Where those checks look that its faults are about."""
    target = targets[world]
    faults = [fault for fault in FAULTS if fault.world == world]
    only = [*judges, *(name for fault in faults for name in (fault.check, *fault.by))]
    with broken_server(target.url) as url:
        report = judge_target(replace(target, url=url), Plan(only=only))
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")


def test_the_bank_is_large_and_names_its_faults() -> None:
    """Sixty at least, each with a name of its own."""
    assert len(BANK) == len(FAULTS) >= 60


def test_every_check_can_fail() -> None:
    """Each has a fault in the bank, or tests of its own for a reason that is told."""
    proven = {fault.check for fault in BANK.values()}
    assert set(all_checks()) - proven - set(NOT_IN_THE_BANK) == set()
    assert proven.isdisjoint(NOT_IN_THE_BANK)

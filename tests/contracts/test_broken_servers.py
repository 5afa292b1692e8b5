"""Does the judge see every fault of the bank, and call it by its name?"""

from dataclasses import replace

import pytest

from contracts.catalogue import all_checks
from contracts.profiles import Profile
from contracts.run import Plan, Report, judge_target
from contracts.target import Target
from tests.contracts.broken_servers.bank import BANK
from tests.contracts.broken_servers.doors import OTHER_KEY
from tests.contracts.broken_servers.faults import FAULTS, Fault
from tests.contracts.broken_servers.proxy import broken_server, honest

NOT_IN_THE_BANK = {
    "gateway_refusals_are_predicted": "needs a gateway; checks/gateway",
    "missing_subscription_key_is_refused": "needs a gateway; checks/gateway",
    "rate_limit_is_kept": "needs a gateway; test_run.py",
    "cell_type_is_checked": "needs a service with a number column; checks/rrs",
    "column_order_is_free": "needs a service with two columns; checks/rrs",
    "no_rows_give_no_rows": "the how-to's service refuses a table without rows; checks/rrs",
    "huge_body_is_answered": "takes a body of 64 MiB; checks/transport",
    "broken_http_is_survived": "is about bytes that a proxy does not pass on; checks/transport",
    "connection_stays_whole": "likewise; checks/transport",
    "half_a_request_holds_nobody_up": "likewise; checks/transport",
    "slow_body_is_awaited": "likewise; checks/transport",
}
"""Checks that the how-to's world behind a proxy cannot break; where tests do it instead."""


@pytest.fixture(scope="module")
def judges() -> list[str]:
    """Name the checks that look at every reply."""
    return [check.name for check in all_checks().values() if check.judge]


def judged(target: Target, url: str, only: list[str]) -> Report:
    broken = replace(target, url=url, other_api_key=OTHER_KEY)
    return judge_target(broken, Plan(Profile.CI, only=only))


@pytest.mark.parametrize("fault", BANK.values(), ids=BANK)
def test_a_fault_is_found_and_named(fault: Fault, target: Target, judges: list[str]) -> None:
    """By the check that is about it, beside all judges and whatever brings it up."""
    with broken_server(target.url, fault.behaviour) as url:
        report = judged(target, url, [*judges, fault.check, *fault.by])
    assert report.trouble == {}
    found = {finding.check for finding in report.findings.found.values()}
    assert fault.check in found, report.findings.found


def test_an_honest_proxy_has_no_fault(target: Target) -> None:
    """So what is found in the others is their fault, and not the proxy's."""
    with broken_server(target.url, honest) as url:
        report = judge_target(replace(target, url=url), Plan(Profile.CI))
    assert (report.findings.found, report.trouble, report.incomplete) == ({}, {}, "")


def test_the_bank_is_large_and_names_its_faults() -> None:
    """Sixty at least, each with a name of its own."""
    assert len(BANK) == len(FAULTS) >= 60


def test_every_check_can_fail() -> None:
    """Each has a fault in the bank, or tests of its own for a reason that is told."""
    proven = {fault.check for fault in BANK.values()}
    assert set(all_checks()) - proven - set(NOT_IN_THE_BANK) == set()
    assert proven.isdisjoint(NOT_IN_THE_BANK)

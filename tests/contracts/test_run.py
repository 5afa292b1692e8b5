"""Does a run judge, skip, count and end as it should?"""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts import run as module
from contracts.check import Check, Need
from contracts.exchange import Exchange
from contracts.findings import Broken, NotJudged
from contracts.profiles import Profile
from contracts.run import Plan, Report, Run, judge_target
from contracts.session import Session
from contracts.target import Limit, Target
from contracts.wire import LimitReached

CLAUSE = "paths"


def performing(perform: Callable[[Session], None], *needs: Need) -> Check:
    return Check("mine", "Promise.", CLAUSE, perform=perform, needs=frozenset(needs))


@pytest.fixture
def judged(target: Target, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """Judge the emulator with the given checks only."""

    def judge(*checks: Check, max_time: float = 600.0) -> Report:
        monkeypatch.setattr(module, "all_checks", lambda: {check.name: check for check in checks})
        plan = Plan(Profile.SMOKE, max_time=max_time)
        return judge_target(replace(target, storage=None), plan)

    return judge


def test_the_emulator_keeps_the_contract(target: Target) -> None:
    """Smoke finds nothing, and the verdict is 0."""
    report = judge_target(target, Plan(Profile.SMOKE))
    assert report.findings.found == {}
    assert (report.exit_code, report.trouble, report.incomplete) == (0, {}, "")


def test_the_gateway_keeps_the_contract(through: Target) -> None:
    """What it answers by itself is predicted."""
    report = judge_target(through, Plan(Profile.SMOKE))
    assert (report.findings.found, report.exit_code) == ({}, 0)


def test_a_broken_promise_is_a_finding(judged: Callable[..., Report]) -> None:
    """With its clause, and the verdict is 1."""

    def perform(session: Session) -> None:
        raise Broken("not so", session.execute(session.service.sample))

    report = judged(performing(perform))
    (finding,) = report.findings.found.values()
    assert (finding.check, finding.what, finding.clause.pointer) == ("mine", "not so", "paths")
    assert finding.operations == {"execute"}
    assert report.exit_code == 1
    assert report.findings.tallies["mine", ""].failed == 1


def test_what_a_judge_has_blamed_is_reported_once(judged: Callable[..., Report]) -> None:
    """The check that made the call adds nothing."""

    def perform(session: Session) -> None:
        raise Broken("as well", session.execute(session.service.sample))

    def judge(_: Session, exchange: Exchange) -> str | None:
        return "odd" if exchange.label == "mine" else None

    report = judged(Check("judge", "Promise.", CLAUSE, judge=judge), performing(perform))
    assert [finding.check for finding in report.findings.found.values()] == ["judge"]


def test_a_check_that_cannot_be_made_says_why(judged: Callable[..., Report]) -> None:
    """By what it needs, or by itself; nothing is found and nothing is counted."""

    def perform(_: Session) -> None:
        raise NotJudged("no luck")

    assert judged(performing(perform)).findings.tallies["mine", ""].skipped == "no luck"
    tally = judged(performing(perform, Need.STORAGE)).findings.tallies["mine", ""]
    assert (tally.skipped, tally.tried) == ("needs --storage", 0)


def test_a_mistake_of_ours_is_no_verdict(judged: Callable[..., Report]) -> None:
    """It is neither kept nor violated, and the other checks go on."""

    def perform(_: Session) -> None:
        raise KeyError("gone")

    report = judged(performing(perform))
    assert (report.trouble, report.exit_code) == ({"mine": "KeyError: 'gone'"}, 2)


def test_time_and_limits_end_a_run(judged: Callable[..., Report]) -> None:
    """What was not done is told, and there is no verdict without a finding."""

    def out_of_patience(_: Session) -> None:
        raise LimitReached("wait for a week")

    report = judged(performing(out_of_patience))
    assert (report.incomplete, report.exit_code) == ("wait for a week", 2)
    over = judged(performing(out_of_patience), max_time=0.0)
    assert over.incomplete == "the time of 0 s was over"


def test_a_plan_chooses() -> None:
    """By profile, by name, by exception; a check that is named runs in every profile."""
    check = Check("a", "P.", CLAUSE, perform=lambda _: None, least=Profile.CI)
    assert not Plan(Profile.SMOKE).includes(check)
    assert Plan(Profile.NIGHTLY).includes(check)
    assert Plan(Profile.SMOKE, only=("a",)).includes(check)
    assert not Plan(Profile.CI, only=("b",)).includes(check)
    assert not Plan(Profile.CI, skip=("a",)).includes(check)


def test_limits_of_a_gateway_are_obeyed(through: Target, world: dict[str, object]) -> None:
    """Starter's 429 is waited for, by the emulator's clock, and is no finding."""
    gateway = world["gateway"]
    assert isinstance(gateway, dict)
    key = gateway["subscriptions"]["starter"]["primary_key"]
    starter = replace(through, subscription_key=key)
    report = judge_target(starter, Plan(Profile.SMOKE))
    assert (report.findings.found, report.exit_code) == ({}, 0)
    assert report.obeyed > 0


def test_a_promised_limit_is_tried(through: Target, world: dict[str, object]) -> None:
    """Five calls a minute are kept; four are not what Starter does."""
    gateway = world["gateway"]
    assert isinstance(gateway, dict)
    key = gateway["subscriptions"]["starter"]["secondary_key"]
    plan = Plan(only=("rate_limit_is_kept",))
    starter = replace(through, subscription_key=key, promised_limit=Limit(5, 60))
    assert judge_target(starter, plan).exit_code == 0
    assert judge_target(replace(starter, promised_limit=Limit(4, 60)), plan).exit_code == 1


GENERATING = (
    "contract_cases",
    "lifecycle_rules",
    "valid_rows_are_scored",
    "hashing_equals_rule",
    "states_go_forward",
)
"""The checks in which chance and time could decide what is sent."""


@pytest.mark.slow
def test_the_same_seed_makes_the_same_calls(target: Target) -> None:
    """In the same order, whatever ids the target gives; another seed makes others."""
    plan = Plan(Profile.CI, only=GENERATING)
    first, second = calls(target, plan), calls(target, plan)
    assert first == second
    assert len(first) > 500
    few = replace(plan, only=("valid_rows_are_scored",))
    assert calls(target, few) != calls(target, replace(few, seed=2))


def calls(target: Target, plan: Plan) -> list[tuple[str, ...]]:
    """Return what was sent, ids of jobs put aside (also those that a case has cut short)."""
    report = judge_target(target, plan)
    assert report.exit_code == 0, report.trouble or report.findings.found
    return [
        tuple(
            re.sub(r"(?<=jobs/)[0-9a-f]{20,}", "job", text)
            for text in (e.request.method, e.request.target, e.request.body.decode("latin-1"))
        )
        for e in report.exchanges
    ]


def test_a_run_leaves_no_connection_open(target: Target) -> None:
    """Its client is closed at the end."""
    with Run(target, Plan(Profile.SMOKE)) as run:
        run.prepare()
    with pytest.raises(RuntimeError, match="closed"):
        run.session.execute({})

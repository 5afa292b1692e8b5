"""Are cases made, sent, made smaller and counted as they should be?"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from contracts.exchange import Exchange, Reply, Request
from contracts.findings import Broken
from contracts.generated import MOST_CAUSES, drive, narrowed, offered, request_of
from contracts.profiles import AMOUNTS, Profile
from contracts.run import Plan, Run
from contracts.session import Session
from contracts.target import Target


class Sender:
    """Stands for a target that fails on some numbers; keeps what it was sent."""

    def __init__(self, session: Session, **failures: Any) -> None:
        self.session = session
        self.failures = failures
        self.sent: list[int] = []

    def __call__(self, value: int) -> tuple[Exchange, Broken | None]:
        self.sent.append(value)
        exchange = Exchange(len(self.sent), Request("POST", f"/{value}"), Reply(200))
        for cause, fails in self.failures.items():
            if fails(value):
                return exchange, Broken(f"{cause} at {value}", exchange, cause=cause)
        return exchange, None


@pytest.fixture
def session() -> Any:
    """Return what `drive` needs of a session."""
    amounts = replace(AMOUNTS[Profile.CI], shrink_calls=100)
    return SimpleNamespace(seed=1, amounts=amounts, found=[], is_shrinking=False)


NUMBERS = st.integers(0, 10_000)


def test_a_failing_case_is_made_smaller(session: Any) -> None:
    """The smallest number that fails is what is reported."""
    sender = Sender(session, large=lambda value: value > 17)
    drive(session, NUMBERS, sender, 30, "salt")
    (broken,) = session.found
    assert broken.what == "large at 18"
    assert not session.is_shrinking


def test_each_cause_is_looked_for(session: Any) -> None:
    """One after the other, up to a number."""
    names = ["zero", "one", "two", "three", "four", "five"]
    causes = {name: (lambda v, n=n: v % 7 == n) for n, name in enumerate(names)}
    drive(session, NUMBERS, Sender(session, **causes), 60, "salt")
    found = {broken.cause for broken in session.found}
    assert len(found) == MOST_CAUSES
    assert found <= set(causes)


def test_shrinking_is_bounded_by_calls(session: Any) -> None:
    """So that the same seed makes the same calls, however slow the target is."""
    session.amounts = replace(session.amounts, shrink_calls=5)
    sender = Sender(session, large=lambda value: value > 0)
    drive(session, NUMBERS, sender, 10, "salt")
    # What comes up first, five calls to shrink it, then the other cases of a second search.
    assert len(sender.sent) <= 2 * 10 + 5 + 1
    assert len(session.found) == 1


def test_a_target_that_fails_sometimes_is_a_finding(session: Any) -> None:
    """Hypothesis would call it flaky; we have seen it."""
    seen: list[int] = []

    def once(value: int) -> bool:
        seen.append(value)
        return len(seen) == 3

    drive(session, NUMBERS, Sender(session, once=once), 20, "salt")
    assert [broken.cause for broken in session.found] == ["once"]


def test_what_a_judge_blames_is_not_reported_again(session: Any) -> None:
    """It only guides the shrinking."""

    def send(value: int) -> tuple[Exchange, Broken | None]:
        exchange = Exchange(1, Request("POST", f"/{value}"), Reply(500))
        exchange.blame = "judge: cause" if value > 3 else ""
        return exchange, None

    drive(session, NUMBERS, send, 20, "salt")
    assert session.found == []


def test_the_same_seed_and_salt_make_the_same_cases(session: Any) -> None:
    """Another salt makes others."""
    first, second, third = (Sender(session) for _ in range(3))
    drive(session, NUMBERS, first, 20, "salt")
    drive(session, NUMBERS, second, 20, "salt")
    drive(session, NUMBERS, third, 20, "other")
    assert first.sent == second.sent != third.sent


def test_cases_become_requests_with_our_keys(through: Target) -> None:
    """At the target's address, below its prefix, whatever the case says of keys."""
    with Run(through, Plan(Profile.SMOKE)) as run:
        run.prepare()
        schema = narrowed(run.session, "0" * 32)
        operations = dict(offered(run.session, schema))
        case = operations["execute"].Case(
            path_parameters={"workspace": "w", "service": "s"},
            query={"api-version": "2.0"},
            headers={"Authorization": "Bearer mine", "X-More": "1"},
            body={"Inputs": {}},
            media_type="application/json",
        )
        request = request_of(run.session, case)
    assert "get_swagger_document" not in operations  # this gateway does not offer it
    assert request is not None
    assert request.target == "/azureml-demo/workspaces/w/services/s/execute?api-version=2.0"
    assert request.body in {b'{"Inputs":{}}', b'{"Inputs": {}}'}
    assert request.header("Authorization") == f"Bearer {through.api_key}"
    assert request.header("X-More") == "1"
    assert request.header("Content-Length") == str(len(request.body))


def test_what_http_cannot_carry_is_no_request(target: Target) -> None:
    """A line break in a header ends the case, not the run."""
    with Run(target, Plan(Profile.SMOKE)) as run:
        schema = narrowed(run.session, "0" * 32)
        operation = dict(offered(run.session, schema))["get_swagger_document"]
        case = operation.Case(
            path_parameters={"workspace": "w", "service": "s"}, headers={"X-More": "a\nb"}
        )
        assert request_of(run.session, case) is None

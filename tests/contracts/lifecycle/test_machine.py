"""Does the machine find what breaks the rules of a job's life, and nothing else?"""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from contracts.exchange import Exchange, Reply, Request
from contracts.findings import NotJudged
from contracts.gateway import GatewayRules
from contracts.lifecycle.machine import Bodies, try_lifecycle
from contracts.lifecycle.model import State
from contracts.profiles import AMOUNTS, Profile
from contracts.session import Session
from contracts.spec import Contract
from contracts.target import Target
from contracts.wire import Wire

TARGET = Target("http://127.0.0.1:1", "w", "s", "key")
CONTRACT = Contract()
GOOD, BAD = {"data": "good"}, {"data": "bad"}
BODIES: Bodies = [(lambda: GOOD, State.FINISHED), (lambda: BAD, None)]


@dataclass
class Work:
    """One job of the fake."""

    end: str
    state: str = "NotStarted"
    polls: int = 0
    is_started: bool = False


@dataclass
class Fake(Wire):
    """A target in memory: each poll of a started job takes it one state further."""

    jobs: dict[str, Work] = field(default_factory=dict)
    fault: str = ""
    has_failed: bool = False

    @override
    def __post_init__(self) -> None:
        self.pass_time = lambda _: None

    @override
    def send(self, request: Request, label: str = "", *, obey: bool = True) -> Exchange:
        del obey  # there is no limit
        exchange = Exchange(len(self.exchanges) + 1, request, self.answer(request), label=label)
        self.record(exchange)
        return exchange

    def answer(self, request: Request) -> Reply:
        *_, last = parts = request.path.split("/")
        if last == "jobs":
            id_ = f"{len(self.jobs) + 1:032x}"
            end = "Failed" if json.loads(request.body) == BAD else "Finished"
            self.jobs[id_] = Work(end)
            return Reply(200, body=json.dumps(id_).encode())
        id_ = parts[-2] if last == "start" else last
        work = self.jobs.get(id_)
        if work is None and self.fault == "neighbour is taken for the job":
            work = next((w for known, w in self.jobs.items() if known[1:] == id_[1:]), None)
        if work is None:
            return refusal(404, "NotFound", "JobNotFound")
        name = {"POST": "start", "DELETE": "delete", "GET": "poll"}[request.method]
        calls: dict[str, Callable[[Work], Reply]] = {
            "start": self.start, "delete": self.delete, "poll": self.poll,
        }  # fmt: skip
        return calls[name](work)

    def start(self, work: Work) -> Reply:
        if (work.is_started or work.state == "Cancelled") and self.fault != "starts twice":
            return refusal(400, "InvalidOperation", "CannotStartJob")
        work.is_started = True
        return Reply(204)

    def delete(self, work: Work) -> Reply:
        if work.state in {"Finished", "Failed"} and self.fault == "delete fails at the end":
            return refusal(400, "InvalidOperation", "IncompatibleModel")
        if work.state not in {"Finished", "Failed"} or self.fault == "end is cancelled":
            work.state = "Running" if self.fault == "delete does nothing" else "Cancelled"
        return Reply(204)

    def poll(self, work: Work) -> Reply:
        work.polls += 1
        if self.fault == "stands still":
            return shown("NotStarted")
        if self.fault == "goes back" and work.state == "Running":
            work.state = "NotStarted"
        elif work.is_started and work.state in {"NotStarted", "Running"}:
            work.state = "Running" if work.state == "NotStarted" else work.end
        if self.fault == "runs unstarted" and work.polls > 1 and work.state == "NotStarted":
            work.state = "Running"
        if self.fault == "cancelled finishes" and work.state == "Cancelled" and work.polls > 2:
            work.state = "Finished"
        if self.fault == "has a state of its own" and work.state == "Running":
            return shown("Queued")
        if self.fault == "good fails once" and work.state == "Finished" and not self.has_failed:
            self.has_failed = True
            work.state = "Failed"
        return shown(work.state)


def shown(state: str) -> Reply:
    content = {"StatusCode": state, "Results": None, "Details": None}
    return Reply(200, body=json.dumps(content).encode())


def refusal(status: int, code: str, detail: str) -> Reply:
    content = {"code": code, "message": "", "details": [{"code": detail, "message": ""}]}
    return Reply(status, body=json.dumps({"error": content}).encode())


def session_with(fault: str = "", **amounts: Any) -> tuple[Session, Fake]:
    """Return a session over a fake with a fault."""
    fake = Fake(TARGET, fault=fault)
    gateway = GatewayRules(TARGET, CONTRACT)
    chosen = replace(AMOUNTS[Profile.CI], **amounts)
    return Session(TARGET, CONTRACT, fake, gateway, chosen, seed=1), fake


FAULTS = {
    "starts twice": "start: not CannotStartJob",
    "goes back": "a job last seen Running is NotStarted",
    "runs unstarted": "a job last seen NotStarted is Running",
    "delete does nothing": "a deleted job is Running",
    "cancelled finishes": "a deleted job is Finished",
    "end is cancelled": "a deleted job is Cancelled",
    "delete fails at the end": "delete: not done",
    "has a state of its own": "a job last seen NotStarted is Queued",
    "neighbour is taken for the job": "not JobNotFound",
    "good fails once": "is Failed",
}


@pytest.mark.parametrize("seed", range(1, 6))
def test_a_target_that_keeps_the_rules_passes(seed: int) -> None:
    """With any seed, and every kind of call was made."""
    session, fake = session_with()
    session.seed = seed
    try_lifecycle(session, BODIES)
    assert session.found == []
    assert {e.request.method for e in fake.exchanges} == {"POST", "GET", "DELETE"}
    assert {work.state for work in fake.jobs.values()} >= {"Finished", "Cancelled"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_fault_is_found(fault: str, seed: int) -> None:
    """As what it is, also if it comes up only once; and the run that shows it is a short one."""
    session, _ = session_with(fault, machine_runs=40, shrink_calls=1000)
    session.seed = seed
    try_lifecycle(session, BODIES)
    assert FAULTS[fault] in "\n".join(broken.cause for broken in session.found)
    broken = next(b for b in session.found if FAULTS[fault] in b.cause)
    assert broken.exchanges
    assert len(broken.exchanges) <= 10
    assert not session.is_shrinking


def test_a_failing_run_is_as_short_as_can_be() -> None:
    """What shows it, and nothing else: submit, start, start."""
    session, _ = session_with("starts twice", shrink_calls=1000)
    try_lifecycle(session, BODIES)
    (broken,) = session.found
    assert broken.what == (
        "start of a job that was started: 204 instead of 400 CannotStartJob"
    ) or broken.what.startswith("start of a job that was deleted: 204")
    assert len(broken.exchanges) == 3


def test_shrinking_ends_after_so_many_calls() -> None:
    """After that, steps do nothing; what was found is still told."""
    few, fake = session_with("starts twice", shrink_calls=5)
    try_lifecycle(few, BODIES)
    assert len(few.found) == 1
    many, other = session_with("starts twice", shrink_calls=1000)
    try_lifecycle(many, BODIES)
    assert len(fake.exchanges) < len(other.exchanges)


def test_the_seed_decides_what_is_called() -> None:
    """The same seed the same calls, another seed others."""
    calls = []
    for seed in (1, 1, 2):
        session, fake = session_with()
        session.seed = seed
        try_lifecycle(session, BODIES)
        calls.append([(e.request.method, e.request.target) for e in fake.exchanges])
    assert calls[0] == calls[1] != calls[2]


def test_nothing_is_tried_in_the_smoke_profile() -> None:
    """There the number of runs is 0."""
    session, fake = session_with(machine_runs=0)
    try_lifecycle(session, BODIES)
    assert fake.exchanges == []


def test_what_ends_a_run_from_outside_gets_out() -> None:
    """A job that does not end within the budget is no verdict, and is not tried again and again."""
    session, fake = session_with("stands still", poll_budget=1.0)
    with pytest.raises(NotJudged, match="had not ended"):
        try_lifecycle(session, [(lambda: GOOD, State.FINISHED)])
    assert len(fake.exchanges) < 100


def test_a_gateway_without_jobs_is_no_verdict() -> None:
    """Where an operation is not offered, the rules cannot be tried; without delete they can."""
    session, _ = session_with()
    session.gateway.missing.add("start_job")
    with pytest.raises(NotJudged, match="start_job"):
        try_lifecycle(session, BODIES)
    session, fake = session_with()
    session.gateway.missing.add("delete_job")
    try_lifecycle(session, BODIES)
    assert "DELETE" not in {e.request.method for e in fake.exchanges}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder of Hypothesis, whether something is found or not."""
    monkeypatch.chdir(tmp_path)
    for fault in ("", "starts twice"):
        session, _ = session_with(fault)
        try_lifecycle(session, BODIES)
    assert list(itertools.chain(tmp_path.iterdir())) == []

"""In which order is a target judged? Look before, then every check, then a report."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import httpx

from contracts.blobs import Blobs
from contracts.check import Check, Need, Profile, all_checks
from contracts.exchange import Exchange
from contracts.findings import Broken, Finding, Findings, NotJudged
from contracts.gateway import GatewayRules
from contracts.preflight import CannotJudge, prepare
from contracts.profiles import AMOUNTS
from contracts.session import OutOfTime, Session
from contracts.spec import Contract
from contracts.target import Target
from contracts.wire import LimitReached, Wire


@dataclass(frozen=True)
class Plan:
    """What is to be tried, and how long it may take."""

    profile: Profile = Profile.CI
    seed: int = 1
    max_time: float = float("inf")
    """Seconds."""
    only: Collection[str] = ()
    skip: Collection[str] = ()

    def includes(self, check: Check) -> bool:
        """Whether a check was asked for. Named ones run in every profile."""
        if check.name in self.skip:
            return False
        if self.only:
            return check.name in self.only
        order = list(Profile)
        return order.index(check.least) <= order.index(self.profile)


@dataclass
class Report:
    """What came of a run."""

    target: Target
    contract: Contract
    plan: Plan
    findings: Findings
    exchanges: list[Exchange]
    checks: dict[str, Check]
    seconds: float = 0.0
    obeyed: int = 0
    """How often a limit of the target made us wait."""
    incomplete: str = ""
    """Why the run ended before its end."""
    trouble: dict[str, str] = field(default_factory=dict)
    """Checks of ours that failed by a mistake of ours."""

    @property
    def exit_code(self) -> int:
        """0: kept, 1: violated, 2: could not judge."""
        if self.findings.found:
            return 1
        return 2 if self.incomplete or self.trouble else 0


Watch = Callable[[str, int, int], None]
"""Is told the check that begins, its number, and how many there are."""


def judge_target(target: Target, plan: Plan, watch: Watch = lambda *_: None) -> Report:
    """Judge a target. Raises CannotJudge if there can be no verdict."""
    begun = time.monotonic()
    contract = Contract()
    findings = Findings()
    wire = Wire(target, admin_clock(target), is_clock_moved=target.admin_url is not None)
    gateway = GatewayRules(target, contract)
    amounts = AMOUNTS[plan.profile]
    session = Session(target, contract, wire, gateway, amounts, plan.seed)
    session.deadline = begun + plan.max_time
    checks = {name: check for name, check in all_checks().items() if plan.includes(check)}
    judges = [check for check in checks.values() if check.judge]
    wire.on_exchange = lambda exchange: judge_exchange(session, findings, judges, exchange)
    report = Report(target, contract, plan, findings, wire.exchanges, checks)
    try:
        prepare(session)
        if target.storage:
            session.blobs = Blobs(target.storage)
        performers = [check for check in checks.values() if check.perform]
        for number, check in enumerate(performers, 1):
            watch(check.name, number, len(performers))
            perform(session, findings, check, report)
    except OutOfTime:
        report.incomplete = f"the time of {plan.max_time:.0f} s was over"
    except LimitReached as limit:
        report.incomplete = str(limit)
    finally:
        wire.close()
        if session.blobs:
            session.blobs.close()
    report.seconds = time.monotonic() - begun
    report.obeyed = wire.obeyed
    return report


def admin_clock(target: Target) -> Callable[[float], None]:
    """Return how time passes: the emulator's clock is moved, any other target waited for."""
    if target.admin_url is None:
        return time.sleep
    url = f"{target.admin_url}/clock/advance"

    def advance(seconds: float) -> None:
        try:
            answer = httpx.post(url, json={"seconds": seconds}, timeout=60, trust_env=False)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise CannotJudge(
                f"the clock at {target.admin_url} cannot be moved: {error}"
            ) from error

    return advance


def judge_exchange(
    session: Session, findings: Findings, judges: list[Check], exchange: Exchange
) -> None:
    """Hold one reply against every judge; the first that finds fault owns it."""
    operation = session.contract.operation_at(
        exchange.request.method, exchange.request.path, session.target.prefix
    )
    exchange.operation = operation.name if operation else None
    for check in judges:
        assert check.judge is not None  # noqa: S101  they were chosen for it
        tally = findings.tally(check.name, exchange.operation)
        tally.tried += 1
        what = check.judge(session, exchange)
        if what:
            tally.failed += 1
            exchange.blamed = True
            add_finding(session, findings, check, Broken(what, exchange))
            return


def perform(session: Session, findings: Findings, check: Check, report: Report) -> None:
    """Let a check make its calls, and keep what came of it."""
    session.label = check.name
    tallies = [findings.tally(check.name, operation) for operation in check.operations or ("",)]
    missing = missing_need(session, check)
    if missing:
        for tally in tallies:
            tally.skipped = missing
        return
    assert check.perform is not None  # noqa: S101  it was chosen for it
    try:
        check.perform(session)
    except NotJudged as reason:
        for tally in tallies:
            tally.skipped = str(reason)
        return
    except Broken as broken:
        for tally in tallies:
            tally.failed += 1
        # One cause is reported once: a judge has blamed the very reply already.
        if not any(exchange.blamed for exchange in broken.exchanges):
            for exchange in broken.exchanges[-1:]:
                exchange.blamed = True
            add_finding(session, findings, check, broken)
    except (OutOfTime, LimitReached, CannotJudge):
        raise
    except Exception as error:  # noqa: BLE001  a mistake of ours must not hide the rest
        report.trouble[check.name] = f"{type(error).__name__}: {error}"
        return
    for tally in tallies:
        tally.tried += 1


def missing_need(session: Session, check: Check) -> str:
    """Return what a check lacks here, or nothing."""
    has = {
        Need.STORAGE: session.blobs is not None,
        Need.OTHER_KEY: session.target.other_api_key is not None,
        Need.HASHING: session.service.hashing is not None,
        Need.SWAGGER: "get_swagger_document" not in session.gateway.missing,
        Need.GATEWAY: session.target.has_gateway,
        Need.PROMISED_LIMIT: session.target.promised_limit is not None,
    }
    return next((need.value for need in Need if need in check.needs and not has[need]), "")


def add_finding(
    session: Session,
    findings: Findings,
    check: Check,
    broken: Broken,
    *,
    is_shrunk: bool = False,
) -> None:
    """Write down that a promise is broken."""
    findings.add(
        Finding(
            check.name,
            check.promise,
            session.contract.clause(check.clause),
            broken.what,
            broken.cause,
            broken.exchanges,
        ),
        is_shrunk=is_shrunk,
    )

"""In which order is a target judged? Look before, then every check, then a report."""

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from contracts.blobs import Blobs
from contracts.catalogue import all_checks
from contracts.check import Check, Need
from contracts.clock import ClockTrouble, clock_of
from contracts.exchange import Exchange
from contracts.findings import Broken, Finding, Findings, NotJudged, blame
from contracts.gateway import GatewayRules
from contracts.preflight import CannotJudge, prepare
from contracts.profiles import AMOUNTS, Profile
from contracts.session import OutOfTime, Session
from contracts.spec import Contract
from contracts.target import Target
from contracts.wire import LimitReached, Unsendable, Wire


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
    with Run(target, plan) as run, ends_early(run.report):
        run.prepare()
        perform_all(run, [check for check in run.report.checks.values() if check.perform], watch)
    return run.report


def perform_all(run: "Run", checks: list[Check], watch: Watch) -> None:
    """Let checks make their calls. Raises OutOfTime, LimitReached, CannotJudge."""
    for number, check in enumerate(checks, 1):
        watch(check.name, number, len(checks))
        run.perform(check)


@contextmanager
def ends_early(report: Report) -> Iterator[None]:
    """Let time or a limit of the target end a run, and write down that it did."""
    try:
        yield
    except OutOfTime:
        report.incomplete = f"the time of {report.plan.max_time:.0f} s was over"
    except LimitReached as limit:
        report.incomplete = str(limit)


class Run:
    """One target being judged: `prepare` once, `perform` each check, then read `report`."""

    def __init__(self, target: Target, plan: Plan) -> None:
        self._begun = time.monotonic()
        contract = Contract()
        self._clock = clock_of(target)
        wire = Wire(target, self._clock.pass_time, is_clock_moved=self._clock.is_moved)
        gateway = GatewayRules(target, contract)
        self.session = Session(target, contract, wire, gateway, AMOUNTS[plan.profile], plan.seed)
        self.session.deadline = self._begun + plan.max_time
        checks = {name: check for name, check in all_checks().items() if plan.includes(check)}
        self.report = Report(target, contract, plan, Findings(), wire.exchanges, checks)
        self._judges = [check for check in checks.values() if check.judge]
        wire.on_exchange = self._judge

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections, let the clock go on, and write down how long it took."""
        with suppress(ClockTrouble):
            self._clock.end()
        self.session.wire.close()
        if self.session.blobs:
            self.session.blobs.close()
        self.report.seconds = time.monotonic() - self._begun
        self.report.obeyed = self.session.wire.obeyed

    def prepare(self) -> None:
        """Learn what the target offers. Raises CannotJudge."""
        try:
            self._clock.begin()
        except ClockTrouble as trouble:
            raise CannotJudge(str(trouble)) from trouble
        prepare(self.session)
        if self.session.target.storage:
            self.session.blobs = Blobs(self.session.target.storage)
            self.session.blobs.clear(str(self.session.seed))

    def perform(self, check: Check) -> tuple[str, list[Finding]]:
        """Let a check make its calls; return why it was skipped, and what it found.

        Raises OutOfTime and LimitReached, which end a run, and CannotJudge.
        """
        self.session.label = check.name
        findings = self.report.findings
        tallies = [findings.tally(check.name, name) for name in check.operations or ("",)]
        skipped, broken = self._outcome(check)
        found = [*self.session.found, *([broken] if broken else [])]
        self.session.found.clear()
        for tally in tallies:
            tally.skipped = skipped
            tally.tried += not skipped
            tally.failed += bool(found)
        # One cause is reported once: a judge may have blamed the very reply already.
        for one in found:
            if not any(exchange.blame for exchange in one.exchanges[-1:]):
                self._add_finding(check, one)
        return skipped, [self._finding(check, one) for one in found]

    def _outcome(self, check: Check) -> tuple[str, Broken | None]:
        """Return why a check was not made, or what it found."""
        missing = missing_need(self.session, check)
        if missing:
            return missing, None
        assert check.perform is not None  # noqa: S101  it was chosen for it
        try:
            check.perform(self.session)
        except (NotJudged, Unsendable) as reason:
            return str(reason), None
        except Broken as broken:
            return "", broken
        except ClockTrouble as trouble:
            raise CannotJudge(str(trouble)) from trouble
        except (OutOfTime, LimitReached, CannotJudge):
            raise
        except Exception as error:  # noqa: BLE001  a mistake of ours must not hide the rest
            self.report.trouble[check.name] = f"{type(error).__name__}: {error}"
            return "failed by itself", None
        return "", None

    def _judge(self, exchange: Exchange) -> None:
        """Hold one reply against every judge; the first that finds fault owns it."""
        session, request = self.session, exchange.request
        operation = session.contract.operation_at(
            request.method, request.path, session.target.prefix
        )
        exchange.operation = operation.name if operation else None
        for check in self._judges:
            assert check.judge is not None  # noqa: S101  they were chosen for it
            tally = self.report.findings.tally(check.name, exchange.operation)
            tally.tried += not session.is_shrinking
            what = check.judge(session, exchange)
            if what:
                tally.failed += not session.is_shrinking
                self._add_finding(check, Broken(what, exchange))
                return

    def _add_finding(self, check: Check, broken: Broken) -> None:
        """Write down that a promise is broken."""
        for exchange in broken.exchanges[-1:]:
            exchange.blame = blame(check.name, broken.cause)
        made = self._finding(check, broken)
        self.report.findings.add(made, counts=not self.session.is_shrinking)

    def _finding(self, check: Check, broken: Broken) -> Finding:
        clause = self.session.contract.clause(check.clause)
        what, cause, exchanges = broken.what, broken.cause, broken.exchanges
        return Finding(check.name, check.promise, clause, what, cause, exchanges)


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

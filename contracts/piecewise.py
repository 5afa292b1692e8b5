"""How is a target judged one check at a time, by somebody else's clock? For test runners.

A judge of replies has no calls of its own: it is asked last, about all calls so far.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import all_checks
from contracts.check import Check
from contracts.findings import Finding
from contracts.options import NAMES, Usage, gathered, plan_of, target_of, values_of
from contracts.preflight import CannotJudge
from contracts.profiles import Profile
from contracts.reporting.masking import Masking
from contracts.reporting.terminal import finding_lines
from contracts.run import Plan, Run
from contracts.session import OutOfTime
from contracts.target import Target
from contracts.wire import LimitReached


class NoVerdict(Exception):
    """Why there can be no verdict, as one clear line without keys."""


@dataclass(frozen=True)
class Outcome:
    """What came of one check."""

    skipped: str = ""
    """Why it was not tried."""
    findings: tuple[str, ...] = ()
    """Each as the terminal shows it."""


class Piecewise:
    """All that is tried for one class of tests, over as many runs as a test runner needs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._runs: list[Run] = []
        self._has_called = False

    @property
    def checks(self) -> list[Check]:
        """The checks of the plan, judges of replies last."""
        chosen = [check for check in all_checks().values() if self.plan.includes(check)]
        return sorted(chosen, key=lambda check: check.judge is not None)

    @contextmanager
    def run(self, target: Target) -> Iterator[None]:
        """Prepare for a target, and close all connections in the end. Raises NoVerdict."""
        with Run(target, self.plan) as run, _verdict_or_reason(target, self.plan):
            run.prepare()
            self._runs.append(run)
            self._has_called = False
            yield

    def outcome(self, check: Check, *, alone: bool = False) -> Outcome:
        """Make a check. Raises NoVerdict.

        `alone`: nobody asks the judges of replies about these calls, so what they found counts.
        """
        run = self._runs[-1]
        with _verdict_or_reason(run.report.target, self.plan):
            if check.judge:
                return self._judged(check)
            known = set(run.report.findings.found)
            skipped, found = self._perform(run, check)
            if alone:
                added = run.report.findings.found.items()
                found += [f for key, f in added if key not in known and key[0] != check.name]
            return Outcome(skipped, _texts(run, found))

    def _judged(self, check: Check) -> Outcome:
        run = self._runs[-1]
        if not self._has_called:
            for other in all_checks().values():
                if other.perform and other.least is Profile.SMOKE:
                    self._perform(run, other)
        found = [
            text
            for one in self._runs
            for text in _texts(
                one, (f for f in one.report.findings.found.values() if f.check == check.name)
            )
        ]
        return Outcome("", tuple(dict.fromkeys(found)))

    def _perform(self, run: Run, check: Check) -> tuple[str, list[Finding]]:
        self._has_called = True
        skipped, found = run.perform(check)
        if check.name in run.report.trouble:
            raise CannotJudge(f"{check.name} failed by itself: {run.report.trouble[check.name]}")
        return skipped, found


def _texts(run: Run, findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return what each cause looks like, with keys masked."""
    target = run.report.target
    masking = Masking(target)
    texts = {
        f.cause: "\n".join([f"{f.check} is not kept", *finding_lines(target, f, masking)])
        for f in findings
    }
    return tuple(texts.values())


@contextmanager
def _verdict_or_reason(target: Target, plan: Plan) -> Iterator[None]:
    try:
        yield
    except (CannotJudge, LimitReached) as error:
        raise NoVerdict(Masking(target)(str(error))) from error
    except OutOfTime as error:
        raise NoVerdict(f"the time of {plan.max_time:.0f} s was over") from error


# --- what a class says about itself ---------------------------------------------------------------

_IN_MARK = NAMES - {"report"} | {"ready_file", "through", "config"}
_IS_LIST = {"only", "skip", "header"}


def plan_from(mark: Mapping[str, Any]) -> Plan:
    """Return what the arguments of a mark ask for. Raises Usage."""
    unknown = sorted(set(mark) - _IN_MARK)
    if unknown:
        raise Usage(f"{', '.join(unknown)} is not known; there are {', '.join(sorted(_IN_MARK))}")
    # Ready file and sample are read when the tests run; they need not be there yet.
    later = {"ready_file", "sample"}
    return plan_of(gathered(_listed(mark, later), os.environ))


def target_from(mark: Mapping[str, Any], given: Any = None) -> Target:
    """Return whom to judge: a target as it is, a mapping beside the mark's arguments.

    The mapping may also be what a ready file holds. Raises Usage.
    """
    if isinstance(given, Target):
        return given
    if not isinstance(given, Mapping | None):
        raise Usage(f"contracts_target gives {type(given).__name__}, not a mapping or a Target")
    more = dict(given or {})
    try:
        if "services" in more:
            more = values_of(more, mark.get("through"))
    except (KeyError, TypeError) as error:
        raise Usage(
            f"contracts_target is no ready file of an emulator, it lacks {error}"
        ) from error
    return target_of(gathered(_listed({**mark, **more}, set()), os.environ))


def _listed(mark: Mapping[str, Any], without: set[str]) -> dict[str, Any]:
    """Return arguments as the command line gives them: one name may stand for a list of one."""
    return {
        name: [value] if name in _IS_LIST and isinstance(value, str) else value
        for name, value in mark.items()
        if name not in without and value is not None
    }


def opened(method: Callable[[], Any]) -> AbstractContextManager[Any]:
    """Return what a class's own `contracts_target` gives; one that yields is ended afterwards."""
    if inspect.isgeneratorfunction(method):
        return contextmanager(method)()

    @contextmanager
    def once() -> Iterator[Any]:
        yield method()

    return once()

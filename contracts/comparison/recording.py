"""What was sent to the primary, in which order, and how long was waited in between?

What is generated depends on the answers, so two targets that answer differently would get different
cases. One run is recorded, and what it sent is sent again to the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from contracts.exchange import Exchange, Request
from contracts.run import Plan, Run, Watch, ends_early, perform_all
from contracts.target import Target


@dataclass(frozen=True)
class Pause:
    """Time that passed between two calls."""

    seconds: float


Step = Exchange | Pause


@dataclass(frozen=True)
class Recording:
    """A run against the primary."""

    target: Target
    steps: tuple[Step, ...]
    incomplete: str = ""
    """Why it ended before its end."""

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """The calls, in their order."""
        return (step for step in self.steps if isinstance(step, Exchange))


ODD = ("transport", "gateway")
"""Folders of checks whose calls mean nothing when they are sent again one by one."""


def record(target: Target, plan: Plan, watch: Watch = lambda *_: None) -> Recording:
    """Let the checks make their calls, and keep them. Raises CannotJudge.

    What the checks find is not looked at here: a difference is what we are after.
    """
    steps: list[Step] = []
    with Run(target, plan) as run, ends_early(run.report):
        wire = run.session.wire
        judge, pass_time = wire.on_exchange, wire.pass_time

        def keep(exchange: Exchange) -> None:
            judge(exchange)
            steps.append(exchange)

        def wait(seconds: float) -> None:
            steps.append(Pause(seconds))
            pass_time(seconds)

        run.prepare()
        wire.on_exchange, wire.pass_time = keep, wait
        checks = [
            check
            for check in run.report.checks.values()
            if check.perform and check.group not in ODD
        ]
        perform_all(run, checks, watch)
    return Recording(target, tuple(steps), run.report.incomplete)


def is_poll(exchange: Exchange) -> bool:
    """Whether a call asks how far a job is, and was told."""
    return exchange.operation == "get_job_status" and exchange.status == 200


def bare(request: Request) -> Request:
    """Return a request without what belongs to one side: keys, host, length."""
    own = {"authorization", "host", "content-length", "ocp-apim-subscription-key"}
    headers = tuple(header for header in request.headers if header[0].lower() not in own)
    return Request(request.method, request.target, headers, request.body)

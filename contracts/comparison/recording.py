"""What was sent to the primary, in which order, and how long was waited in between?

What is generated depends on the answers, so two targets that answer differently would get different
cases. One run is recorded, and what it sent is sent again to the others.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from contracts.blobs import Blobs
from contracts.comparison.difference import Key
from contracts.comparison.keys import Keys
from contracts.comparison.outputs import read_outputs
from contracts.comparison.probes import GROUP, send_probes
from contracts.exchange import Exchange
from contracts.preflight import CannotJudge
from contracts.profiles import Profile
from contracts.run import Plan, Run, Watch, ends_early, perform_all
from contracts.target import Target
from contracts.wire import LimitReached


@dataclass(frozen=True)
class Pause:
    """Time that passed between two calls."""

    seconds: float


@dataclass(frozen=True)
class BlobWritten:
    """A file that a job was to read."""

    name: str
    content: bytes


Step = Exchange | Pause | BlobWritten


@dataclass(frozen=True)
class Recording:
    """A run against the primary."""

    target: Target
    steps: tuple[Step, ...]
    incomplete: str = ""
    """Why it ended before its end."""
    keys: Keys = field(default_factory=Keys)
    """The keys that stand in its calls."""
    storage_url: str = ""
    """Where the blobs lay."""
    is_full: bool = True
    """Whether all was sent that the checks send, so that a prediction must come true."""
    noise: Counter[Key] | None = None
    """How often primary and secondary disagreed, if that is known already."""
    origin: str = "recorded now"
    """Where it comes from, for people."""
    notes: tuple[str, ...] = ()
    """What people should know of it."""

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """The calls, in their order."""
        return (step for step in self.steps if isinstance(step, Exchange))

    @property
    def needs_storage(self) -> bool:
        """Whether files have to be where jobs look for them."""
        return any(isinstance(step, BlobWritten) for step in self.steps)


ODD = ("transport", "gateway")
"""Folders of checks whose calls mean nothing when they are sent again one by one."""


def required_by(candidate: Target) -> dict[str, set[str]]:
    """Return the query parameters that a gateway wants for each operation. Raises CannotJudge."""
    if not candidate.has_gateway:
        return {}
    with Run(candidate, Plan()) as run:
        try:
            run.prepare()
        except LimitReached as limit:
            raise CannotJudge(str(limit)) from limit
        return run.session.gateway.required


def record(
    target: Target,
    plan: Plan,
    watch: Watch = lambda *_: None,
    required: Mapping[str, set[str]] | None = None,
) -> Recording:
    """Let the checks make their calls, and keep them. Raises CannotJudge.

    What the checks find is not looked at here: a difference is what we are after. `required` are
    the query parameters that a candidate wants: usual calls have them, so that they get through.
    """
    steps: list[Step] = []
    keys = Keys(target)
    storage_url = ""
    with Run(target, plan) as run, ends_early(run.report):
        wire = run.session.wire
        judge, pass_time = wire.on_exchange, wire.pass_time

        def keep(exchange: Exchange) -> None:
            judge(exchange)
            exchange.outputs = read_outputs(exchange, target.timeout)
            steps.append(exchange)

        def wait(seconds: float) -> None:
            steps.append(Pause(seconds))
            pass_time(seconds)

        run.prepare()
        for operation, names in (required or {}).items():
            run.session.gateway.required.setdefault(operation, set()).update(names)
        if run.session.blobs:
            storage_url = run.session.blobs.url
            run.session.blobs.close()
            run.session.blobs = _RecordedBlobs(str(target.storage), steps.append, keys)
        wire.on_exchange, wire.pass_time = keep, wait
        checks = [
            check
            for check in run.report.checks.values()
            if check.perform and check.group not in ODD
        ]
        perform_all(run, checks, watch)
        if GROUP not in plan.skip and (GROUP in plan.only or not plan.only):
            send_probes(run.session)
    incomplete = run.report.incomplete
    is_full = plan.profile is not Profile.SMOKE and not (plan.only or plan.skip or incomplete)
    return Recording(target, tuple(steps), incomplete, keys, storage_url, is_full)


class _RecordedBlobs(Blobs):
    """Storage that writes down what is put into it."""

    def __init__(self, connection_string: str, keep: Callable[[Step], None], keys: Keys) -> None:
        super().__init__(connection_string)
        self._keep = keep
        self._keys = keys

    @override
    def put(self, name: str, content: bytes) -> dict[str, Any]:
        self._keep(BlobWritten(name, content))
        return super().put(name, content)

    @override
    def signed(self, reference: dict[str, Any]) -> dict[str, Any] | None:
        made = super().signed(reference)
        if made is not None:
            self._keys.tokens[made["SasBlobToken"]] = f"/{made['RelativeLocation']}"
        return made

"""How does `contracts compare` go? Record or read, learn noise, send to the candidate, report."""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from urllib.parse import urlsplit

from rich.console import Console

from contracts.comparison.compare import Comparison, compare, learn_noise
from contracts.comparison.gateway_log import GatewayLog
from contracts.comparison.options import Options, read_options
from contracts.comparison.proposals import write_proposals
from contracts.comparison.recording import Recording, record, required_by
from contracts.comparison.replay import Side, look_at, opened
from contracts.comparison.reporting.files import write_reports
from contracts.comparison.reporting.terminal import show, show_kept
from contracts.comparison.snapshot import NoSnapshot, read, save
from contracts.comparison.traffic import NoTraffic, read_har
from contracts.options import Usage, main_environment
from contracts.preflight import CannotJudge
from contracts.reporting.masking import Masking
from contracts.reporting.terminal import progress
from contracts.run import Watch
from contracts.target import Target

CANNOT_JUDGE = 2


def run_command(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit code: 0 the same, 1 different, 2 could not judge."""
    masking, complaint = Masking(), ""
    try:
        options = read_options(arguments, main_environment())
        masking = Masking(*options.targets)
        return compare_as_asked(options, Console())
    except (Usage, CannotJudge, NoSnapshot, NoTraffic) as reason:
        complaint = f"contracts: could not judge: {reason}"
    except OSError as error:
        complaint = f"contracts: could not judge: a file cannot be written: {error}"
    told = Console(stderr=True, highlight=False, markup=False)
    told.print(masking(complaint), soft_wrap=True)
    return CANNOT_JUDGE


def compare_as_asked(options: Options, console: Console) -> int:
    """Compare, report, keep. Raises CannotJudge, NoSnapshot, NoTraffic, Usage, OSError."""
    begun = time.monotonic()
    deadline = begun + options.plan.max_time
    with progress(console) as watch:
        recording = _recording(options, deadline, watch)
        if options.save:
            save(recording, recording.noise or Counter(), options.save)
        result = _compared(options, recording, deadline, watch)
    masking = Masking(*options.targets)
    if result is None:
        show_kept(recording, options.save, console, masking)
        return CANNOT_JUDGE if recording.incomplete else 0
    result.seconds = time.monotonic() - begun
    write_reports(result, options, masking)
    if options.learn:
        write_proposals(result, masking, options.learn)
    show(result, options, console, masking)
    return result.exit_code


def _recording(options: Options, deadline: float, watch: Watch) -> Recording:
    """Return the calls, and what differs in them by itself."""
    if options.against:
        recording = _put_in_place(read(options.against), options)
    elif options.har:
        recording = _sent_traffic(options, deadline, watch)
    else:
        primary = _of(options.primary)
        required = _required(options)
        recording = record(primary, options.plan, watch, required)
    if options.secondary is None:
        return recording
    with _side("secondary", options.secondary, options, recording, deadline) as secondary:
        noise = learn_noise(recording, secondary, watch)
        reasons = filter(None, (recording.incomplete, secondary.incomplete))
    return replace(recording, noise=noise, incomplete="; ".join(reasons))


def _of(target: Target | None) -> Target:
    """Return a side that the options have seen to."""
    if target is None:
        raise Usage("--primary is missing")
    return target


def _put_in_place(recording: Recording, options: Options) -> Recording:
    """Return a kept run, if what it needs is there. Raises Usage."""
    sides = filter(None, (options.candidate, options.secondary))
    if recording.needs_storage and not all(side.storage for side in sides):
        raise Usage("the kept run has jobs, so --storage is needed")
    return recording


def _required(options: Options) -> dict[str, set[str]]:
    """Ask the candidate's gateway which parameters it wants, unless its limits are to be shown."""
    if options.candidate is None or not options.obeys_limits:
        return {}
    try:
        return required_by(options.candidate)
    except CannotJudge as reason:
        raise CannotJudge(f"the candidate: {reason}") from reason


def _sent_traffic(options: Options, deadline: float, watch: Watch) -> Recording:
    """Send recorded traffic to the primary; what it answers today is what counts."""
    primary = _of(options.primary)
    hosts = {urlsplit(t.url).netloc.lower() for t in options.targets}
    hosts |= {host.lower() for host in options.har_hosts}
    assert options.har is not None  # noqa: S101  it was asked for
    recording = read_har(options.har, primary, hosts)
    with _side("primary", primary, options, recording, deadline) as side:
        total = len(recording.steps)
        for number, _ in enumerate(side.replay(recording), 1):
            watch("primary", number, total)
        for exchange in side.raw:
            exchange.label = "traffic"
        return replace(recording, steps=tuple(side.raw), incomplete=side.incomplete)


@contextmanager
def _side(
    name: str, target: Target, options: Options, recording: Recording, deadline: float
) -> Iterator[Side]:
    """Open a side, and see that it is one. Raises CannotJudge."""
    obeys = options.obeys_limits or name != "candidate"
    needs_storage = recording.needs_storage
    with opened(
        name, target, obeys_limits=obeys, needs_storage=needs_storage, deadline=deadline
    ) as side:
        if name != "primary":
            look_at(side, recording)
        yield side


def _compared(
    options: Options, recording: Recording, deadline: float, watch: Watch
) -> Comparison | None:
    """Send the calls to the candidate, if there is one."""
    if options.candidate is None:
        return None
    admin_url = options.candidate.admin_url if options.candidate.has_gateway else None
    with (
        closing(GatewayLog(admin_url)) if admin_url else nullcontext() as log,
        _side("candidate", options.candidate, options, recording, deadline) as candidate,
    ):
        return compare(recording, None, candidate, options.allowed, log, watch)

"""What does a person see at the end of a comparison?"""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from contracts.comparison.compare import Comparison, Found
from contracts.comparison.options import Options
from contracts.comparison.recording import Recording
from contracts.comparison.reporting.content import notes, verdict
from contracts.comparison.timing import timings
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl

_STYLES = {0: "bold green", 1: "bold red", 2: "bold yellow"}
_LONGEST = 160


def show_kept(recording: Recording, path: Path | None, console: Console, masking: Masking) -> None:
    """Print that a run was kept, and for what."""
    calls = sum(1 for _ in recording.exchanges)
    if recording.incomplete:
        line = f"contracts: could not judge: {recording.incomplete} ({calls:,} calls kept)"
    else:
        line = f"contracts: kept: {calls:,} calls in {path}"
    style = _STYLES[2 if recording.incomplete else 0]
    console.print(masking(line), style=style, markup=False, soft_wrap=True)


def show(comparison: Comparison, options: Options, console: Console, masking: Masking) -> None:
    """Print verdict, differences, and what was let pass and why."""
    lines = [f"The primary is {comparison.recording.origin}."] if options.against else []
    for number, found in enumerate(comparison.found.values(), 1):
        lines += ["", *lines_of(comparison, number, found, options, masking)]
    for entry in comparison.stale:
        lines += ["", f"Predicted and not seen: {entry.name}", f"   {entry.reason}"]
    if comparison.incomplete and comparison.exit_code != 2:
        lines.append(f"Not complete: {comparison.incomplete}")
    lines += [f"Note: {note}." for note in notes(comparison)]
    lines += _let_pass(comparison)

    style = _STYLES[comparison.exit_code]
    first = masking(f"contracts: {verdict(comparison)}")
    console.print(first, style=style, markup=False, soft_wrap=True)
    for line in lines:
        console.print(masking(line), markup=False, soft_wrap=True, highlight=False)
    _show_timing(comparison, options, console)


def _let_pass(comparison: Comparison) -> list[str]:
    """Return what differs and is no difference."""
    lines = []
    seen = [entry for entry in comparison.allowed if entry.count]
    if seen:
        lines += ["", "May be, and was seen:"]
        lines += [f"   {entry.count:5} x  {entry.name}" for entry in seen]
    if comparison.noise:
        fields = sorted({f"{part} {path}".strip() for _, part, path, _ in comparison.noise})
        lines.append(f"Noise, between primary and secondary as well: {', '.join(fields)}")
    return lines


def lines_of(
    comparison: Comparison, number: int, found: Found, options: Options, masking: Masking
) -> list[str]:
    """Return what differs, who made it, and how to see it again."""
    difference = found.difference
    where = " ".join(filter(None, (difference.part, difference.path, difference.kind)))
    calls = comparison.pairs[difference.operation]
    lines = [
        f"{number}. {found.verdict}: {where}",
        f"   at         {difference.operation}, {found.count} of {calls} calls",
        f"   primary    {difference.primary[:_LONGEST]}",
        f"   candidate  {difference.candidate[:_LONGEST]}",
    ]
    if found.log_row:
        row = found.log_row
        lines.append(
            f"   its log    responseCode {row.get('responseCode')},"
            f" backendResponseCode {row.get('backendResponseCode')}"
        )
    if options.candidate is not None:
        again = as_curl(options.candidate, found.candidate.request, masking)
        lines.append(f"   again      {again}")
    return lines


def _show_timing(comparison: Comparison, options: Options, console: Console) -> None:
    """Print how long calls took; it decides nothing."""
    told = timings(comparison.timings, options.plan.seed)
    if not told:
        return
    table = Table("operation", "calls", "primary p50", "candidate p50", "shift", "p", box=None)
    for timing in told:
        p_value = "-" if timing.p_value is None else f"{timing.p_value:.3f}"
        table.add_row(
            timing.operation,
            f"{timing.pairs}",
            f"{timing.primary[0]:.1f} ms",
            f"{timing.candidate[0]:.1f} ms",
            f"{timing.shift:+.1f} ms",
            p_value,
        )
    console.print("\nHow long calls took (it decides nothing):")
    console.print(table)

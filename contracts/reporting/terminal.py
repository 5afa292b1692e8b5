"""What does a person see in the terminal, while it runs and at its end?"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from contracts.findings import Finding
from contracts.reporting.masking import Masking
from contracts.reporting.printable import printable
from contracts.reporting.reproduction import as_curl
from contracts.run import Report, Watch
from contracts.target import Target

_LONGEST_STEPS = 12
"""A finding of more calls is shown without those in its middle."""


@contextmanager
def progress(console: Console) -> Iterator[Watch]:
    """Show which check runs; on a pipe nothing is shown."""
    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True, ratio=2)),
        BarColumn(bar_width=None, table_column=Column(ratio=1)),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, expand=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("looking at the target", total=None)

        def watch(name: str, number: int, total: int) -> None:
            bar.update(task, description=name, completed=number - 1, total=total)

        yield watch


def verdict(report: Report) -> str:
    """Return the run's outcome as one line."""
    calls = f"{len(report.exchanges):,} calls, {len(report.checks)} checks, {report.seconds:.1f} s"
    if report.findings.found:
        count = len(report.findings)
        return (
            f"violated: {count} {'promise is' if count == 1 else 'promises are'} broken ({calls})"
        )
    if report.incomplete:
        return f"could not judge: {report.incomplete} ({calls})"
    if report.trouble:
        count = len(report.trouble)
        told = "1 check failed by itself" if count == 1 else f"{count} checks failed by themselves"
        return f"could not judge: {told} ({calls})"
    return f"kept: nothing found ({calls})"


def show(report: Report, console: Console) -> None:
    """Print verdict, findings, and what was not tried."""
    masking = Masking(report.target)
    style = {0: "bold green", 1: "bold red", 2: "bold yellow"}[report.exit_code]
    first = printable(masking(f"contracts: {verdict(report)}"))
    console.print(first, style=style, markup=False, soft_wrap=True, highlight=False)
    for number, finding in enumerate(report.findings.found.values(), 1):
        _show_finding(report, number, finding, console, masking)
    for line in _remarks(report):
        console.print(printable(masking(line)), markup=False, soft_wrap=True, highlight=False)
    for reason, names in skipped(report).items():
        told = printable(masking(f"Not tried, {reason}: {', '.join(sorted(names))}"))
        console.print(f"[dim]{escape(told)}[/dim]", soft_wrap=True, highlight=False)


def _remarks(report: Report) -> Iterator[str]:
    """Yield what a reader has to know beside the findings."""
    if report.findings.found:
        yield ""
    if report.incomplete and report.findings.found:
        yield f"Not complete: {report.incomplete}"
    for name, trouble in report.trouble.items():
        yield f"Check {name} failed by itself: {trouble}"
    if report.obeyed:
        times = "once" if report.obeyed == 1 else f"{report.obeyed} times"
        yield f"A limit of the target was obeyed {times}."


def _show_finding(
    report: Report, number: int, finding: Finding, console: Console, masking: Masking
) -> None:
    console.print(f"\n[bold]{number}. {finding.check}[/bold]  {finding.count} x", highlight=False)
    for line in finding_lines(report.target, finding, masking):
        console.print(line, markup=False, soft_wrap=True, highlight=False)


def finding_lines(target: Target, finding: Finding, masking: Masking) -> list[str]:
    """Return what was promised, what came, and how to see it again."""
    lines = [
        f"   promised  {finding.promise}",
        f"             {finding.clause}",
        f"   came      {finding.what}",
    ]
    if finding.operations:
        lines.append(f"   at        {', '.join(sorted(finding.operations))}")
    lines += _steps([exchange.summary for exchange in finding.exchanges[:-1]])
    if finding.exchanges:
        lines.append(f"   again     {as_curl(target, finding.exchanges[-1].request, masking)}")
    return [printable(masking(line)) for line in lines]


def _steps(summaries: list[str]) -> Iterator[str]:
    """Yield the calls before the last one; the JSON report and the page have all of them."""
    half = _LONGEST_STEPS // 2
    left_out = len(summaries) - _LONGEST_STEPS
    for number, summary in enumerate(summaries, 1):
        if left_out <= 0 or number <= half or number > len(summaries) - half:
            yield f"   step {number:<4} {summary}"
        elif number == half + 1:
            yield f"   …         {left_out} more"


def skipped(report: Report) -> dict[str, set[str]]:
    """Return the checks that were not tried, by the reason."""
    reasons: dict[str, set[str]] = {}
    for (check, _), tally in report.findings.tallies.items():
        if tally.skipped:
            reasons.setdefault(tally.skipped, set()).add(check)
    return reasons

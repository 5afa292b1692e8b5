"""What does a person see in the terminal, while it runs and at its end?"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contracts.findings import Finding
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl
from contracts.run import Report, Watch
from contracts.target import Target


@contextmanager
def progress(console: Console) -> Iterator[Watch]:
    """Show which check runs; on a pipe nothing is shown."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
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
        return f"could not judge: {len(report.trouble)} checks failed by themselves ({calls})"
    return f"kept: nothing found ({calls})"


def show(report: Report, console: Console) -> None:
    """Print verdict, findings, and what was not tried."""
    masking = Masking(report.target)
    style = {0: "bold green", 1: "bold red", 2: "bold yellow"}[report.exit_code]
    console.print(
        f"contracts: {masking(verdict(report))}", style=style, markup=False, soft_wrap=True
    )
    for number, finding in enumerate(report.findings.found.values(), 1):
        _show_finding(report, number, finding, console, masking)
    if report.incomplete and report.findings.found:
        console.print(f"Not complete: {report.incomplete}", markup=False)
    for name, trouble in report.trouble.items():
        console.print(f"Check {name} failed by itself: {masking(trouble)}", markup=False)
    if report.obeyed:
        console.print(f"A limit of the target was obeyed {report.obeyed} times.")
    for reason, names in skipped(report).items():
        console.print(
            f"[dim]Not tried, {escape(reason)}: {', '.join(sorted(names))}[/dim]", soft_wrap=True
        )


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
    lines += [f"   step {n}    {e.summary}" for n, e in enumerate(finding.exchanges[:-1], 1)]
    if finding.exchanges:
        lines.append(f"   again     {as_curl(target, finding.exchanges[-1].request, masking)}")
    return [masking(line) for line in lines]


def skipped(report: Report) -> dict[str, set[str]]:
    """Return the checks that were not tried, by the reason."""
    reasons: dict[str, set[str]] = {}
    for (check, _), tally in report.findings.tallies.items():
        if tally.skipped:
            reasons.setdefault(tally.skipped, set()).add(check)
    return reasons

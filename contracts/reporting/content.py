"""What does every report tell? The run as plain data, with no key left in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from contracts.exchange import Exchange
from contracts.exercised import Part, exercised
from contracts.findings import Finding
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl, as_python, pretty
from contracts.reporting.terminal import skipped, verdict
from contracts.run import Report

VERSION = 1
"""The form of this content; it is counted up when a member changes its meaning."""


@dataclass(frozen=True)
class Row:
    """One check at one operation."""

    group: str
    check: str
    operation: str
    tried: int
    passed: int
    failed: int
    skipped: str


def content(report: Report) -> dict[str, Any]:
    """Return a run as JSON can hold it: the content of the JSON report, and of the page."""
    masking = Masking(report.target)
    told: dict[str, Any] = masked(
        masking,
        {
            "version": VERSION,
            "verdict": verdict(report),
            "exit_code": report.exit_code,
            "target": {
                "url": report.target.url,
                "base": report.target.base,
                "has_gateway": report.target.has_gateway,
                "has_storage": report.target.storage is not None,
            },
            "plan": {
                "profile": report.plan.profile.value,
                "seed": report.plan.seed,
                "only": list(report.plan.only),
                "skip": list(report.plan.skip),
            },
            "calls": len(report.exchanges),
            "seconds": round(report.seconds, 3),
            "limits_obeyed": report.obeyed,
            "incomplete": report.incomplete,
            "trouble": report.trouble,
            "findings": [_finding(report, f, masking) for f in report.findings.found.values()],
            "checks": [vars_of(row) for row in rows(report)],
            "latency": latency(report.exchanges),
            "skipped": [
                {"reason": reason, "checks": sorted(names)}
                for reason, names in sorted(skipped(report).items())
            ],
            "exercised": [
                _part(part)
                for part in exercised(report.contract, report.exchanges, report.target.prefix)
            ],
        },
    )
    return told


def masked(masking: Masking, value: Any) -> Any:
    """Return a value whose texts hold no key."""
    match value:
        case str():
            return masking(value)
        case dict():
            return {masking(str(name)): masked(masking, inner) for name, inner in value.items()}
        case list():
            return [masked(masking, inner) for inner in value]
        case _:
            return value


def vars_of(row: Row) -> dict[str, Any]:
    """Return a row as a dictionary."""
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def rows(report: Report) -> Iterator[Row]:
    """Yield every check at every operation, in the order of folders and names."""
    listed = sorted(
        report.findings.tallies.items(),
        key=lambda item: (report.checks[item[0][0]].group, *item[0]),
    )
    for (name, operation), tally in listed:
        group = report.checks[name].group
        yield Row(group, name, operation, tally.tried, tally.passed, tally.failed, tally.skipped)


def _finding(report: Report, finding: Finding, masking: Masking) -> dict[str, Any]:
    return {
        "check": finding.check,
        "promise": finding.promise,
        "clause": {"line": finding.clause.line, "place": finding.clause.pointer},
        "what": finding.what,
        "count": finding.count,
        "operations": sorted(finding.operations),
        "steps": [_step(report, exchange, masking) for exchange in finding.exchanges],
    }


def _step(report: Report, exchange: Exchange, masking: Masking) -> dict[str, Any]:
    """Return one call of those that show a finding; the last one is at fault."""
    return {
        "summary": exchange.summary,
        "milliseconds": round(exchange.seconds * 1000, 3),
        "curl": as_curl(report.target, exchange.request, masking),
        "python": as_python(report.target, exchange.request, masking),
        "reply": _reply(exchange, masking),
        "trouble": exchange.trouble,
    }


def _reply(exchange: Exchange, masking: Masking) -> dict[str, Any] | None:
    reply = exchange.reply
    if reply is None:
        return None
    headers = [f"{name}: {value}" for name, value in reply.headers]
    return {"status": reply.status, "headers": headers, "body": pretty(reply.body, masking)}


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "documented": len(part.documented),
        "seen": part.touched,
        "never": part.never,
    }


BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""Milliseconds at which the bars of the histogram end; the last one has no end."""


def latency(exchanges: list[Exchange]) -> list[dict[str, Any]]:
    """Return how long calls took, by operation: bars, and three quantiles in milliseconds."""
    taken: dict[str, list[float]] = {}
    for exchange in exchanges:
        if exchange.operation and exchange.reply is not None and exchange.seconds:
            taken.setdefault(exchange.operation, []).append(exchange.seconds * 1000)
    told = []
    for operation, times in sorted(taken.items()):
        bars = [0] * (len(BOUNDS) + 1)
        for time in times:
            bars[next((n for n, bound in enumerate(BOUNDS) if time <= bound), len(BOUNDS))] += 1
        cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
        told.append(
            {
                "operation": operation,
                "calls": len(times),
                "p50": round(cuts[49], 1),
                "p95": round(cuts[94], 1),
                "p99": round(cuts[98], 1),
                "bars": bars,
            }
        )
    return told

"""What do the measurements say: who is faster by how much, and are the aims met?

A ratio is computed within each round, where both sides saw the same machine; then the median
counts.
"""

import json
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from bench.calls import SMALL, TABLE, table_calls
from bench.measure import Load, Options, Start
from bench.tables import NONE, profile_table, spread, table
from bench.where_time_goes import ANSWERING, APPLICATION, READING

OWN = "mockserver"


@dataclass(frozen=True, slots=True)
class Results:
    """All that one run found. `notes` says what went wrong."""

    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    options: Options
    starts: list[Start] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    profile: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure that there may be an aim for. `aim` is at least, or with `is_limit` at most."""

    what: str
    values: list[float]
    form: str
    aim: float | None = None
    is_limit: bool = False

    @property
    def wanted(self) -> str:
        return NONE if self.aim is None else f"{'≤' if self.is_limit else '≥'} {self.aim:g}"

    @property
    def verdict(self) -> str:
        if self.aim is None:
            return ""
        if not self.values:
            return "not measured"
        holds = operator.le if self.is_limit else operator.ge
        return "met" if holds(median(self.values), self.aim) else "missed"


def findings(results: Results) -> list[Finding]:
    """Return every figure that is compared with an aim, and the other ratios."""
    small = _by_server(results.loads, SMALL)
    starts = [start for start in results.starts if start.server == OWN]
    return [
        _ratio(results, SMALL, OWN, "bare", 0.6),
        _cpu_ratio(results, "bare"),
        _ratio(results, SMALL, OWN, "prism", 4),
        _ratio(results, SMALL, OWN, "mockoon", None),
        *(_ratio(results, TABLE, f"{OWN}, {name}", "prism", 1.5) for name in table_calls()),
        *(_ratio(results, TABLE, f"{OWN}, {name}", "bare", None) for name in table_calls()),
        Finding("p99 of the small call, ms", [x.p99 for x in small.get(OWN, [])], ".1f", 10, True),
        Finding("resting memory, MB", [start.memory for start in starts], ".0f", 70, True),
        Finding("cold start, s", [start.seconds for start in starts], ".2f", 0.7, True),
    ]


def lines(results: Results) -> list[str]:
    """Return the whole report as Markdown."""
    o = results.options
    return [
        "# RRS beside its peers",
        "",
        f"{results.date}. " + "; ".join(f"{k}: {v}" for k, v in results.machine.items()) + ".",
        "",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in results.versions.items()) + ".",
        "",
        f"{o.rounds} rounds of {o.seconds} s, {o.starts} cold starts; min / median / max.",
        *(f"\n**{note}**" for note in results.notes),
        *_section("Aims", _aims(results)),
        *_section("Small call, 32 connections", _loads(results, SMALL)),
        *_section(
            "Table of 1000 rows and 10 columns, 63 KB, 8 connections", _loads(results, TABLE)
        ),
        *_section("Start and rest", _starts(results)),
        *_section("Where the time of a call goes", _profile(results)),
    ]


def write(results: Results, folder: Path) -> None:
    """Write the report for people and for programs."""
    folder.mkdir(exist_ok=True)
    content = asdict(results) | {
        "findings": [
            asdict(found) | {"verdict": found.verdict or None} for found in findings(results)
        ]
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    (folder / "rrs.json").write_text(text + "\n", encoding="utf-8")
    (folder / "rrs.md").write_text("\n".join(lines(results)) + "\n", encoding="utf-8")


def errors_note(load: Load) -> str:
    """Say that a run had errors: its figures then mean little."""
    where = f"{load.server}, {load.load}, round {load.round + 1}"
    return f"{where}: {load.errors} errors, do not trust its figures"


def _section(title: str, content: list[str]) -> list[str]:
    return ["", f"## {title}", "", *content] if content else []


def _by_server(loads: Iterable[Load], load: str) -> dict[str, list[Load]]:
    """Group the runs of one load; servers in the order of the first round."""
    groups: dict[str, list[Load]] = {}
    for run in loads:
        if run.load == load:
            groups.setdefault(run.server, []).append(run)
    return groups


def _ratio(results: Results, load: str, one: str, other: str, aim: float | None) -> Finding:
    """Compare the requests per second of two servers, round by round."""
    groups = _by_server(results.loads, load)
    of_other = {run.round: run.per_second for run in groups.get(other, [])}
    values = [
        run.per_second / of_other[run.round]
        for run in groups.get(one, [])
        if of_other.get(run.round)
    ]
    return Finding(f"{load}: {one} to {other}", values, ".2f", aim)


def _cpu_ratio(results: Results, other: str) -> Finding:
    """Compare what a small call costs another server with what it costs ours, round by round."""
    groups = _by_server(results.loads, SMALL)
    of_other = {run.round: run.cpu for run in groups.get(other, [])}
    values = [
        of_other[run.round] / run.cpu
        for run in groups.get(OWN, [])
        if run.round in of_other and run.cpu
    ]
    return Finding(f"{SMALL}: the same by CPU per request", values, ".2f")


def _aims(results: Results) -> list[str]:
    rows = [
        [found.what, spread(found.values, found.form), found.wanted, found.verdict]
        for found in findings(results)
        if found.values or found.aim is not None
    ]
    return table(["figure", "measured", "aim", "verdict"], rows)


_LOAD_COLUMNS: dict[str, tuple[Callable[[Load], float], str]] = {
    "requests/s": (lambda run: run.per_second, ",.0f"),
    "p50 ms": (lambda run: run.p50, ".1f"),
    "p90 ms": (lambda run: run.p90, ".1f"),
    "p99 ms": (lambda run: run.p99, ".1f"),
    "CPU µs/request": (lambda run: run.cpu, ",.0f"),
    "MB after": (lambda run: run.memory, ".0f"),
}


def _loads(results: Results, load: str) -> list[str]:
    def row(server: str, runs: Sequence[Load]) -> list[str]:
        figures = [spread([of(run) for run in runs], form) for of, form in _LOAD_COLUMNS.values()]
        errors = sum(run.errors for run in runs)
        return [server, *figures, f"{runs[0].answer_bytes:,}", str(errors)]

    groups = _by_server(results.loads, load)
    head = ["server", *_LOAD_COLUMNS, "answer bytes", "errors"]
    return table(head, [row(*group) for group in groups.items()]) if groups else []


def _starts(results: Results) -> list[str]:
    groups: dict[str, list[Start]] = {}
    for start in results.starts:
        groups.setdefault(start.server, []).append(start)
    rows = [
        [
            server,
            spread([start.seconds for start in starts], ".2f"),
            spread([start.memory for start in starts], ".0f"),
        ]
        for server, starts in groups.items()
    ]
    return table(["server", "cold start to the first 200, s", "resting MB"], rows) if rows else []


def _profile(results: Results) -> list[str]:
    if not results.profile:
        return []
    return [*profile_table(results.profile), *_account(results)]


def _account(results: Results) -> list[str]:
    """Say what is left of a small call's time when the measured steps are taken off."""
    runs = _by_server(results.loads, SMALL).get(OWN)
    if not runs:
        return []
    steps = results.profile[SMALL]
    whole = median(run.cpu for run in runs)
    application, server = steps[APPLICATION], steps[READING] + steps[ANSWERING]
    rest = whole - application - server
    text = (
        f"Under load a small call takes {whole:.0f} µs of CPU: {application:.0f} µs the"
        f" application, {server:.0f} µs uvicorn, and the other {rest:.0f} µs sockets, event loop"
        " and kernel, and that neither core nor caches are its own as they are in the table."
    )
    return ["", text]

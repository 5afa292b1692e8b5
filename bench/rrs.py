"""How fast is RRS beside a server that does nothing, Prism and Mockoon, measured in one run?

`make bench`, or `make bench ARGS='--rounds 5 --no-peers'`. Results go to `bench/results/`. An aim
that is missed is no failure: the exit code is 0 if everything could be measured, 1 if a server of
ours did not work, 2 if wrk is missing.
"""

import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import peers, report, where_time_goes
from bench.calls import SMALL, TABLE, small_call, table_calls, table_services
from bench.measure import Note, Options, Subject, Task, check, measure_loads, measure_starts
from bench.report import Results
from bench.servers import HERE, NotUsable, Server, bare, mockserver

OURS = ("bare", "mockserver")
NAMES = (*OURS, "prism", "mockoon")
_TABLES = "mockserver-tables"


def main() -> int:
    """Measure, print, write."""
    options = _parse()
    if shutil.which("wrk") is None:
        print("bench: wrk is missing; install it with: apt-get install wrk", file=sys.stderr)
        return 2
    # So that an ended run ends its servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        try:
            results = _run(options, Path(folder))
        except NotUsable as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print("\n".join(["", *report.lines(results)]))
    if options.only:
        print("\nnothing written: --only measures a part")
    else:
        report.write(results, HERE / "results")
        print("\nwritten: bench/results/rrs.md, bench/results/rrs.json")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench/rrs.py", description="Measure RRS beside its peers.")
    parser.add_argument("--rounds", type=_count, default=3, help="default 3")
    parser.add_argument("--seconds", type=_count, default=4, help="of each load, default 4")
    parser.add_argument("--starts", type=_count, default=5, help="cold starts, default 5")
    parser.add_argument("--only", nargs="+", choices=NAMES, help="print, and write no results")
    parser.add_argument("--no-peers", action="store_true", help="without Prism and Mockoon")
    return parser.parse_args()


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _run(options: argparse.Namespace, folder: Path) -> Results:
    chosen = options.only or [name for name in NAMES if name in OURS or not options.no_peers]
    results = Results(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=_machine(),
        versions=_versions(),
        options=Options(options.rounds, options.seconds, options.starts),
    )

    def note(text: str) -> None:
        print(f"  {text}", flush=True)
        results.notes.append(text)

    if options.no_peers:
        note("without peers: --no-peers")
    subjects = [*_our_subjects(chosen, folder), *_peer_subjects(chosen, results, folder, note)]
    print("where the time goes, in process …", flush=True)
    results.profile.update(where_time_goes.measure())
    startable = [subject for subject in subjects if subject.server.name != _TABLES]
    print("cold starts …", flush=True)
    for start in measure_starts(startable, results.options.starts, folder, note):
        print(f"  {start.server:10} {start.seconds:6.2f} s {start.memory:6.0f} MB", flush=True)
        results.starts.append(start)
    print("loads …", flush=True)
    for load in measure_loads(subjects, results.options, folder, note):
        speed = f"{load.per_second:9,.0f}/s, p99 {load.p99:5.1f} ms"
        print(f"  round {load.round + 1}  {load.load:11}  {load.server:35} {speed}", flush=True)
        results.loads.append(load)
        if load.errors:
            note(report.errors_note(load))
    return results


def _our_subjects(chosen: Sequence[str], folder: Path) -> Iterator[Subject]:
    """Return our servers. Raises NotUsable if one does not work: then there is nothing to say."""
    ours = Subject(mockserver(), [Task("mockserver", SMALL, small_call())])
    size = check(ours, folder)[0]
    if "bare" in chosen:
        yield _checked(_on_both_loads(bare(size)), folder)
    if "mockserver" in chosen:
        file = folder / "tables.yaml"
        file.write_text(table_services(), encoding="utf-8")
        tasks = [Task(f"mockserver, {name}", TABLE, task) for name, task in table_calls().items()]
        yield ours
        yield _checked(Subject(mockserver(_TABLES, file), tasks), folder)


def _peer_subjects(
    chosen: Sequence[str], results: Results, folder: Path, note: Note
) -> Iterator[Subject]:
    """Return the peers that are there and work."""
    known = {
        "prism": lambda: _on_both_loads(peers.prism()),
        "mockoon": lambda: Subject(peers.mockoon(), [Task("mockoon", SMALL, small_call())]),
    }
    wanted = [name for name in chosen if name in known]
    if not wanted:
        return
    try:
        peers.install()
        results.versions.update(peers.versions())
    except peers.NoPeers as error:
        note(f"without peers: {error}")
        return
    for name in wanted:
        try:
            yield _checked(known[name](), folder)
        except NotUsable as error:
            note(f"without {error}")


def _on_both_loads(server: Server) -> Subject:
    """Return a server to which it does not matter which service a call is for."""
    table = next(iter(table_calls().values()))
    return Subject(
        server, [Task(server.name, SMALL, small_call()), Task(server.name, TABLE, table)]
    )


def _checked(subject: Subject, folder: Path) -> Subject:
    check(subject, folder)
    return subject


def _machine() -> dict[str, str]:
    """Say what was measured on, without saying whose machine it is."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.MULTILINE)
        model = named[1] if named else model
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg()[:2])
    return {
        "CPU": model,
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "load average before": busy,
    }


def _versions() -> dict[str, str]:
    said = subprocess.run(["wrk", "-v"], check=False, capture_output=True, text=True)
    wrk = re.search(r"wrk \S*?(\d[\d.]+)", said.stdout + said.stderr)
    return {
        **{name: version(name) for name in ("mockserver", "uvicorn", "uvloop", "httptools")},
        "wrk": wrk[1] if wrk else "unknown",
    }


if __name__ == "__main__":
    sys.exit(main())

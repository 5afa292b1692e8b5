"""How fast is a whole file scored, beside other hashers, and in how much memory?

Prints tables and writes bench/results/batch.md and batch.json. Needs `vowpalwabbit` and
`scikit-learn` (the extra `bench`) for the comparison; what is missing is said.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from bench.hashing import FILES, HASHERS, KERNEL, SKLEARN, VOWPAL, Figures
from bench.jobs import serving, watched
from bench.reviews import write_reviews
from bench.servers import HERE, NotUsable
from bench.tables import NONE, spread, table

_VERSIONS = ("mockserver", "numba", "pyarrow", "vowpalwabbit", "scikit-learn")
_SUBMIT_SECONDS = 5
_MEGABYTE = 1e6


@dataclass(slots=True)
class Results:
    """All that one run found."""

    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    megabytes: int
    runs: dict[str, list[Figures]] = field(default_factory=dict)
    jobs: dict[str, list[float]] = field(default_factory=dict)
    """MB/s by what was measured; submissions per second."""
    memory: dict[str, list[float]] = field(default_factory=dict)
    """By size in MB: resting, peak and the difference."""
    notes: list[str] = field(default_factory=list)


def main() -> int:
    """Measure, print, write."""
    options = _parse()
    results = Results(
        datetime.now(UTC).strftime("%Y-%m-%d"), _machine(), _versions(), options.megabytes
    )
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        file = Path(folder, "reviews.csv")
        print(f"making a file of {options.megabytes} MB …", flush=True)
        write_reviews(file, options.megabytes)
        try:
            _hashing(results, file, options.rounds)
            _jobs(results, Path(folder), file, options.rounds)
            _memory(results, Path(folder), options.sizes)
        except NotUsable as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    print("\n".join(["", *lines(results)]))
    (HERE / "results").mkdir(exist_ok=True)
    text = json.dumps(asdict(results), indent=1, ensure_ascii=False)
    (HERE / "results" / "batch.json").write_text(text + "\n", encoding="utf-8")
    page = "\n".join(lines(results)) + "\n"
    (HERE / "results" / "batch.md").write_text(page, encoding="utf-8")
    print("\nwritten: bench/results/batch.md, bench/results/batch.json")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench/batch.py", description="Measure the scoring of files.")
    parser.add_argument("--megabytes", type=int, default=200, help="of the file, default 200")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10, 100, 1000], help="for memory")
    return parser.parse_args()


def _hashing(results: Results, file: Path, rounds: int) -> None:
    """Measure every hasher and the scoring of the file, in turn, each in its own process."""
    subjects = [*HASHERS, FILES]
    for turn in range(rounds + 1):
        for subject in list(subjects):
            try:
                figures = _child(subject, file)
            except NotUsable as error:
                print(f"  without {subject}: {error}", flush=True)
                results.notes.append(f"without {subject}: {error}")
                subjects.remove(subject)
                continue
            if turn:  # in the first one, files are read and code is compiled
                results.runs.setdefault(subject, []).append(figures)
                print(f"  round {turn}  {subject:14} {_speed(figures):6.0f} MB/s", flush=True)


def _child(subject: str, file: Path) -> Figures:
    command = [sys.executable, "-m", "bench.hashing", subject, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=HERE.parent)
    if done.returncode:
        raise NotUsable(done.stderr.strip().rpartition("\n")[2])
    return Figures(*json.loads(done.stdout.strip().rpartition("\n")[2]))


def _jobs(results: Results, folder: Path, file: Path, rounds: int) -> None:
    """Measure whole jobs, from the upload of the input to Finished."""
    size = file.stat().st_size / _MEGABYTE
    with serving(folder) as emulator:
        small = folder / "small.csv"
        write_reviews(small, 1)
        emulator.upload(small)
        emulator.score(small)  # the worker starts, and loads what was compiled
        for _ in range(rounds):
            upload = emulator.upload(file)
            seconds = emulator.score(file)
            for what, took in (
                ("job: submitted to Finished", seconds),
                ("upload of the input, and job", upload + seconds),
            ):
                results.jobs.setdefault(what, []).append(size / took)
                print(f"  {what:30} {size / took:6.0f} MB/s", flush=True)
            submitted = emulator.submissions(small, _SUBMIT_SECONDS)
            results.jobs.setdefault("submissions per second", []).append(submitted)
            print(f"  {'submissions':30} {submitted:6.0f}/s", flush=True)


def _memory(results: Results, folder: Path, sizes: Sequence[int]) -> None:
    """Measure the peak of a fresh emulator for each size of file."""
    for size in sizes:
        file = folder / f"size{size}.csv"
        write_reviews(file, size)
        place = folder / f"memory{size}"
        place.mkdir()
        with serving(place) as emulator:
            idle = emulator.memory()
            emulator.upload(file)
            with watched(emulator) as peak:
                emulator.score(file)
        file.unlink()
        results.memory[str(size)] = [idle, peak[0], peak[0] - idle]
        print(f"  {size:5} MB: resting {idle:.0f} MB, peak {peak[0]:.0f} MB", flush=True)


def _speed(figures: Figures) -> float:
    return figures.size / figures.seconds / _MEGABYTE


def lines(results: Results) -> list[str]:
    """Return the whole report as Markdown."""
    return [
        "# Scoring of files",
        "",
        f"{results.date}. " + "; ".join(f"{k}: {v}" for k, v in results.machine.items()) + ".",
        "",
        "Versions: " + ", ".join(f"{k} {v}" for k, v in results.versions.items()) + ".",
        "",
        (
            f"A file of {results.megabytes} MB, ratings and reviews; 3 bits, 2-grams;"
            " min / median / max."
        ),
        *(f"\n**{note}**" for note in results.notes),
        *["", "## Aims", "", *_aims(results)],
        *["", "## One core, without a network", "", *_hashers(results)],
        *["", "## Jobs over HTTP, with the embedded blob service", "", *_job_table(results)],
        *["", "## Memory of server and worker, MB", "", *_memory_table(results)],
    ]


def _aims(results: Results) -> list[str]:
    rows = [
        _aim("hashing, kernel to Vowpal Wabbit", _ratios(results, VOWPAL), 2, ".1f"),
        _aim("hashing, kernel to HashingVectorizer", _ratios(results, SKLEARN), None, ".1f"),
        _aim(
            "job, submitted to Finished, MB/s",
            results.jobs.get("job: submitted to Finished", []),
            60,
            ".0f",
        ),
        _aim(
            "peak memory above idle, MB", [row[2] for row in results.memory.values()], -250, ".0f"
        ),
    ]
    return table(["figure", "measured", "aim", "verdict"], rows)


def _aim(what: str, values: list[float], aim: float | None, form: str) -> list[str]:
    """Return a row; a negative aim is one that must not be exceeded."""
    if aim is None or not values:
        return [what, spread(values, form), NONE, ""]
    holds = max(values) <= -aim if aim < 0 else median(values) >= aim
    wanted = f"≤ {-aim:g}" if aim < 0 else f"≥ {aim:g}"
    return [what, spread(values, form), wanted, "met" if holds else "missed"]


def _ratios(results: Results, other: str) -> list[float]:
    pairs = zip(results.runs.get(KERNEL, []), results.runs.get(other, []), strict=False)
    return [theirs.seconds / ours.seconds for ours, theirs in pairs]


def _hashers(results: Results) -> list[str]:
    rows = []
    for subject, runs in results.runs.items():
        tokens = [run.tokens / run.seconds / 1e6 for run in runs if run.tokens]
        texts = [run.rows / run.seconds for run in runs if run.rows]
        speeds = [_speed(run) for run in runs]
        rows.append([subject, spread(tokens, ".1f"), spread(texts), spread(speeds)])
    return table(["subject", "million tokens/s", "rows/s", "MB/s"], rows)


def _job_table(results: Results) -> list[str]:
    rows = [[what, spread(values)] for what, values in results.jobs.items()]
    return table(["figure", "MB/s, or submissions/s"], rows)


def _memory_table(results: Results) -> list[str]:
    rows = [
        [f"{size} MB", *(f"{value:.0f}" for value in values)]
        for size, values in results.memory.items()
    ]
    return table(["input", "resting", "peak", "difference"], rows)


def _machine() -> dict[str, str]:
    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg()[:2])
    return {
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "load average before": busy,
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _VERSIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main())

"""How fast does each server start and answer, and how much memory does it hold?

Rounds are interleaved: every round starts every server afresh, one after the other and never two at
once, in an order that moves on by one, so that a slow minute of the machine hits all of them.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.calls import Call
from bench.servers import HERE, NotUsable, Running, Server, ask, log_of, running

SETTLE_SECONDS = 0.4


Note = Callable[[str], None]
"""Takes what went wrong, to be printed and reported."""


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how often is measured; `starts` counts the cold starts."""

    rounds: int
    seconds: int
    starts: int


@dataclass(frozen=True, slots=True)
class Start:
    """One start: seconds to the first 200, and MB held shortly after."""

    round: int
    server: str
    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Load:
    """One run of wrk. Times in ms, CPU per request in microseconds, memory afterwards in MB."""

    round: int
    server: str
    load: str
    per_second: float
    p50: float
    p90: float
    p99: float
    errors: int
    cpu: float
    memory: float
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Task:
    """One call to one server: what stands in the tables as `label`, under `load`."""

    label: str
    load: str
    call: Call


@dataclass(frozen=True, slots=True)
class Subject:
    """A server and all that is sent to it, in order."""

    server: Server
    tasks: Sequence[Task]


def measure_starts(
    subjects: Sequence[Subject], count: int, folder: Path, note: Note
) -> Iterator[Start]:
    """Start each server `count` times, in turns."""
    for number in range(count):
        for subject in _turn(subjects, number):
            try:
                with running(subject.server, subject.tasks[0].call, folder) as server:
                    time.sleep(SETTLE_SECONDS)
                    yield Start(number, subject.server.name, server.seconds, server.memory())
            except NotUsable as error:
                note(f"start {number + 1}, {subject.server.name}: {error}")


def measure_loads(
    subjects: Sequence[Subject], options: Options, folder: Path, note: Note
) -> Iterator[Load]:
    """Load each server in each round."""
    for number in range(options.rounds):
        for subject in _turn(subjects, number):
            try:
                with running(subject.server, subject.tasks[0].call, folder) as server:
                    for task in subject.tasks:
                        wrk(server.port, task.call, subject.server.warm_seconds, folder)
                        yield _measure_load(server, task, number, options.seconds, folder)
            except NotUsable as error:
                note(f"round {number + 1}, {subject.server.name}: {error}")


def check(subject: Subject, folder: Path) -> list[int]:
    """Return the sizes of the answers. Raises NotUsable if one of them is not a 200."""
    try:
        with running(subject.server, subject.tasks[0].call, folder) as server:
            return [ask(server.port, task.call) for task in subject.tasks]
    except NotUsable as error:
        print(log_of(subject.server, folder).read_text(errors="replace")[-2000:], file=sys.stderr)
        raise NotUsable(f"{subject.server.name}: {error}") from error


def _turn(subjects: Sequence[Subject], number: int) -> Sequence[Subject]:
    first = number % len(subjects)
    return [*subjects[first:], *subjects[:first]]


def _measure_load(server: Running, task: Task, number: int, seconds: int, folder: Path) -> Load:
    size = ask(server.port, task.call)
    before = server.cpu()
    found = wrk(server.port, task.call, seconds, folder)
    requests = max(1, found["requests"])
    return Load(
        number,
        task.label,
        task.load,
        per_second=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"] / 1000,
        p90=found["p90"] / 1000,
        p99=found["p99"] / 1000,
        errors=found["errors"],
        cpu=(server.cpu() - before) / requests * 1e6,
        memory=server.memory(),
        answer_bytes=size,
    )


def wrk(port: int, call: Call, seconds: int, folder: Path) -> dict[str, int]:
    """Run wrk once; return what load.lua reports."""
    body = folder / "body.json"
    body.write_bytes(call.body)
    said = subprocess.run(  # it ends by itself
        [
            *("wrk", "-t1", f"-c{call.connections}", f"-d{seconds}s", "--timeout", "10s"),
            *("-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}"),
        ],
        env=os.environ | {"BENCH_PATH": call.path, "BENCH_KEY": call.key, "BENCH_BODY": str(body)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = said.stdout.splitlines() or [""]
    if not lines[-1].startswith("{"):
        print(said.stderr, file=sys.stderr)
        raise NotUsable(f"wrk reported nothing and ended with exit code {said.returncode}")
    report: dict[str, int] = json.loads(lines[-1])
    return report

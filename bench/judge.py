"""How fast does `contracts check` judge, and what does it see that plain Schemathesis does not?

Each broken server of the bank is judged twice with the same time: by the ci profile, and by
`schemathesis run openapi.yaml`. A sample unless `--all` is given: all take an hour and a half.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from contracts.profiles import Profile
from contracts.run import Plan, Report, judge_target
from contracts.target import SUBSCRIPTION_KEY, Target
from tests.contracts.broken_servers.bank import BANK
from tests.contracts.broken_servers.faults import Fault
from tests.contracts.broken_servers.proxy import broken_server
from tests.contracts.broken_servers.worlds import worlds

TOP = Path(__file__).parents[1]
RESULTS = TOP / "bench" / "results" / "contracts.md"

Failure = tuple[str, str]
"""A code of Schemathesis, and an operation."""


def main() -> int:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=20, help="how many faults (20)")
    parser.add_argument("--all", action="store_true", help="all faults; takes an hour and a half")
    options = parser.parse_args()
    names = list(BANK)
    if not options.all:
        names = sorted(random.Random(1).sample(names, options.sample))
    lines = ["# What `contracts check` costs and finds", ""]
    with worlds() as targets:
        lines += speed(targets)
        lines += bank(targets, names)
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text, encoding="utf-8")
    return 0


def speed(targets: Mapping[str, Target]) -> list[str]:
    """Return how long each profile takes against the emulator, three runs each."""
    lines = [
        "| target | profile | calls | seconds, least / median / most |",
        "| --- | --- | --- | --- |",
    ]
    for name, at in (("emulator", targets["howto"]), ("its gateway", targets["gateway"])):
        for profile in (Profile.SMOKE, Profile.CI):
            reports = [judge_target(at, Plan(profile, seed=seed)) for seed in (1, 2, 3)]
            took = sorted(report.seconds for report in reports)
            calls = len(reports[0].exchanges)
            figures = " / ".join(f"{seconds:.1f}" for seconds in took)
            lines.append(f"| {name} | {profile} | {calls:,} | {figures} |")
    return [*lines, ""]


def bank(targets: Mapping[str, Target], names: list[str]) -> list[str]:
    """Return how many faults either finds in the same time."""
    with broken_server(targets["howto"].url) as url:
        whole = judge_target(replace(targets["howto"], url=url), Plan())
    budget = max(int(whole.seconds) + 1, 5)
    usual: dict[str, set[Failure]] = {}
    rows, found, named, plainly = [], 0, 0, 0
    for name in names:
        fault = BANK[name]
        target = targets[fault.world]
        if fault.world not in usual:
            with broken_server(target.url) as url:
                usual[fault.world] = schemathesis(replace(target, url=url), budget)
        with fault.in_front_of(target.url) as url:
            broken = replace(target, url=url)
            report = judge_target(broken, plan_for(fault))
            failures = schemathesis(broken, budget) - usual[fault.world]
        checks = checks_of(report)
        found += bool(checks)
        named += fault.check in checks
        plainly += bool(failures)
        told = "yes" if fault.check in checks else "**no**"
        plain = ", ".join(sorted({code for code, _ in failures})) or "-"
        rows.append(f"| {name} | {fault.check} | {told} | {plain} | {report.seconds:.1f} |")
        print(rows[-1], file=sys.stderr, flush=True)
    count = len(names)
    limited = sum(BANK[name].world == "limited" for name in names)
    return [
        f"Of {count} broken servers ({len(BANK)} are in the bank), with {budget} s for each:",
        "",
        f"- `contracts check --profile ci` finds {found}, and names the right check for {named};",
        f"- `schemathesis run openapi.yaml` finds {plainly}: what it reports of no honest one.",
        "",
        f"Those about a limit of a hundred calls a week ({limited} here) are judged by their",
        "checks alone.",
        "",
        "| broken server | check that is about it | named | plain Schemathesis | seconds |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def plan_for(fault: Fault) -> Plan:
    """Return the whole ci profile, or what a hundred calls in a week leave time for."""
    return Plan(only=[fault.check, *fault.by]) if fault.world == "limited" else Plan()


def checks_of(report: Report) -> set[str]:
    """Return the checks that found something."""
    return {finding.check for finding in report.findings.found.values()}


def schemathesis(target: Target, seconds: int) -> set[Failure]:
    """Run plain Schemathesis in a clean folder; return the failures that it reports."""
    key = target.subscription_key
    subscription = ("--header", f"{SUBSCRIPTION_KEY}: {key}") if key else ()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                TOP / "openapi.yaml",
                *("--url", target.url + target.prefix),
                *("--header", f"Authorization: Bearer {target.api_key}"),
                *subscription,
                *("--seed", "1", "--max-time", str(seconds), "--generation-database", "none"),
                *("--report", "json", "--report-json-path", f"{folder}/report.json"),
            ],
            cwd=folder,
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds * 4 + 60,
            check=False,
        )
        told = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    return {(each["code"], name) for each in told["failures"] for name in each["operations"]}


if __name__ == "__main__":
    begun = time.monotonic()
    code = main()
    print(f"{time.monotonic() - begun:.0f} s", file=sys.stderr)
    sys.exit(code)

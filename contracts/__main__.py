"""What can be done from the command line?

`contracts check` judges one target, `contracts compare` says what a gateway changes, `contracts
list` names the checks.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from rich.console import Console

from contracts.catalogue import all_checks
from contracts.comparison.command import run_command
from contracts.comparison.options import add_arguments
from contracts.options import (
    Usage,
    add_plan_arguments,
    add_target_arguments,
    main_environment,
    read_options,
)
from contracts.preflight import CannotJudge
from contracts.reporting.files import write_reports
from contracts.reporting.masking import Masking
from contracts.reporting.terminal import progress, show
from contracts.run import judge_target

CANNOT_JUDGE = 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code: 0 kept, 1 violated, 2 could not judge."""
    options = parser().parse_args(arguments)
    if options.command == "list":
        for check in all_checks().values():
            print(f"{check.name:40} {check.group:10} {check.promise}")
        return 0
    if options.command == "compare":
        with nothing_left_behind():
            return run_command(options)
    return _check(options)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="contracts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="judge an endpoint against the contract")
    add_target_arguments(check)
    add_plan_arguments(check)
    add_arguments(commands.add_parser("compare", help="say what a gateway changes"))
    commands.add_parser("list", help="name every check, and what it holds against a target")
    return parser


def _check(arguments: argparse.Namespace) -> int:
    console = Console()
    try:
        options = read_options(arguments, main_environment())
    except Usage as error:
        print(f"contracts: could not judge: {error}", file=sys.stderr)
        return CANNOT_JUDGE
    masking = Masking(options.target)
    try:
        with progress(console) as watch, nothing_left_behind():
            report = judge_target(options.target, options.plan, watch)
        write_reports(report, options.reports)
        show(report, console)
    except CannotJudge as error:
        print(f"contracts: could not judge: {masking(str(error))}", file=sys.stderr)
        return CANNOT_JUDGE
    except OSError as error:
        print(f"contracts: a report cannot be written: {error}", file=sys.stderr)
        return CANNOT_JUDGE
    return report.exit_code


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Give Hypothesis a folder of its own: whatever lies around here decides nothing."""
    with TemporaryDirectory(prefix="contracts-") as folder:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", folder)
        yield


if __name__ == "__main__":
    sys.exit(main())

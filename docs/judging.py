"""What can `contracts` be told, and what does it look at? A page printed from the code."""

import argparse
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import groupby

from contracts import checks
from contracts.catalogue import all_checks
from contracts.check import Check
from contracts.comparison import options as comparison
from contracts.comparison.allowed import FLAGS, OPERATIONS, PATTERNS, TEXTS
from contracts.options import (
    DEFAULT_CONFIG,
    ENVIRONMENT,
    NAMES,
    add_plan_arguments,
    add_target_arguments,
)
from contracts.profiles import AMOUNTS, Amounts

EXIT_CODES = {
    0: "kept: nothing was found",
    1: "violated: a promise is broken; each is shown with what came and how to see it again",
    2: "could not judge: unreachable, a wrong key or option, no time left; one line says which",
}


def judging() -> Iterator[str]:
    """Write options, exit codes, profiles and checks."""
    yield "[Checking your own service](checking-your-own-service.md) shows how it is used."
    yield from ("", "## Whom to judge", "")
    yield from _options(add_target_arguments)
    yield from ("## What to try", "")
    yield from _options(add_plan_arguments)
    yield (
        f"A flag wins over the ready file, that over the environment, that over `{DEFAULT_CONFIG}`"
        " in the working directory or the file that `--config` names. In that file a list stands"
        " for a flag that may be repeated. The pytest mark takes the same names."
    )
    yield from ("", "## Exit codes", "", "| code | means |", "| --- | --- |")
    yield from (f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())
    yield from ("", "## Profiles", "")
    yield from _profiles()
    yield from ("", "## Options of `contracts compare`", "")
    yield from _comparing()
    yield from ("## Checks", "")
    yield (
        "A check runs in its profile and in every larger one, and in any profile if `--only` names"
        " it. What it needs and does not get makes it skipped, and the report says so."
    )
    for folder, group in groupby(sorted(all_checks().values(), key=_place), _folder):
        yield from ("", f"### {folder}", "")
        yield inspect.getdoc(importlib.import_module(f"{checks.__name__}.{folder}")) or ""
        yield from ("", "| check | what it holds against a target | profile | needs |")
        yield "| --- | --- | --- | --- |"
        yield from (_check(check) for check in group)


def _options(add: Callable[[argparse.ArgumentParser], None]) -> Iterator[str]:
    parser = argparse.ArgumentParser(add_help=False)
    add(parser)
    yield from ("| flag | means | variable | in the file |", "| --- | --- | --- | --- |")
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to list them
        flag = f"`{_written(action)}`" if action.option_strings else "`URL`"
        variable = f"`{ENVIRONMENT[action.dest]}`" if action.dest in ENVIRONMENT else ""
        name = f"`{action.dest}`" if action.dest in NAMES else ""
        yield f"| {flag} | {action.help}{_more(action)} | {variable} | {name} |"
    yield ""


def _comparing() -> Iterator[str]:
    """Write the options of the other command, and what a file of allowed differences holds."""
    yield (
        "[What does a gateway change?](comparing.md) shows how it is used. What and how much is"
        " sent is chosen by the same options as above."
    )
    parser = argparse.ArgumentParser(add_help=False)
    comparison.add_arguments(parser)
    for group in parser._action_groups:  # noqa: SLF001  argparse has no other way to list them
        told = [action for action in group._group_actions if action.help]  # noqa: SLF001
        if told and group.title in OWN_GROUPS:
            yield from ("", f"### {str(group.title).capitalize()}", "")
            yield from ("| flag | means |", "| --- | --- |")
            yield from (
                f"| `{_written(action)}` | {action.help}{_more(action)} |" for action in told
            )
    sides = ", ".join(f"`--{side}-api-key`" for side in comparison.SIDES)
    yield from ("", f"What all sides have in common may be another for one of them: {sides} and so")
    yield "on; a gateway's key and prefix are the candidate's unless a side is named. In"
    yield f"`{DEFAULT_CONFIG}` the tables `[primary]`, `[candidate]` and `[secondary]` hold them."
    yield from ("", "### A file of what may differ", "")
    yield from ("| member | means |", "| --- | --- |")
    yield from (f"| `{name}` | {meaning} |" for name, meaning in (TEXTS | FLAGS).items())
    yield from (f"| `{name}` | a pattern: {meaning} |" for name, meaning in PATTERNS.items())
    yield f"| `{OPERATIONS}` | a list of operations |"
    yield ""


OWN_GROUPS = {
    "whom to compare",
    "what all sides have in common",
    "what is sent",
    "what may differ, and what is kept",
}


def _written(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {_placeholder(action)}"
    return f"{', '.join(action.option_strings)}{value}"


def _more(action: argparse.Action) -> str:
    return "; may be repeated" if isinstance(action, argparse._AppendAction) else ""  # noqa: SLF001


def _placeholder(action: argparse.Action) -> str:
    if action.choices:
        return "\\|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _profiles() -> Iterator[str]:
    yield f"| at most | {' | '.join(f'`{profile}`' for profile in AMOUNTS)} |"
    yield f"| --- |{' --- |' * len(AMOUNTS)}"
    for field in fields(Amounts):
        if field.name != "profile":
            values = (f"{getattr(amounts, field.name):,}" for amounts in AMOUNTS.values())
            yield f"| {field.name.replace('_', ' ')} | {' | '.join(values)} |"


def _folder(check: Check) -> str:
    return check.group


def _place(check: Check) -> tuple[str, str]:
    return check.group, check.name


def _check(check: Check) -> str:
    promise = re.sub(r"([*_<>|])", r"\\\1", check.promise)
    needs = ", ".join(sorted(need.value for need in check.needs))
    return f"| `{check.name}` | {promise} | {check.least} | {needs} |"

"""Whom do we compare, with what is sent, and what may differ? Flags win over files."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.comparison.allowed import HOWTO, Allowed, NotAllowedFile, read_allowed
from contracts.options import (
    Usage,
    add_plan_arguments,
    gathered,
    plan_of,
    reports_of,
    target_of,
    values_of,
)
from contracts.run import Plan
from contracts.target import Target

REPORTS = ("html", "junit", "json")
SIDES = {
    "primary": "straight to the service",
    "candidate": "through the gateway, or to what shall replace the service",
    "secondary": "the service once more, or another instance; the primary unless given",
}
_SHARED = {
    "workspace": "the workspace's id",
    "service": "the endpoint's id",
    "api-key": "a key of the endpoint",
    "header": "one more header, as Name:Value",
    "storage": "connection string of the storage for batch jobs",
    "admin-url": "/__admin of an emulator, whose clock is then moved",
    "ca-file": "certificates to trust, PEM",
    "client-certificate": "certificate and key of ours, PEM",
    "insecure": "take any certificate",
    "timeout": "seconds for one call (30)",
    "rate-limit": "call no faster than this, such as 5/m",
}
"""What the sides mostly have in common; each of them may have its own."""
_OF_GATEWAY = {
    "subscription-key": "the key of the candidate's gateway",
    "prefix": "what stands before /workspaces at the candidate, such as /azureml-demo",
}
"""What belongs to a gateway is the candidate's: a backend should not be told its key."""
_DEFAULT_THROUGH = "unlimited"


@dataclass(frozen=True)
class Options:
    """All that a comparison needs."""

    primary: Target | None
    candidate: Target | None
    secondary: Target | None
    plan: Plan
    allowed: list[Allowed] = field(default_factory=list)
    learn: Path | None = None
    obeys_limits: bool = True
    save: Path | None = None
    against: Path | None = None
    har: str | None = None
    """A file or an address."""
    har_hosts: tuple[str, ...] = ()
    reports: Mapping[str, Path] = field(default_factory=dict)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target there is."""
        return tuple(filter(None, (self.primary, self.candidate, self.secondary)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    sides = parser.add_argument_group("whom to compare")
    for side, what in SIDES.items():
        sides.add_argument(f"--{side}", metavar="URL", help=what)
    sides.add_argument(
        "--ready-file", type=Path, help="a running emulator: its services, and its gateway"
    )
    sides.add_argument(
        "--through",
        metavar="SUBSCRIPTION",
        help=f"with --ready-file: which key of the gateway ({_DEFAULT_THROUGH})",
    )
    for name, what in _OF_GATEWAY.items():
        _add(sides, name, what)
    sides.add_argument("--config", type=Path, help="a file; contracts.toml if there is one")
    _add_target_arguments(parser)
    add_plan_arguments(parser)
    sent = parser.add_argument_group("what is sent")
    sent.add_argument("--other-api-key", help="a key of another service, which must be refused")
    sent.add_argument("--sample", type=Path, help="a JSON file with a body that is scored")
    sent.add_argument("--ngrams", type=int, help="longest n-gram of a hashing service (2)")
    sent.add_argument(
        "--har",
        metavar="FILE",
        help="send recorded traffic: a HAR file, or the address of one, such as an emulator's"
        " /__admin/journal",
    )
    sent.add_argument(
        "--har-host",
        action="append",
        metavar="HOST",
        help="a host in it that meant the service; those of the sides are known",
    )
    sent.add_argument(
        "--limits", choices=("obey", "show"), help="wait for limits, or show what they refuse"
    )
    may = parser.add_argument_group("what may differ, and what is kept")
    may.add_argument(
        "--allowed",
        action="append",
        metavar="FILE",
        help="what may differ; `howto` (usual with a gateway) or `none`",
    )
    may.add_argument("--learn", type=Path, metavar="FILE", help="propose entries for the rest")
    may.add_argument("--save", type=Path, metavar="FILE", help="keep the run, without keys")
    may.add_argument("--against", type=Path, metavar="FILE", help="a kept run is the primary")


def _add_target_arguments(parser: argparse.ArgumentParser) -> None:
    shared = parser.add_argument_group("what all sides have in common")
    for name, what in _SHARED.items():
        _add(shared, name, what)
    for side in SIDES:
        own = parser.add_argument_group(f"where the {side} is not like that")
        for name in (*_OF_GATEWAY, *_SHARED):
            _add(own, f"{side}-{name}", "")


def _add(group: argparse._ArgumentGroup, name: str, what: str) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "header": {"action": "append", "metavar": "N:V"},
        "insecure": {"action": "store_const", "const": True},
        "timeout": {"type": float},
    }
    options = next((kind for end, kind in kinds.items() if name.endswith(end)), {})
    group.add_argument(f"--{name}", help=what or None, **options)


def read_options(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Options:
    """Put everything together. Raises Usage."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    sides = _sides(given, environment)
    candidate = _target(sides, "candidate")
    primary = None if "against" in given else _target(sides, "primary")
    secondary = _target(sides, "secondary")
    _see_that_it_fits(given, primary, candidate)
    shared = gathered(_without_sides(given), environment)
    return Options(
        primary,
        candidate,
        secondary or primary,
        plan_of(shared),
        _allowed(given.get("allowed"), candidate),
        given.get("learn"),
        given.get("limits", "obey") == "obey",
        given.get("save"),
        given.get("against"),
        given.get("har"),
        tuple(given.get("har_host", ())),
        reports_of(shared, REPORTS),
    )


def _without_sides(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name.split("_")[0] not in SIDES}


def _sides(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return what is known of each side. Raises Usage."""
    flags = _without_sides(given)
    ready = _ready(flags.pop("ready_file", None), flags.pop("through", _DEFAULT_THROUGH))
    config = {name: flags.pop(name) for name in ("config",) if name in flags}
    shared = gathered(config, environment)
    tables = {side: shared.pop(side, {}) for side in SIDES}
    shared.pop("url", None)
    gates = [_popped(values) for values in (shared, flags)]
    primary = {**shared, **ready.get("primary", {}), **tables["primary"], **flags}
    told = {**ready.get("candidate", {}), **tables["candidate"]}
    candidate = {**shared, **gates[0], **told, **flags, **gates[1]}
    primary |= _own(given, "primary")
    candidate |= _own(given, "candidate")
    secondary = {**tables["secondary"], **_own(given, "secondary")}
    if secondary:
        secondary = {**primary, **secondary}
    return {"primary": primary, "candidate": candidate, "secondary": secondary}


def _popped(values: dict[str, Any]) -> dict[str, Any]:
    """Take out what belongs to a gateway."""
    names = (name.replace("-", "_") for name in _OF_GATEWAY)
    return {name: values.pop(name) for name in names if name in values}


def _own(given: Mapping[str, Any], side: str) -> dict[str, Any]:
    """Return what the flags of a side say."""
    start = f"{side}_"
    own = {n.removeprefix(start): value for n, value in given.items() if n.startswith(start)}
    return {**own, "url": given[side]} if side in given else own


def _ready(path: Path | None, through: str) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Usage(f"{path} cannot be read: {error}") from error
    try:
        return {"primary": values_of(content), "candidate": values_of(content, through)}
    except (KeyError, TypeError) as error:
        raise Usage(f"{path} is no ready file of an emulator, it lacks {error}") from error


def _target(sides: Mapping[str, dict[str, Any]], side: str) -> Target | None:
    values = sides[side]
    return target_of(values) if values.get("url") else None


def _see_that_it_fits(
    given: Mapping[str, Any], primary: Target | None, candidate: Target | None
) -> None:
    """See that there is something to compare. Raises Usage."""
    if "against" in given and ("har" in given or "save" in given):
        raise Usage("--against brings its calls along, so --har and --save do not go with it")
    if ("against" in given or "har" in given) and ("only" in given or "skip" in given):
        raise Usage("--only and --skip choose checks, and calls that were recorded are none")
    if primary is None and "against" not in given:
        raise Usage("--primary is missing (or give a --ready-file, or --against a kept run)")
    if candidate is None and "save" not in given:
        raise Usage("--candidate is missing (or give a --ready-file, or --save the run alone)")
    for flag in ("save", "learn"):
        if flag in given and not given[flag].parent.is_dir():
            raise Usage(f"--{flag}: there is no folder {given[flag].parent}")


def _allowed(given: list[str] | None, candidate: Target | None) -> list[Allowed]:
    """Read what may differ. Raises Usage."""
    if given is None:
        given = ["howto"] if candidate is not None and candidate.has_gateway else []
    entries: list[Allowed] = []
    for name in given:
        try:
            if name != "none":
                entries += read_allowed(HOWTO if name == "howto" else Path(name))
        except NotAllowedFile as error:
            raise Usage(str(error)) from error
    return entries

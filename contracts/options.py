"""Where do target and plan come from? Flags win over the environment, that over the file."""

import argparse
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contracts.catalogue import all_checks
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import Limit, Target

DEFAULT_CONFIG = "contracts.toml"
ENVIRONMENT = {
    "url": "CONTRACTS_URL",
    "workspace": "CONTRACTS_WORKSPACE",
    "service": "CONTRACTS_SERVICE",
    "api_key": "CONTRACTS_API_KEY",
    "subscription_key": "CONTRACTS_SUBSCRIPTION_KEY",
    "other_api_key": "CONTRACTS_OTHER_API_KEY",
    "storage": "CONTRACTS_STORAGE",
    "admin_url": "CONTRACTS_ADMIN_URL",
}
"""Keys need not stand on a command line, where others can read them."""

REPORTS = ("html", "junit", "json", "har")


class Usage(Exception):
    """What the user has to mend, as one clear line."""


@dataclass(frozen=True)
class Options:
    """All that a run needs."""

    target: Target
    plan: Plan
    reports: Mapping[str, Path] = field(default_factory=dict)


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say whom to judge."""
    parser.add_argument("address", nargs="?", metavar="URL", help="the same as --url")
    parser.add_argument("--url", help="scheme, host and port; a path becomes the prefix")
    parser.add_argument("--workspace", help="the workspace's id")
    parser.add_argument("--service", help="the endpoint's id")
    parser.add_argument("--api-key", help="a key of the endpoint")
    parser.add_argument("--subscription-key", help="the key of a gateway in front")
    parser.add_argument("--other-api-key", help="a key of another service, which must be refused")
    parser.add_argument("--prefix", help="what stands before /workspaces, such as /azureml-demo")
    parser.add_argument("--header", action="append", metavar="N:V", help="one more header")
    parser.add_argument("--storage", metavar="CONNECTION_STRING", help="storage for batch jobs")
    parser.add_argument("--admin-url", help="/__admin of an emulator, whose clock is then moved")
    parser.add_argument("--ready-file", type=Path, help="read all of it from a running emulator")
    parser.add_argument(
        "--through", metavar="SUBSCRIPTION", help="with --ready-file: go through its gateway"
    )
    parser.add_argument("--config", type=Path, help=f"a file; {DEFAULT_CONFIG} if there is one")
    parser.add_argument("--sample", type=Path, help="a JSON file with a body that is scored")
    parser.add_argument("--ngrams", type=int, help="longest n-gram of a hashing service (2)")
    parser.add_argument("--ca-file", help="certificates to trust, PEM")
    parser.add_argument("--client-certificate", help="certificate and key of ours, PEM")
    parser.add_argument("--insecure", action="store_const", const=True, help="take any certificate")
    parser.add_argument("--timeout", type=float, help="seconds for one call (30)")
    parser.add_argument("--rate-limit", metavar="5/m", help="call no faster than this")
    parser.add_argument("--expect-rate-limit", metavar="5/m", help="see whether this limit is kept")


def add_plan_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say what to try."""
    parser.add_argument("--profile", choices=[p.value for p in Profile], help="how much (ci)")
    parser.add_argument("--seed", type=int, help="the same seed makes the same calls (1)")
    parser.add_argument("--max-time", type=float, help="seconds for all")
    parser.add_argument("--only", action="append", metavar="CHECK", help="this check")
    parser.add_argument("--skip", action="append", metavar="CHECK", help="not this check")
    parser.add_argument(
        "--report", action="append", metavar="FORM=FILE", help=f"{', '.join(REPORTS)}"
    )


def read_options(arguments: argparse.Namespace, environment: Mapping[str, str]) -> Options:
    """Put everything together. Raises Usage."""
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    if "address" in given:
        given.setdefault("url", given.pop("address"))
    values = gathered(given, environment)
    return Options(target_of(values), plan_of(values), reports_of(values))


def gathered(given: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what is given, and what file, environment and ready file add. Raises Usage."""
    values: dict[str, Any] = {}
    values.update(_from_file(given.get("config")))
    values.update({n: environment[v] for n, v in ENVIRONMENT.items() if environment.get(v)})
    if "ready_file" in given:
        values.update(_from_ready_file(given["ready_file"], given.get("through")))
    values.update(given)
    return values


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None and not Path(DEFAULT_CONFIG).is_file():
        return {}
    path = path or Path(DEFAULT_CONFIG)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Usage(f"{path} cannot be read: {error}") from error
    values = {name.replace("-", "_"): value for name, value in content.items()}
    unknown = sorted(set(values) - NAMES)
    if unknown:
        raise Usage(
            f"{path}: {', '.join(unknown)} is not known; there are {', '.join(sorted(NAMES))}"
        )
    return values


def _from_ready_file(path: Path | str, through: str | None) -> dict[str, Any]:
    try:
        ready = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Usage(f"{path} cannot be read: {error}") from error
    try:
        return values_of(ready, through)
    except (KeyError, TypeError) as error:
        raise Usage(f"{path} is no ready file of an emulator, it lacks {error}") from error


def values_of(ready: Any, through: str | None = None) -> dict[str, Any]:
    """Return what a ready file of an emulator says. Raises KeyError, TypeError."""
    services = ready["services"]
    values = {
        "url": services["url"],
        "workspace": services["workspace"],
        "service": services["service"],
        "api_key": services["primary_key"],
    }
    if through:
        values["url"] = ready["gateway"]["api"]
        values["subscription_key"] = ready["gateway"]["subscriptions"][through]["primary_key"]
    if "storage" in ready:
        values["storage"] = ready["storage"]["connection_string"]
    if "admin" in ready:
        values["admin_url"] = ready["admin"]["url"]
    return values


def target_of(values: dict[str, Any]) -> Target:
    """Return whom these values name. Raises Usage."""
    for name in ("url", "workspace", "service", "api_key"):
        if not values.get(name):
            raise Usage(f"--{name.replace('_', '-')} is missing (or give a --ready-file)")
    split = urlsplit(values["url"])
    if split.scheme not in {"http", "https"} or not split.netloc:
        raise Usage(f"{values['url']!r} is no address; it begins with http:// or https://")
    prefix = values.get("prefix", split.path).strip("/")
    return Target(
        url=f"{split.scheme}://{split.netloc}",
        workspace=values["workspace"],
        service=values["service"],
        api_key=values["api_key"],
        prefix=f"/{prefix}" if prefix else "",
        subscription_key=values.get("subscription_key"),
        other_api_key=values.get("other_api_key"),
        headers=tuple(_header(text) for text in values.get("header", ())),
        storage=values.get("storage"),
        admin_url=values.get("admin_url"),
        ca_file=values.get("ca_file"),
        client_certificate=values.get("client_certificate"),
        verify=not values.get("insecure", False),
        timeout=float(values.get("timeout", 30)),
        rate_limit=_limit(values.get("rate_limit")),
        promised_limit=_limit(values.get("expect_rate_limit")),
        sample=_sample(values.get("sample")),
        ngrams=int(values.get("ngrams", 2)),
    )


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise Usage(f"--header {text!r}: write Name:Value")
    return name.strip(), value.strip()


def _limit(text: str | None) -> Limit | None:
    try:
        return Limit.read(text) if text else None
    except ValueError as error:
        raise Usage(str(error)) from error


def _sample(path: Any) -> Any:
    if not isinstance(path, str | Path):
        return path  # the body itself, as a test may give it, or nothing
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Usage(f"{path} cannot be read: {error}") from error


def plan_of(values: dict[str, Any]) -> Plan:
    """Return what these values ask for. Raises Usage."""
    known = all_checks()
    for name in [*values.get("only", ()), *values.get("skip", ())]:
        if name not in known:
            raise Usage(f"there is no check {name!r}; `contracts list` shows them")
    try:
        profile = Profile(values.get("profile", Profile.CI))
    except ValueError as error:
        raise Usage(f"{error}; there are {', '.join(Profile)}") from error
    return Plan(
        profile,
        int(values.get("seed", 1)),
        float(values.get("max_time", "inf")),
        tuple(values.get("only", ())),
        tuple(values.get("skip", ())),
    )


def reports_of(values: dict[str, Any], forms: Sequence[str] = REPORTS) -> dict[str, Path]:
    """Return which reports go where. Raises Usage."""
    reports: dict[str, Path] = {}
    for text in values.get("report", ()):
        form, equals, file = text.partition("=")
        if form not in forms or not equals or not file:
            raise Usage(f"--report {text!r}: write one of {', '.join(forms)}, = and a file")
        if not Path(file).parent.is_dir():
            raise Usage(f"--report {text!r}: there is no folder {Path(file).parent}")
        if Path(file).is_dir():
            raise Usage(f"--report {text!r}: {file} is a folder; name a file")
        if form in reports or Path(file) in reports.values():
            raise Usage(f"--report {text!r}: a form and a file may be given once")
        reports[form] = Path(file)
    return reports


NAMES = {
    "url", "workspace", "service", "api_key", "subscription_key", "other_api_key", "prefix",
    "header", "storage", "admin_url", "sample", "ngrams", "ca_file", "client_certificate",
    "insecure", "timeout", "rate_limit", "expect_rate_limit", "profile", "seed", "max_time",
    "only", "skip", "report",
    "primary", "candidate", "secondary",  # tables of the sides, for `contracts compare`
}  # fmt: skip


def main_environment() -> Mapping[str, str]:
    """Return the environment of this process."""
    return os.environ

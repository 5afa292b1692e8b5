"""Which differences may be, and why? A versioned YAML file, one entry each, with its source.

An entry that is expected and does not come up is stale, and is reported like a difference. What is
proposed by a run becomes an entry only when a person has given a reason for it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

from contracts.comparison.difference import Difference
from contracts.exchange import Exchange

VERSION = 1
TO_DO = "TODO"
"""What a proposed reason begins with; a person puts the real one there."""
HOWTO = Path(__file__).with_name("howto_gateway.yaml")
"""What the how-to's gateway changes."""


class NotAllowedFile(Exception):
    """What is wrong with a file of allowed differences, as one line."""


@dataclass
class Allowed:
    """One kind of difference that may be. What is left out fits everything."""

    name: str
    reason: str
    source: str
    part: str | None = None
    kind: str | None = None
    """What became of the field: `changed`, `lost`, `added` and so on."""
    path: re.Pattern[str] | None = None
    operations: tuple[str, ...] = ()
    primary: re.Pattern[str] | None = None
    candidate: re.Pattern[str] | None = None
    target: re.Pattern[str] | None = None
    """Path and query of the request."""
    refused: bool | None = None
    """Whether the gateway worded the candidate's reply itself."""
    lacks: str | None = None
    """A query parameter that the request does not have."""
    expected: bool = False
    """Whether it is stale if it does not come up."""
    count: int = field(default=0, compare=False)

    def fits(self, difference: Difference, request_target: str, candidate: Exchange) -> bool:
        """Whether a difference is of this kind."""
        reply = candidate.reply
        is_refusal = difference.part == "refusal" or (
            reply is not None and reply.is_gateway_refusal
        )
        return (
            self.part in {None, difference.part}
            and self.kind in {None, difference.kind.value}
            and (not self.operations or difference.operation in self.operations)
            and (self.refused is None or self.refused == is_refusal)
            and (self.lacks is None or self.lacks.lower() not in _parameters(request_target))
            and all(
                pattern is None or pattern.fullmatch(text) is not None
                for pattern, text in (
                    (self.path, difference.path),
                    (self.primary, difference.primary),
                    (self.candidate, difference.candidate),
                    (self.target, request_target),
                )
            )
        )


def _parameters(request_target: str) -> set[str]:
    """Return the names of a query's parameters; API Management takes them in any case."""
    query = request_target.partition("?")[2]
    return {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}


TEXTS = {
    "name": "what reports call it; required",
    "reason": "why it may be; required",
    "source": "who or what says so; required",
    "part": "the part of the reply, as reports call it: status, header, body, ...",
    "kind": "what became of it, as reports call it: changed, lost, added, ...",
    "lacks": "a query parameter that the call does not have",
}
PATTERNS = {
    "path": "where in the part: the header, the place in the body",
    "primary": "what the primary has there",
    "candidate": "what the candidate has there",
    "target": "path and query of the call",
}
"""Regular expressions that must fit all of it."""
FLAGS = {
    "refused": "whether the gateway answered in words of its own",
    "expected": "true: a full run that never meets it reports that",
}
OPERATIONS = "operations"


def read_allowed(path: Path) -> list[Allowed]:
    """Read a file. Raises NotAllowedFile."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NotAllowedFile(f"{path} cannot be read: {error}") from error
    match content:
        case {"version": int(version), "allowed": list(entries)} if version == VERSION:
            return [_entry(path, entry) for entry in entries]
        case _:
            raise NotAllowedFile(f"{path}: needs `version: {VERSION}` and a list `allowed`")


def _entry(path: Path, entry: Any) -> Allowed:
    if not isinstance(entry, Mapping):
        raise NotAllowedFile(f"{path}: {entry!r} is no entry")
    wrong = _what_is_wrong(entry)
    if wrong:
        raise NotAllowedFile(f"{path}: {entry.get('name', 'an entry without a name')} {wrong}")
    values: dict[str, Any] = {n: entry[n] for n in TEXTS | FLAGS if n in entry}
    values["operations"] = tuple(entry.get(OPERATIONS, ()))
    try:
        values |= {n: re.compile(entry[n], re.DOTALL) for n in PATTERNS if n in entry}
    except re.error as error:
        raise NotAllowedFile(f"{path}: {entry['name']}: {error}") from error
    return Allowed(**values)


def _what_is_wrong(entry: Mapping[str, Any]) -> str:
    """Return what a person has to mend, or nothing."""
    for member in ("name", "reason", "source"):
        if not entry.get(member):
            return f"lacks {member}"
        if str(entry[member]).startswith(TO_DO):
            return f"says {TO_DO} for its {member}; a person accepts it by writing one"
    wrongs = (_what_is_wrong_with(member, value) for member, value in entry.items())
    return next(filter(None, wrongs), "")


def _what_is_wrong_with(member: str, value: Any) -> str:
    if member == OPERATIONS:
        is_list = isinstance(value, list) and all(isinstance(o, str) for o in value)
        return "" if is_list else "has operations that are no list of names"
    if member not in TEXTS | FLAGS | PATTERNS:
        return f"has an unknown member {member}"
    wanted, word = (bool, "true or false") if member in FLAGS else (str, "text")
    return "" if isinstance(value, wanted) else f"has a {member} that is no {word}"


def stale(entries: Iterable[Allowed]) -> list[Allowed]:
    """Return the expected entries that never came up."""
    return [entry for entry in entries if entry.expected and entry.count == 0]

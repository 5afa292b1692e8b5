"""Which entries would allow what was found? Written for a person to accept, one by one."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from contracts.comparison.allowed import TO_DO, VERSION
from contracts.comparison.compare import Comparison, Found
from contracts.reporting.masking import Masking

_MOST_ALTERNATIVES = 5
_HEAD = """\
# Proposed by `contracts compare --learn`. An entry counts when a person has written its reason
# and its source; until then the file is refused. Take out what should not be.
"""


def write_proposals(comparison: Comparison, masking: Masking, path: Path) -> None:
    """Write an entry for each kind of difference that was found. Raises OSError."""
    content = {"version": VERSION, "allowed": proposals(comparison, masking)}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    path.write_text(_HEAD + text, encoding="utf-8")


def proposals(comparison: Comparison, masking: Masking) -> list[dict[str, Any]]:
    """Return the entries; the same difference at several operations is one."""
    groups: dict[tuple[str, ...], list[Found]] = {}
    for found in comparison.found.values():
        difference = found.difference
        kind = (difference.part, difference.path, difference.kind.value)
        groups.setdefault(kind, []).append(found)
    return [_entry(members, masking) for members in groups.values()]


def _entry(members: list[Found], masking: Masking) -> dict[str, Any]:
    difference = members[0].difference
    variants: Counter[tuple[str, str]] = sum((m.variants for m in members), Counter())
    where = f" {difference.path}" if difference.path else ""
    seen = f"{sum(m.count for m in members)} times: {difference.primary} became "
    return {
        "name": masking(f"{difference.part}{where} is {difference.kind.value}"),
        "part": difference.part,
        "kind": difference.kind.value,
        "path": _escaped(difference.path),
        "operations": sorted({m.difference.operation for m in members}),
        "candidate": _pattern({masking(candidate) for _, candidate in variants}),
        "reason": f"{TO_DO} by a person. Seen {masking(seen + difference.candidate)}",
        "source": f"{TO_DO} by a person",
    }


def _pattern(texts: Iterable[str]) -> str:
    """Return a pattern for these texts, or for any where there are many."""
    known = sorted(set(texts))
    return "|".join(map(_escaped, known)) if len(known) <= _MOST_ALTERNATIVES else ".*"


def _escaped(text: str) -> str:
    """Return a pattern for a text; unlike re.escape it leaves alone what needs no escape."""
    return re.sub(r"[\\.^$*+?{}\[\]|()]", r"\\\g<0>", text)

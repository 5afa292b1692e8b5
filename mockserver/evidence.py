"""How do we know that the real system behaved so?

Modules list what they emulate as `FACTS`, each with its grade; `docs/fidelity.md` is printed from
these lists, so the page cannot claim more than the code does.
"""

from dataclasses import dataclass
from enum import StrEnum


class Evidence(StrEnum):
    """How well a fact about the emulated system is founded."""

    PUBLISHED = "published"
    """A vendor document says so."""
    CAPTURED = "captured"
    """A live service was seen to do so, or a real client depends on it."""
    ASSUMED = "assumed"
    """Nobody recorded it; the most likely reading was taken."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One emulated behaviour, its grade, and what it rests on (or what would settle it)."""

    behaviour: str
    evidence: Evidence
    source: str

"""In what may a check differ from what a schema says?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leniency:
    """What overrides a schema. `additional` None leaves additional properties to it."""

    additional: bool | None = None
    ignores_case: bool = False
    """Whether names of properties are compared without regard to case."""


EXACT = Leniency()
"""Nothing differs."""

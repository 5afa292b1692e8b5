"""How much is tried in each profile?"""

from dataclasses import dataclass
from enum import StrEnum


class Profile(StrEnum):
    """How much is tried."""

    SMOKE = "smoke"
    CI = "ci"
    NIGHTLY = "nightly"


@dataclass(frozen=True)
class Amounts:
    """Numbers of cases and calls, and how patient we are."""

    profile: Profile
    coverage_cases: int
    """Cases of Schemathesis' coverage phase, for each operation at most."""
    fuzzed_cases: int
    """Generated cases for each operation and mode."""
    scored_cases: int
    """Generated tables that the service must score."""
    machine_runs: int
    """Runs of the lifecycle machine."""
    machine_steps: int
    """Steps of a run at most."""
    shrink_calls: int
    """Calls that may be spent on making one failing case smaller."""
    poll_budget: float = 60.0
    """Seconds that a job may take."""
    first_pause: float = 0.25
    """Seconds between the first two polls."""
    longest_pause: float = 5.0


AMOUNTS = {
    Profile.SMOKE: Amounts(Profile.SMOKE, 0, 0, 5, 0, 0, 50),
    Profile.CI: Amounts(Profile.CI, 60, 25, 40, 12, 12, 120),
    Profile.NIGHTLY: Amounts(Profile.NIGHTLY, 2000, 400, 400, 150, 30, 1000, poll_budget=600.0),
}

"""How many seconds does a job wait and run, by its script?"""

from random import Random

import msgspec

from mockserver.workspace.job_script import PollsTiming, SecondsTiming, Timing

PROFILES = {"immediate": (0.0, 0.0), "quick": (0.5, 2.0), "observed": (5.0, 45.0)}
"""Seconds queued and seconds running, by the name of the profile."""


class Durations(msgspec.Struct, frozen=True):
    """How long a job waits and runs: in seconds, or in polls if `polls` is not None."""

    queued_seconds: float = 0.0
    running_seconds: float = 0.0
    polls: int | None = None


def durations(timing: Timing, number: int) -> Durations:
    """Return the durations of the job with this number; the same for the same seed and number."""
    match timing:
        case "polls":
            return Durations(polls=1)
        case str():
            return Durations(*PROFILES[timing])
        case PollsTiming(polls=polls):
            return Durations(polls=polls)
        case SecondsTiming():
            chance = Random(f"{timing.seed} {number}")  # noqa: S311  for tests, not for secrets
            queued, running = (
                seconds * (1 + timing.jitter * (2 * chance.random() - 1))
                for seconds in (timing.queued_seconds, timing.running_seconds)
            )
            return Durations(queued, running)

"""How long shall a batch job take, and how shall it end?

A service has a script for its jobs, in `mockserver.yaml` or through `/__admin`; a single job can be
given one of its own. The forms are the same in both places.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A job waits 5 s and runs 45 s in the profile `observed`.",
        Evidence.CAPTURED,
        "one run of March 2017: polled each 5 s, NotStarted once, Running nine times",
    ),
    Fact(
        "Unless set otherwise a job waits 0.5 s and runs 2 s (`quick`).",
        Evidence.ASSUMED,
        "our choice: long enough to be seen in every state, short enough to wait for",
    ),
)

Seconds = Annotated[float, Field(ge=0, le=10**9)]
Polls = Annotated[int, Field(ge=0, le=1000)]
Details = Annotated[str, Field(min_length=1, max_length=10_000)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PollsTiming(_Form):
    """So many polls answer NotStarted after the start, and so many Running."""

    profile: Literal["polls"]
    polls: Polls = 1


class SecondsTiming(_Form):
    """Explicit times, in seconds; `jitter` 0.2 stretches or shortens each by up to a fifth."""

    queued_seconds: Seconds = 0
    running_seconds: Seconds = 0
    jitter: Annotated[float, Field(ge=0, le=1)] = 0
    seed: int = 0


Timing = Literal["immediate", "quick", "observed", "polls"] | PollsTiming | SecondsTiming


class Fail(_Form):
    """The job fails when its time is over, with these details; nothing is scored."""

    fail: Details


class FailAtStart(_Form):
    """The job fails instead of beginning to run."""

    fail_at_start: Details


Ending = Literal["score", "hang"] | Fail | FailAtStart
"""`score` really scores; `hang` runs until it is cancelled."""


class JobScript(_Form):
    """How the jobs of a service go."""

    timing: Timing = "quick"
    ending: Ending = "score"


class JobScriptChange(_Form):
    """What of a script is to be set; the rest stays."""

    timing: Timing | None = None
    ending: Ending | None = None

    def applied_to(self, script: JobScript) -> JobScript:
        """Return a script with what is set here in place."""
        changes: dict[str, Any] = {
            name: value for name in ("timing", "ending") if (value := getattr(self, name))
        }
        return script.model_copy(update=changes)

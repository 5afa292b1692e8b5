"""What may happen to a job next, given what we did to it and what we saw?

Pure: no calls, no clock. The states go forwards only:

    NotStarted --start--> NotStarted (queued) --> Running --> Finished | Failed
    whatever has not ended --delete--> Cancelled

Time is not in it: between two calls a job may have gone as far as it can go by itself.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class State(StrEnum):
    """The states under their names on the wire."""

    NOT_STARTED = "NotStarted"
    RUNNING = "Running"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    FINISHED = "Finished"


ENDS = frozenset({State.FINISHED, State.FAILED, State.CANCELLED})
"""What a job never leaves."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call must be answered: with one of the statuses and, if it refuses, with the code."""

    statuses: frozenset[int]
    code: str = ""


DONE = Answer(frozenset({200, 204}))
"""Start and delete: the sources disagree, both are allowed."""
STARTED_ALREADY = Answer(frozenset({400}), "CannotStartJob")
NOBODYS = Answer(frozenset({404}), "JobNotFound")


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of one job."""

    end: State | None = None
    """How it ends if it is let be, where its data says so."""
    is_started: bool = False
    is_deleted: bool = False
    seen: State = State.NOT_STARTED
    """The last state that a poll showed."""

    @property
    def may_be(self) -> frozenset[State]:
        """The states that a poll may show now."""
        if self.seen in ENDS:
            return frozenset({self.seen})
        ends = frozenset({self.end} if self.end else {State.FINISHED, State.FAILED})
        if self.is_deleted:
            # It may have ended between the last poll and the delete.
            return frozenset({State.CANCELLED}) | (ends if self.is_started else frozenset())
        if not self.is_started:
            return frozenset({State.NOT_STARTED})
        onwards = frozenset({State.RUNNING}) | ends
        return onwards if self.seen is State.RUNNING else onwards | {State.NOT_STARTED}

    @property
    def will_end(self) -> bool:
        """Whether polling it comes to an end."""
        return self.is_started or self.is_deleted

    @property
    def on_start(self) -> Answer:
        """How a start must be answered: once, and never after the job was cancelled."""
        return STARTED_ALREADY if self.is_started or self.is_deleted else DONE

    @property
    def on_delete(self) -> Answer:
        """How a delete must be answered: it succeeds also when the job has ended."""
        return DONE

    def started(self) -> "Job":
        """Return the job after a start that was answered as it must be."""
        return self if self.is_started or self.is_deleted else replace(self, is_started=True)

    def deleted(self) -> "Job":
        """Return the job after a delete."""
        return replace(self, is_deleted=True)

    def shown(self, state: State) -> "Job":
        """Return the job after a poll. Raises ValueError if it may not be in that state."""
        if state not in self.may_be:
            raise ValueError(f"{state} where only {self.described} may be")
        return replace(self, seen=state)

    @property
    def described(self) -> str:
        """The states that it may be in, as text."""
        return " or ".join(state for state in State if state in self.may_be)

    @property
    def history(self) -> str:
        """What matters about its past, as text."""
        if self.seen in ENDS:
            return f"after {self.seen}"
        did = ["deleted"] if self.is_deleted else []
        did = ["started", *did] if self.is_started else did
        last = ["last seen Running"] if self.seen is State.RUNNING else []
        return (
            "of a job that was "
            + (" and ".join(did) or "never started")
            + "".join(f", {text}" for text in last)
        )

"""How is the clock, and how is a job, told to a test?"""

from pydantic import BaseModel, Field

from mockserver.clock import write_moment
from mockserver.jobs.rules import Job
from mockserver.jobs.timing import Durations
from mockserver.storage.references import BlobReference


class ClockReport(BaseModel):
    """The clock: `now` in ISO 8601, its distance from the system's, seconds per second."""

    now: str
    mode: str
    offset_seconds: float
    rate: float


class TransitionReport(BaseModel):
    """One step in a job's life. `from` is null for the first."""

    time: str
    before: str | None = Field(serialization_alias="from")
    to: str
    cause: str


class JobSummary(BaseModel):
    """A job: its state, its times (null: not yet), where it reads and writes.

    `attempts` says how many times its scoring was begun: once more after each restart.
    """

    id: str
    workspace: str
    service: str
    state: str
    details: str | None
    submitted: str
    started: str | None
    begun: str | None
    ended: str | None
    timing: dict[str, float]
    ending: str | dict[str, str]
    attempts: int
    inputs: dict[str, str]
    outputs: dict[str, str]


class JobReport(JobSummary):
    """A job and all that has happened to it."""

    transitions: list[TransitionReport]


def summarise(job: Job, workspace: str) -> JobSummary:
    """Tell about a job in short. No key or token of its request is told."""
    return JobSummary(
        id=job.id,
        workspace=workspace,
        service=job.endpoint,
        state=job.state.value,
        details=job.details,
        submitted=write_moment(job.submitted),
        started=_moment(job.started),
        begun=_moment(job.begun),
        ended=_moment(job.ended),
        timing=_timing(job.durations),
        ending={job.script.kind: job.script.details} if job.script.details else job.script.kind,
        attempts=job.attempts,
        inputs={name: _place(blob) for name, blob in job.inputs.items()},
        outputs={name: _place(blob) for name, blob in job.outputs.items()},
    )


def report_job(job: Job, workspace: str) -> JobReport:
    """Tell all about a job."""
    steps = [
        TransitionReport(
            time=write_moment(step.time), before=step.before, to=step.after, cause=step.cause
        )
        for step in job.transitions
    ]
    return JobReport(**summarise(job, workspace).model_dump(), transitions=steps)


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else write_moment(seconds)


def _timing(durations: Durations) -> dict[str, float]:
    if durations.polls is not None:
        return {"polls": durations.polls}
    return {
        "queued_seconds": durations.queued_seconds,
        "running_seconds": durations.running_seconds,
    }


def _place(blob: BlobReference) -> str:
    """Write a place as account/container/blob."""
    return f"{blob.place.account or blob.place.url}/{blob.location}"

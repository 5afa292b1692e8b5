"""What should become of batch jobs? A second, small telling of the rules, to hold the real one to.

Time is simulated moment by moment: at each, first the jobs whose time is over end, then those that
wait begin, in the order of their starts, as long as a place is free.
"""

import math
from dataclasses import dataclass, field

Step = tuple[float, str | None, str]
"""When, from which state (None: from nothing), to which."""


@dataclass
class ModelJob:
    """One job: how long it shall wait and run, how it shall end, and what has become of it."""

    endpoint: str
    queued: float
    running: float
    ending: str
    state: str = "NotStarted"
    started: float | None = None
    begun: float | None = None
    ended: float | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def ready(self) -> float:
        """When the job may begin to run, a place provided."""
        return math.inf if self.started is None else self.started + self.queued

    @property
    def over(self) -> float:
        """When a running job ends."""
        if self.begun is None or self.ending == "hang":
            return math.inf
        return self.begun + self.running

    def go(self, moment: float, state: str) -> None:
        """Go over to another state."""
        before = self.state if self.steps else None
        self.steps.append((moment, before, state))
        self.state = state
        if state == "Running":
            self.begun = moment
        elif state != "NotStarted":
            self.ended = moment


class JobModel:
    """All jobs of some endpoints, of each of which so many run at a time."""

    def __init__(self, places: int, now: float) -> None:
        self.places = places
        self.now = now
        self.jobs: dict[str, ModelJob] = {}
        self._queue: list[ModelJob] = []
        """The started jobs of all endpoints, in the order of their starts."""

    def submit(self, name: str, job: ModelJob) -> None:
        """Add a job under the name that the server gave it."""
        self.jobs[name] = job
        job.go(self.now, "NotStarted")

    def start(self, name: str) -> str | None:
        """Start a job; return None, or the state because of which it cannot be started."""
        job = self.jobs[name]
        if job.started is not None or job.ended is not None:
            return job.state
        job.started = self.now
        job.go(self.now, "NotStarted")
        self._queue.append(job)
        self.advance(0)
        return None

    def cancel(self, name: str) -> None:
        """Cancel a job that has not ended."""
        job = self.jobs[name]
        if job.ended is None:
            job.go(self.now, "Cancelled")
        self.advance(0)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        for endpoint in {job.endpoint for job in self._queue}:
            jobs = [job for job in self._queue if job.endpoint == endpoint]
            moment = self.now
            while (moment := self._next(jobs, moment)) <= until:
                self._happen(jobs, moment)
        self.now = until

    def _free(self, jobs: list[ModelJob]) -> int:
        return self.places - sum(job.state == "Running" for job in jobs)

    def _next(self, jobs: list[ModelJob], now: float) -> float:
        moments = [job.over for job in jobs if job.state == "Running"]
        if self._free(jobs):
            moments += [max(now, job.ready) for job in jobs if job.state == "NotStarted"]
        return min(moments, default=math.inf)

    def _happen(self, jobs: list[ModelJob], moment: float) -> None:
        for job in jobs:
            if job.state == "Running" and job.over <= moment:
                job.go(moment, "Failed" if job.ending == "fail" else "Finished")
        for job in jobs:
            if job.state == "NotStarted" and job.ready <= moment and self._free(jobs):
                job.go(moment, "Failed" if job.ending == "fail_at_start" else "Running")

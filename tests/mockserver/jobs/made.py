"""How do the tests of jobs make jobs and books, and let time pass without a worker?"""

from collections.abc import Callable, Mapping

from typing_extensions import override

from mockserver.jobs.book import JobBook, Order
from mockserver.jobs.failures import StateNotSaved
from mockserver.jobs.request import BatchRequest
from mockserver.jobs.rules import Job, Outcome, Script, submitted
from mockserver.jobs.store import JobStore
from mockserver.jobs.timing import Durations
from mockserver.storage.accounts import Place
from mockserver.storage.references import BlobReference
from mockserver.workspace.job_script import Ending, JobScript, SecondsTiming

ENDPOINT, OTHER = "e" * 32, "f" * 32
SOURCE = BlobReference(Place("devstoreaccount1", key="a2V5"), "demo", "in.csv")
TARGET = BlobReference(Place("devstoreaccount1", key="a2V5"), "demo", "out.csv")
REQUEST = BatchRequest({"input1": SOURCE}, {"output1": TARGET}, {"Hashing bitsize": 3})


def made_job(number: int = 1, moment: float = 0.0, script: Script | None = None) -> Job:
    """Return a submitted job that waits 2 s and runs 5 s."""
    job = Job(
        f"{number:032x}",
        ENDPOINT,
        number,
        REQUEST.inputs,
        REQUEST.outputs,
        REQUEST.parameters,
        Durations(2, 5),
        script or Script(),
        moment,
    )
    return submitted(job)


def script(queued: float = 0, running: float = 0, ending: Ending = "score") -> JobScript:
    timing = SecondsTiming(queued_seconds=queued, running_seconds=running)
    return JobScript(timing=timing, ending=ending)


class ForgetfulStore(JobStore):
    """A store whose disk is full from a write of the test's choice on."""

    def __init__(self, url: str | None = None) -> None:
        super().__init__(url)
        self.room: int | None = None
        """How many more writes succeed; None: all."""

    @override
    def _write(self, work: object) -> None:
        if self.room is not None:
            if not self.room:
                raise StateNotSaved(reason="the disk is full")
            self.room -= 1
        super()._write(work)


def opened(
    store: JobStore | None = None, places: Mapping[str, int] | None = None, now: float = 0
) -> JobBook:
    """Return a book, in memory if no store is given, with 2 places at each of 2 endpoints."""
    book = JobBook(store or JobStore(None), places or {ENDPOINT: 2, OTHER: 2})
    book.open(now)
    return book


def taken(book: JobBook) -> list[Order]:
    """Take the orders of a book."""
    orders, book.orders = book.orders, []
    return orders


def done_at_once(job: Job) -> str | None:
    """Score a job without a fault."""
    del job
    return None


def carry_out(
    book: JobBook, now: float, score: Callable[[Job], str | None] = done_at_once
) -> list[Order]:
    """Do all that a book orders, in no time; return what was ordered. `score` gives details."""
    every = []
    while orders := taken(book):
        for order in orders:
            every.append(order)
            if order.what == "score":
                book.scored(order.job, Outcome(now, score(order.job), {"output1": ["block"]}))
            elif order.what == "commit":
                book.committed(order, None, now)
    return every


def advance(book: JobBook, target: float) -> None:
    """Go to a moment as the runner does: through every one at which something happens."""
    while (moment := book.next_moment()) is not None and moment <= target:
        book.settle(moment)
        carry_out(book, moment)
    book.settle(target)


def run(book: JobBook, plan: JobScript, now: float = 0, endpoint: str = ENDPOINT) -> str:
    """Submit and start a job; return its id."""
    job = book.submit(endpoint, REQUEST, plan, now)
    book.start(endpoint, job.id, now)
    return job.id


def states(book: JobBook, *jobs: str) -> list[str]:
    """Return the states of jobs, as they were last noted."""
    found = [book.store.find(job) for job in jobs]
    return [job.state.value if job else "gone" for job in found]

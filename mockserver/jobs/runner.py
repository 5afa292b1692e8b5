"""How do the book, the workers and the clock work together, so that each call gets its answer?

What is written down goes through one thread, so that neither disk nor database holds up the event
loop. Nothing that a client sees depends on a timer of ours: every call first lets happen what is
due by the clock. The timer here only makes it happen when nobody calls.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

from msgspec.structs import replace
from pydantic import ValidationError

from mockserver.clock import Clock, Course, Mode
from mockserver.failures import Failure
from mockserver.jobs import rules
from mockserver.jobs.book import JobBook, Order
from mockserver.jobs.details import write_details
from mockserver.jobs.failures import StateNotSaved, StateNotUsable
from mockserver.jobs.messages import Commit, Score, SetUp
from mockserver.jobs.request import BatchRequest
from mockserver.jobs.rules import Job, Outcome
from mockserver.jobs.workers import Workers
from mockserver.storage.accounts import Accounts, BlobAddress
from mockserver.storage.references import BlobReference
from mockserver.workspace.configuration import Configuration
from mockserver.workspace.job_script import JobScript, JobScriptChange
from mockserver.workspace.model import Directory

ADVANCE_SECONDS = 30.0
"""How long moving the clock waits, in all, for real scorings that are due on the way."""

_RETRY_SECONDS = 1.0
_CLOCK, _SCRIPT = "clock", "script "

_Result = TypeVar("_Result")
_logger = logging.getLogger("mockserver.jobs")


def _task_id(job: Job) -> str:
    """Name one attempt to score a job; the blocks that it stages begin with this."""
    return f"{job.id}-{job.attempts:04d}"


def _kept_script(endpoint: str, kept: object) -> JobScript:
    try:
        return JobScript.model_validate(kept)
    except ValidationError as error:
        raise StateNotUsable(f"the script that it holds for {endpoint} is none") from error


class JobRunner:
    """Submits, starts, watches and cancels jobs, and sees to it that they are really done."""

    def __init__(
        self, configuration: Configuration, directory: Directory, accounts: Accounts, clock: Clock
    ) -> None:
        settings = configuration.settings
        url = settings.state_url
        if url is None and settings.data_dir is not None:
            url = f"sqlite:///{settings.data_dir / 'state.sqlite'}"
        published = directory.published
        self._poll_wait = settings.poll_wait_seconds
        self._accounts = accounts
        self._clock = clock
        self._is_kept = url is not None
        self._url = url
        self._places = {p.endpoint.id: p.endpoint.max_running_jobs for p in published}
        self._declared = {p.endpoint.id: p.service.jobs for p in published}
        self._scripts = dict(self._declared)
        self._thread = ThreadPoolExecutor(1, "jobs")
        source = configuration.source
        overrides = settings.model_dump(mode="json", exclude_unset=True)
        set_up = SetUp(source.text, source.name, str(source.folder), overrides)
        self.workers = Workers(set_up, settings.scoring_processes or os.cpu_count() or 1)
        self._tasks: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._progress = asyncio.Event()
        self._moving = asyncio.Lock()
        self._is_ending = False
        self._not_before = 0.0

    @cached_property
    def _book(self) -> JobBook:
        """The book and its database: a library of some size, which the first job pays for."""
        from mockserver.jobs.store import JobStore

        return JobBook(JobStore(self._url), self._places)

    def open(self) -> None:
        """Open what is kept, if anything is, so that it is known to be usable.

        Raises StateNotUsable.
        """
        if not self._is_kept:
            return
        try:
            self._open()
        except StateNotUsable as error:
            raise StateNotUsable(f"{self._book.store.place}: {error}") from error

    def _open(self) -> None:
        self._book.store.open()
        course = self._book.store.note(_CLOCK, Course)
        if course is not None:
            self._clock.course = course
        for endpoint in self._scripts:
            kept = self._book.store.note(_SCRIPT + endpoint, dict)
            if kept is not None:
                self._scripts[endpoint] = _kept_script(endpoint, kept)

    async def take_up(self) -> None:
        """Go on with the jobs that an earlier process left."""
        if self._is_kept:
            await self._settle()

    def leave_off(self) -> None:
        """Stop the real work; what was running stays so, and is scored again after a restart."""
        self._is_ending = True
        self.workers.close()
        self._progress.set()

    def close(self) -> None:
        """Close the book, once no call can come any more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in tuple(self._tasks):
            task.cancel()
        if "_book" in self.__dict__:
            self._thread.submit(self._book.store.close)
        self._thread.shutdown()

    async def submit(self, endpoint: str, request: BatchRequest) -> Job:
        """Keep a new job."""
        script = self._scripts[endpoint]
        return await self._do(
            lambda: self._book.submit(endpoint, request, script, self._clock.now())
        )

    async def start(self, endpoint: str, job_id: str) -> Job:
        """Start a job. Raises JobNotFound, JobCannotStart."""
        return await self._do(lambda: self._book.start(endpoint, job_id, self._clock.now()))

    async def poll(self, endpoint: str, job_id: str) -> Job:
        """Return a job as it is now; wait a little for work that is due. Raises JobNotFound."""
        now = self._clock.now()
        job = await self._do(lambda: self._book.poll(endpoint, job_id, now))
        if job.state is rules.State.RUNNING and rules.ends_at(job) <= now:
            await self._wait_for(lambda: job_id not in self._book.awaited(now), self._poll_wait)
            job = await self._do(lambda: self._book.get(endpoint, job_id))
        return job

    async def cancel(self, endpoint: str, job_id: str) -> Job:
        """Cancel a job. Raises JobNotFound."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ADVANCE_SECONDS
        while True:
            job = await self._do(lambda: self._book.cancel(endpoint, job_id, self._clock.now()))
            if job.has_ended:
                return job
            # Its outputs are being committed; when they are, it has ended.
            left = deadline - loop.time()
            if left <= 0 or not await self._wait_for(
                lambda: not self._book.is_committing(endpoint, job_id), left
            ):
                raise StateNotSaved(reason="the commit of the outputs does not come to an end")

    async def find(self, job_id: str) -> Job:
        """Return a job of any endpoint. Raises JobNotFound."""
        return await self._do(lambda: self._book.find(job_id, self._clock.now()))

    async def last(self, count: int) -> list[Job]:
        """Return the jobs that were submitted last, the newest first."""
        return await self._do(lambda: self._book.last(count, self._clock.now()))

    async def change_script(self, job_id: str, change: JobScriptChange) -> Job:
        """Give a job another timing or ending. Raises JobNotFound."""
        return await self._do(lambda: self._book.change_script(job_id, change, self._clock.now()))

    def script(self, endpoint: str) -> JobScript:
        """Return how the jobs of an endpoint go that are submitted from now on."""
        return self._scripts[endpoint]

    async def set_script(self, endpoint: str, change: JobScriptChange) -> JobScript:
        """Decide how the jobs of an endpoint go that are submitted from now on."""
        script = change.applied_to(self._scripts[endpoint])
        content = script.model_dump(mode="json")
        await self._do(lambda: self._book.store.save_note(_SCRIPT + endpoint, content))
        self._scripts[endpoint] = script
        return script

    async def set_clock(self, mode: Mode, now: float | None, rate: float | None) -> None:
        """Let the clock go in another way; on the way to a later moment everything happens."""
        async with self._moving:
            target = self._clock.system_now() if now is None and mode is Mode.SYSTEM else now
            if target is not None and target > self._clock.now():
                await self._move_to(target)
            match mode:
                case Mode.SYSTEM:
                    self._clock.follow_system(now)
                case Mode.FROZEN:
                    self._clock.freeze(now)
                case Mode.SCALED:
                    self._clock.scale(rate or self._clock.rate or 1.0, now)
            await self._do(lambda: self._book.set_back(self._clock.now()))
            await self._keep_clock()

    async def advance(self, seconds: float) -> None:
        """Move the clock ahead, through every moment at which something happens."""
        async with self._moving:
            offset = self._clock.offset_seconds + seconds
            await self._move_to(self._clock.now() + seconds)
            if self._clock.mode is Mode.SYSTEM:
                self._clock.set_offset(offset)  # the time that it took counts as well
            await self._keep_clock()

    async def reset(self) -> None:
        """Forget all jobs and scripts; follow the system's clock."""
        async with self._moving:
            await self._do(self._book.clear)
            self._scripts = dict(self._declared)
            self._clock.follow_system()
            await self._keep_clock()

    async def _keep_clock(self) -> None:
        if self._is_kept:
            course = self._clock.course
            await self._do(lambda: self._book.store.save_note(_CLOCK, course))
        await self._do(lambda: self._book.settle(self._clock.now()))

    async def _move_to(self, target: float) -> None:
        """Go to a moment, stopping wherever a job begins or ends.

        A scoring that is due on the way is waited for before the clock goes past it, so that the
        times of all that happens are the same each time.
        """
        deadline = asyncio.get_running_loop().time() + ADVANCE_SECONDS
        while True:
            left = deadline - asyncio.get_running_loop().time()
            await self._wait_for(lambda: not self._book.awaited(target), left)
            moment = await self._do(self._book.next_moment)
            if moment is None or moment > target:
                break
            self._clock.move_to(max(moment, self._clock.now()))
            await self._do(lambda: self._book.settle(self._clock.now()))
        self._clock.move_to(max(target, self._clock.now()))

    async def _wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until a question to the book is answered with yes; return whether it was."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not self._is_ending:
            progress = self._progress
            if await self._do(condition):
                return True
            try:
                await asyncio.wait_for(progress.wait(), max(deadline - loop.time(), 0))
            except TimeoutError:
                return await self._do(condition)
        return False

    async def _do(self, work: Callable[[], _Result]) -> _Result:
        """Have the book do something in its thread, and see to what it orders."""
        # Shielded: what is written down is also carried out, whether or not the caller waits.
        return await asyncio.shield(self._keep(self._perform(work)))

    async def _perform(self, work: Callable[[], _Result]) -> _Result:
        loop = asyncio.get_running_loop()
        result, failure, orders, moment = await loop.run_in_executor(
            self._thread, self._in_thread, work
        )
        for order in orders:
            self._carry_out(order)
        self._set_timer(moment)
        if failure is not None:
            raise failure
        return result  # type: ignore[return-value]  # it is there if there was no failure

    def _in_thread(
        self, work: Callable[[], _Result]
    ) -> tuple[_Result | None, Failure | None, list[Order], float | None]:
        result, failure = None, None
        try:
            self._book.open(self._clock.now())
            result = work()
        except Failure as refusal:
            failure = refusal
        orders, self._book.orders = self._book.orders, []
        return result, failure, orders, self._book.next_moment()

    def _keep(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        """Run something to its end: a task that nobody holds may be collected."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _set_timer(self, moment: float | None) -> None:
        """Have what is due next happen then, even if nobody calls."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if moment is None:
            return
        loop = asyncio.get_running_loop()
        seconds = max(self._clock.system_seconds_until(moment), self._not_before - loop.time())
        if seconds < float("inf"):
            self._timer = loop.call_later(seconds, lambda: self._keep(self._settle()))

    async def _settle(self) -> None:
        try:
            await self._do(lambda: self._book.settle(self._clock.now()))
        except StateNotSaved as failure:
            self._retry_later(failure)

    def _retry_later(self, failure: StateNotSaved) -> None:
        """Let some time pass before what is due is tried again."""
        _logger.warning("the state of jobs cannot be saved: %s", failure.reason)
        self._not_before = asyncio.get_running_loop().time() + _RETRY_SECONDS
        self._set_timer(self._clock.now())

    def _carry_out(self, order: Order) -> None:
        match order.what:
            case "score":
                self._keep(self._score(order.job))
            case "commit":
                self._keep(self._commit(order))
            case "drop":
                self.workers.drop(_task_id(order.job))

    async def _score(self, job: Job) -> None:
        task = Score(
            _task_id(job),
            job.endpoint,
            self._addresses(job.inputs),
            self._addresses(job.outputs),
            job.parameters,
        )
        done = await self.workers.score(task)
        now = self._clock.now()
        details = None if done.fault is None else write_details(done.fault, now)
        outcome = Outcome(now, details, done.blocks)
        await self._report(lambda: self._book.scored(job, outcome))

    async def _commit(self, order: Order) -> None:
        job, outcome = order.job, order.outcome
        assert outcome is not None  # noqa: S101  only what is staged is committed
        done = await self.workers.commit(
            Commit(_task_id(job), self._addresses(job.outputs), outcome.blocks)
        )
        now = self._clock.now()
        details = None if done.fault is None else write_details(done.fault, now)

        def tell() -> None:
            if not (done.are_blocks_gone and self._book.blocks_gone(order, now)):
                self._book.committed(order, details, now)

        await self._report(tell)

    async def _report(self, work: Callable[[], None]) -> None:
        if self._is_ending:
            return  # it was cut off by us: no outcome
        try:
            await self._do(work)
        except StateNotSaved as failure:
            self._retry_later(failure)
            return
        self._progress.set()
        self._progress = asyncio.Event()

    def _addresses(self, references: Mapping[str, BlobReference]) -> dict[str, BlobAddress]:
        return {
            name: replace(
                self._accounts.address(reference.place, reference.container, reference.blob),
                makes_container=reference.is_default,
            )
            for name, reference in references.items()
        }

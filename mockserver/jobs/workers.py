"""Who does the real work of jobs? Worker processes, started when there is some.

A process scores one job at a time and commits outputs besides. It is a process of its own so that a
model may crash, hold on to Python's lock or never return without harm to the server.
"""

import asyncio
import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue

import mockserver
from mockserver.jobs.details import EXECUTE, LIBRARY_ERROR, Fault
from mockserver.jobs.messages import Commit, Done, Score, SetUp, Stop, Task, decode_done, encode

IDLE_SECONDS = 60.0
"""How long a worker without work is kept: it holds 200 MB, and takes a second to start."""

COMMIT_SECONDS = 15.0
"""How long a worker that also scores may take to commit, before another one is asked."""

STOP_SECONDS = 2.0
"""How long a worker may take to leave off before it is killed."""

CRASHED = Fault(EXECUTE, LIBRARY_ERROR, "The container process crashed with system error")
"""The text is the published one of ContainerProcessTerminatedWithSystemError."""

NOT_STARTED = Fault(EXECUTE, LIBRARY_ERROR, "No resources available for request.")
"""The machine has no process left for us."""

_END = b""
"""Instead of a line: there are no more."""

_FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "262144",
    "MALLOC_TRIM_THRESHOLD_": "262144",
}
"""Let a worker give memory back as soon as a block is done: this saves 40 MB of 270."""


class Workers:
    """At most `limit` worker processes, each of which scores one job at a time."""

    def __init__(self, set_up: SetUp, limit: int) -> None:
        self._set_up = set_up
        self._limit = limit
        self._processes: list[_Process] = []
        self._queue: deque[tuple[Score, asyncio.Future[Done]]] = deque()
        self._is_closed = False
        self._is_watching = False

    async def score(self, task: Score) -> Done:
        """Score and stage; wait for a free worker first."""
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._queue.append((task, done))
        self._feed()
        return await done

    async def commit(self, task: Commit) -> Done:
        """Commit staged blocks, at once, beside whatever is being scored."""
        alive = sorted(self._alive(), key=lambda process: process.scoring is not None)
        if alive:
            try:
                done = await asyncio.wait_for(alive[0].run(task), COMMIT_SECONDS)
            except TimeoutError:
                done = Done(task.id, fault=CRASHED)
            if done.fault != CRASHED:
                return done
        # To commit once more does no harm, if the worker died of another job or is stuck in it.
        try:
            return await self._new_process().run(task)
        except OSError:
            return Done(task.id, fault=NOT_STARTED)

    def drop(self, task_id: str) -> None:
        """Leave off scoring."""
        for entry in [entry for entry in self._queue if entry[0].id == task_id]:
            self._queue.remove(entry)
            entry[1].set_result(Done(task_id, fault=CRASHED))
        for process in self._processes:
            if process.scoring == task_id:
                process.stop(task_id)

    def close(self) -> None:
        """End every process and start none any more."""
        self._is_closed = True
        self._queue.clear()
        for process in self._processes:
            process.kill()
        self._processes.clear()

    @property
    def pids(self) -> list[int]:
        """The processes that are alive."""
        return [process.pid for process in self._alive()]

    def _feed(self) -> None:
        """Give the jobs that wait to the workers that are free."""
        while self._queue:
            free = [process for process in self._alive() if process.scoring is None]
            if not free and len(self._alive()) >= self._limit:
                return
            task, done = self._queue.popleft()
            try:
                process = free[0] if free else self._new_process()
            except OSError:
                done.set_result(Done(task.id, fault=NOT_STARTED))
                continue
            process.scoring = task.id
            running = asyncio.ensure_future(process.run(task))
            running.add_done_callback(lambda ended, done=done: self._scored(ended, done))  # type: ignore[misc]

    def _scored(self, ended: "asyncio.Future[Done]", done: "asyncio.Future[Done]") -> None:
        if not done.done() and not ended.cancelled():
            done.set_result(ended.result())
        self._feed()

    def _retire(self) -> None:
        """End the workers that had nothing to do for a while; look again while there are any."""
        for process in self._alive():
            if process.idle_seconds >= IDLE_SECONDS:
                process.kill()
        self._is_watching = bool(self._alive())
        if self._is_watching:
            asyncio.get_running_loop().call_later(IDLE_SECONDS / 2, self._retire)

    def _alive(self) -> "list[_Process]":
        self._processes = [process for process in self._processes if process.is_alive]
        return self._processes

    def _new_process(self) -> "_Process":
        if self._is_closed:
            raise ProcessLookupError
        if not self._is_watching:
            self._is_watching = True
            asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire)
        process = _Process(self._set_up)
        self._processes.append(process)
        return process


class _Process:
    """One worker process, seen from the server's event loop."""

    def __init__(self, set_up: SetUp) -> None:
        self.is_alive = True
        self.scoring: str | None = None
        self._tasks: dict[str, asyncio.Future[Done]] = {}
        self._loop = asyncio.get_running_loop()
        self._idle_since = self._loop.time()
        top = str(Path(mockserver.__file__).parents[1])
        path = os.pathsep.join(filter(None, (top, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            # -P: no module in the folder where the server was started takes the place of another.
            [sys.executable, "-P", "-m", "mockserver.jobs.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**_FRUGAL, **os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the server's to handle
        )
        self.pid = self._process.pid
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        for work in (self._speak, self._listen):
            threading.Thread(target=work, name=f"worker-{self.pid}", daemon=True).start()
        self._send(set_up)

    async def run(self, task: Score | Commit) -> Done:
        """Have a task done; a worker that dies over it is a fault of the task."""
        name = f"{type(task).__name__} {task.id}"
        done: asyncio.Future[Done] = self._loop.create_future()
        self._tasks[name] = done
        self._send(task)
        try:
            return await done
        finally:
            self._tasks.pop(name, None)
            self._idle_since = self._loop.time()
            if isinstance(task, Score):
                self.scoring = None

    @property
    def idle_seconds(self) -> float:
        """How long there has been nothing to do."""
        return 0.0 if self._tasks else self._loop.time() - self._idle_since

    def stop(self, task_id: str) -> None:
        """Ask to leave off; kill the process if it does not."""
        self._send(Stop(task_id))
        self._loop.call_later(STOP_SECONDS, self._kill_if_scoring, task_id)

    def kill(self) -> None:
        """End the process now."""
        self.is_alive = False
        self._process.kill()

    def _kill_if_scoring(self, task_id: str) -> None:
        if self.scoring == task_id:
            self.kill()

    def _send(self, task: Task) -> None:
        self._lines.put(encode(task) + b"\n")

    def _speak(self) -> None:
        """Pass on what the server says, in a thread of its own: a worker may be slow to read."""
        assert self._process.stdin is not None  # noqa: S101
        with suppress(OSError, ValueError), self._process.stdin as tasks:
            while line := self._lines.get():
                tasks.write(line)
                tasks.flush()

    def _listen(self) -> None:
        """Pass on what the worker says, in a thread of its own."""
        assert self._process.stdout is not None  # noqa: S101
        with self._process.stdout as lines:
            for line in lines:
                self._tell(self._heard, line)
        self._lines.put(_END)
        self._process.wait()
        self._tell(self._gone)

    def _tell(self, listener: object, *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(listener, *arguments)  # type: ignore[arg-type]
        except RuntimeError:  # the server has stopped
            return

    def _heard(self, line: bytes) -> None:
        done = decode_done(line)
        waiting = self._tasks.get(done.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(done)

    def _gone(self) -> None:
        self.is_alive = False
        for waiting in self._tasks.values():
            if not waiting.done():
                waiting.set_result(Done("", fault=CRASHED))

"""What does a worker process do? It reads tasks, line by line, and says how each of them ended.

`python -m mockserver.jobs.worker`, started by the server. It ends when the server does: its
standard input closes then, even if the server was killed.
"""

import ctypes
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from mockserver.batch.first_time import compile_first
from mockserver.experiment.binding import bind_parameters
from mockserver.experiment.failures import InputColumnsMismatch, ModuleFailed
from mockserver.experiment.tables import Experiment
from mockserver.failures import Failure
from mockserver.jobs.details import BLOB_ERROR, EXECUTE, LIBRARY_ERROR, READER, WRITER, Fault
from mockserver.jobs.messages import Commit, Done, Score, SetUp, Stop, decode_task, encode
from mockserver.storage.accounts import BlobAddress
from mockserver.storage.references import extension_of
from mockserver.workspace.configuration import parse_configuration
from mockserver.workspace.model import Directory

_PR_SET_PDEATHSIG = 1
"""From Linux's `sys/prctl.h`."""


class Stopped(Exception):
    """The server wants no result of this task any more."""


class Worker:
    """Does tasks in threads and writes a line for each that is done."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._writing = threading.Lock()
        self._stopped: set[str] = set()
        self._directory: Directory | None = None

    def take(self, task: SetUp | Score | Commit | Stop) -> None:
        """Begin a task; return before it is done."""
        match task:
            case SetUp():
                self._directory = _directory(task)
            case Stop():
                self._stopped.add(task.id)
            case Score():
                self._begin(lambda: self._score(task), f"Score {task.id}")
            case Commit():
                self._begin(lambda: commit(task), f"Commit {task.id}")

    def _begin(self, work: Callable[[], Done], name: str) -> None:
        def run() -> None:
            try:
                done = work()
            except Exception as error:  # noqa: BLE001  the server waits for an answer
                done = Done(name, fault=fault_of(error))
            with self._writing:
                line = encode(replace(done, id=name))
                self._answers.write(line + b"\n")
                self._answers.flush()

        threading.Thread(target=run, name=name, daemon=True).start()

    def _score(self, task: Score) -> Done:
        def check() -> None:
            if task.id in self._stopped:
                raise Stopped

        assert self._directory is not None  # noqa: S101  the first line sets it up
        experiment = self._directory.by_endpoint(task.endpoint).service.experiment
        try:
            return Done(task.id, score(task, experiment, check))
        except Stopped:
            return Done(task.id, fault=Fault(READER, LIBRARY_ERROR, "stopped"))


class _Source:
    """An input blob, as the scoring reads it."""

    def __init__(self, name: str, address: BlobAddress) -> None:
        self.name = name
        self.extension = extension_of(address.blob)
        self._address = address

    def chunks(self) -> Iterator[bytes]:
        from mockserver.storage.blobs import read_blob

        return read_blob(self._address)


def score(task: Score, experiment: Experiment, check: Callable[[], None]) -> dict[str, list[str]]:
    """Score the blobs of a task and stage its outputs; return the names of their blocks."""
    from mockserver.batch.scoring import score_files
    from mockserver.storage.blobs import StagedBlob

    parameters = bind_parameters(task.parameters, experiment.parameters)
    sources = {name: _Source(name, address) for name, address in task.inputs.items()}
    with ExitStack() as stack:
        sinks = {
            name: stack.enter_context(StagedBlob(address, task.id))
            for name, address in task.outputs.items()
        }
        threads = os.cpu_count() or 1
        score_files(experiment, sources, parameters, sinks, threads=threads, check=check)
        return {name: sink.blocks for name, sink in sinks.items()}


def commit(task: Commit) -> Done:
    """Commit the outputs of a task, one after the other."""
    from mockserver.storage.blobs import StorageFault, commit_blob

    try:
        for name, address in task.outputs.items():
            commit_blob(address, task.blocks[name])
    except StorageFault as fault:
        return Done(task.id, {}, fault_of(fault), fault.are_blocks_gone)
    return Done(task.id)


def fault_of(error: Exception) -> Fault:
    """Say in a module's words why a job failed."""
    from mockserver.batch.failures import MalformedFile
    from mockserver.storage.blobs import StorageFault

    match error:
        case ModuleFailed(target=module, number=number):
            text = error.arguments[0].partition(": ")[2]
            return Fault(module or EXECUTE, number, text)
        case MalformedFile():
            text = f"{error.library_message}: {error.arguments[0]}"
            return Fault(READER, LIBRARY_ERROR, text, error.error_id, error.error_code)
        case StorageFault():
            module = WRITER if error.is_output else READER
            return Fault(module, BLOB_ERROR, str(error), "BlobNotAccessible")
        case InputColumnsMismatch():
            text = f"Input data does not match input port schema. {error.reason}"
            return Fault(READER, LIBRARY_ERROR, text, "InputMismatchError")
        case Failure():
            text = "; ".join(filter(None, (*error.arguments, error.reason)))
            return Fault(READER, LIBRARY_ERROR, text or type(error).__name__, "InputParseError")
        case _:
            traceback.print_exception(error)
            return Fault(EXECUTE, LIBRARY_ERROR, f"{type(error).__name__} in the emulator")


def _directory(task: SetUp) -> Directory:
    folder = Path(task.folder)
    return Directory(parse_configuration(task.text, task.name, folder, task.overrides).workspaces)


def _end_with_the_server() -> None:
    """Let Linux end this process when the server dies, even if a model holds Python's lock.

    Elsewhere the end of standard input has to do, which such a model keeps us from noticing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Do what the lines of standard input say, until it closes."""
    _end_with_the_server()
    # A model that prints must not be taken for the worker, nor one that reads for the server: what
    # it prints goes to standard error, and its standard input is empty.
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    compile_first()
    worker = Worker(answers)
    for line in tasks:
        worker.take(decode_task(line))
    os._exit(0)


if __name__ == "__main__":
    main()

"""Does a worker do what its lines say, and tell in a module's words what went wrong?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.batch.failures import MalformedFile, NotUtf8, RowOfOtherWidth
from mockserver.embedded import running_emulator
from mockserver.experiment.failures import (
    InputColumnsMismatch,
    InputNotParsed,
    ModuleFailed,
    ParameterMissing,
)
from mockserver.failures import Failure
from mockserver.jobs.details import Fault
from mockserver.jobs.messages import Commit, Done, Score, SetUp, Stop, decode_done, encode
from mockserver.jobs.worker import Worker, fault_of
from mockserver.storage.accounts import BlobAddress
from mockserver.storage.blobs import StorageFault
from tests.end_to_end.batch import Batch, batch_client
from tests.mockserver.jobs.world import endpoint_of, write_world

NOWHERE = BlobAddress("http://nowhere.example", "a", "demo", "x.csv", "a2V5")


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (
            ModuleFailed(8, "Out of range: 0: 1", target="Feature Hashing"),
            Fault("Feature Hashing", 8, "Out of range: 0: 1"),
        ),
        (ModuleFailed(8, "Out of range", target=""), Fault("Execute", 8, "Out of range")),
        (
            RowOfOtherWidth("input1", 3, "2 values for 1 column"),
            Fault(
                "Reader",
                1000,
                "All rows must have same number of elements: input1, row 3: 2 values for 1 column",
                "AllRowsMustHaveSameElements",
                16,
            ),
        ),
        (
            NotUtf8("input1", None, "byte 7"),
            Fault(
                *("Reader", 1000, "The file is not encoded in UTF-8: input1: byte 7"),
                *("InvalidEncoding", 0),
            ),
        ),
        (
            StorageFault(NOWHERE, "no answer"),
            Fault(
                *("Reader", 9),
                "Unable to access the provided Azure blob - demo/x.csv."
                "  Azure error message: no answer.",
                "BlobNotAccessible",
            ),
        ),
        (
            InputColumnsMismatch(reason="no column a"),
            Fault(
                *("Reader", 1000),
                "Input data does not match input port schema. no column a",
                "InputMismatchError",
            ),
        ),
        (
            InputNotParsed("row 1", reason="why"),
            Fault("Reader", 1000, "row 1; why", "InputParseError"),
        ),
        (ParameterMissing(), Fault("Reader", 1000, "ParameterMissing", "InputParseError")),
        (KeyError("x"), Fault("Execute", 1000, "KeyError in the emulator")),
        (MemoryError(), Fault("Execute", 1000, "MemoryError in the emulator")),
    ],
)
def test_every_error_is_worded(error: Exception, fault: Fault) -> None:
    """The module is the one that would have noticed; a defect of ours names its kind alone."""
    told = fault_of(error)
    assert (told.module, told.number, told.message) == (fault.module, fault.number, fault.message)
    assert (told.error_id, told.library_code) == (fault.error_id, fault.library_code)


def test_an_output_is_a_matter_of_the_writer() -> None:
    """A fault of storage on the way out is not one of the input."""
    told = fault_of(StorageFault(NOWHERE, "no answer", is_output=True))
    assert (told.module, told.number) == ("Writer", 9)


def test_every_failure_of_a_file_is_worded() -> None:
    """None of them is taken for a defect."""
    kinds = [kind for kind in Failure.__subclasses__() if kind is not MalformedFile]
    kinds += MalformedFile.__subclasses__()
    assert len(kinds) > 20
    for kind in MalformedFile.__subclasses__():
        told = fault_of(kind("input1", 1, "what"))
        assert (told.module, told.error_id) == ("Reader", kind.error_id)


class Talk:
    """A worker in this process, and what it answers."""

    def __init__(self, batch: Batch, world: Path) -> None:
        self.batch = batch
        self.set_up = SetUp(world.read_text(), world.name, str(world.parent), {})
        reading, writing = os.pipe()
        self._answers: BufferedReader = os.fdopen(reading, "rb")
        self._writer = os.fdopen(writing, "wb", buffering=0)
        self.worker = Worker(self._writer)
        self.worker.take(self.set_up)

    def address(self, blob: str) -> BlobAddress:
        storage = self.batch.ready["storage"]
        url = f"{storage['url']}/{storage['account']}"
        return BlobAddress(url, storage["account"], "demo", blob, storage["key"])

    def score(self, function: str, source: str = "in.csv", target: str = "out.csv") -> Score:
        inputs, outputs = self.address(source), self.address(target)
        return Score(function, endpoint_of(function), {"input1": inputs}, {"output1": outputs}, {})

    def ask(self, *tasks: Score | Commit | Stop) -> Done:
        for task in tasks:
            self.worker.take(task)
        return decode_done(self._answers.readline())

    def close(self) -> None:
        # An answer may have been read already while the worker is still flushing it.
        with self.worker._writing:
            self._answers.close()
            self._writer.close()


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """Serve a storage with a good file and two bad ones."""
    world = write_world(tmp_path_factory.mktemp("world"))
    with running_emulator(world) as ready, batch_client(ready) as batch:
        batch.put("demo/in.csv", b"Text\r\none\r\n")
        batch.put("demo/broken.csv", b"Text\r\none\r\na,b\r\n")
        batch.put("demo/foreign.csv", b"Other\r\none\r\n")
        talk = Talk(batch, world)
        yield talk
        talk.close()


def test_a_task_is_scored_and_committed(talk: Talk) -> None:
    """The answers name the tasks; the blob is there after the second."""
    task = talk.score("copy")
    done = talk.ask(task)
    assert (done.id, done.fault, done.blocks) == (
        "Score copy",
        None,
        {"output1": ["copy-000000"]},
    )
    done = talk.ask(Commit("c", task.outputs, done.blocks))
    assert (done.id, done.fault) == ("Commit c", None)
    assert talk.batch.get("demo/out.csv") == b"Text\r\none\r\n"


@pytest.mark.parametrize(
    ("function", "source", "module", "told"),
    [
        ("fail", "in.csv", "Execute Python Script", "LookupError: broken model"),
        ("copy", "broken.csv", "Reader", "row 2"),
        ("copy", "foreign.csv", "Reader", "input port schema"),
        ("copy", "none.csv", "Reader", "(404) Not Found"),
    ],
)
def test_a_task_that_fails_is_told(
    talk: Talk, function: str, source: str, module: str, told: str
) -> None:
    """The model, the file or storage: each in its words, and nothing is there to commit."""
    done = talk.ask(talk.score(function, source))
    assert done.fault is not None
    assert done.fault.module == module
    assert told in done.fault.message
    assert done.blocks == {}


def test_a_task_that_is_stopped_says_so(talk: Talk) -> None:
    """It leaves off at the next block; a task of another id is not concerned."""
    stopped = talk.score("copy", target="stopped.csv")
    done = talk.ask(Stop("copy-2"), stopped)
    assert done.fault is None
    done = talk.ask(Stop("copy"), stopped)
    assert done.fault is not None
    assert done.fault.message == "stopped"
    talk.worker._stopped.clear()


def test_blocks_that_nobody_staged_are_not_committed(talk: Talk) -> None:
    """It is the writer's fault, number 9."""
    done = talk.ask(Commit("c", {"output1": talk.address("x.csv")}, {"output1": ["none"]}))
    assert done.fault is not None
    assert (done.fault.module, done.fault.number) == ("Writer", 9)


@pytest.mark.parametrize("change", ["written", "deleted"])
def test_blocks_that_are_gone_are_told(talk: Talk, change: str) -> None:
    """Whoever writes or deletes a blob discards what is staged for it; that is not just a fault."""
    talk.batch.put("demo/shared.csv", b"old")
    task = talk.score("copy", target="shared.csv")
    done = talk.ask(task)
    assert (done.fault, done.are_blocks_gone) == (None, False)
    if change == "written":
        talk.batch.put("demo/shared.csv", b"new")
    else:
        talk.batch.storage.get_blob_client("demo", "shared.csv").delete_blob()
    refused = talk.ask(Commit(task.id, task.outputs, done.blocks))
    assert refused.fault is not None
    assert refused.are_blocks_gone
    committed = talk.ask(Commit(task.id, task.outputs, talk.ask(task).blocks))
    assert (committed.fault, committed.are_blocks_gone) == (None, False)
    assert talk.batch.get("demo/shared.csv") == b"Text\r\none\r\n"


def test_a_commit_that_fails_otherwise_is_a_fault(talk: Talk) -> None:
    """To score again would not help where there is no container."""
    place = replace(talk.address("x.csv"), container="nowhere")
    refused = talk.ask(Commit("c", {"output1": place}, {"output1": ["none"]}))
    assert refused.fault is not None
    assert not refused.are_blocks_gone


def test_whatever_goes_wrong_is_answered(talk: Talk) -> None:
    """Also a task that names an endpoint or blocks that are not there: no answer is the worst."""
    task = talk.score("copy")
    nobody = Score("nobody", "f" * 32, task.inputs, task.outputs, {})
    assert talk.ask(nobody).fault is not None
    assert talk.ask(Commit("c", task.outputs, {})).fault is not None


def test_a_worker_ends_with_the_server(talk: Talk) -> None:
    """When its standard input closes it is gone, also in the middle of something."""
    with subprocess.Popen(
        [sys.executable, "-m", "mockserver.jobs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        fault = talk.score("fail")
        for task in (talk.set_up, talk.score("wait"), fault):
            process.stdin.write(encode(task) + b"\n")
        process.stdin.flush()
        assert decode_done(process.stdout.readline()).id == "Score fail"
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stdout.read() == b""

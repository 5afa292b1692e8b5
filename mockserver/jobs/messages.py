"""What do the server and a worker process say to each other? One line of JSON each time."""

from collections.abc import Mapping, Sequence

import msgspec

from mockserver.jobs.details import Fault
from mockserver.storage.accounts import BlobAddress


class SetUp(msgspec.Struct, frozen=True, tag="set-up"):
    """The first line: the configuration, as the server read it."""

    text: str
    name: str
    folder: str
    overrides: Mapping[str, str | int | float | bool | None]


class Score(msgspec.Struct, frozen=True, tag="score"):
    """Score these blobs and stage the results. `id` begins the names of the staged blocks."""

    id: str
    endpoint: str
    inputs: Mapping[str, BlobAddress]
    outputs: Mapping[str, BlobAddress]
    parameters: Mapping[str, str | int | float | bool | None]


class Commit(msgspec.Struct, frozen=True, tag="commit"):
    """Let staged blocks become the content of these blobs."""

    id: str
    outputs: Mapping[str, BlobAddress]
    blocks: Mapping[str, Sequence[str]]


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Leave off scoring for this task."""

    id: str


Task = SetUp | Score | Commit | Stop


class Done(msgspec.Struct, frozen=True):
    """How a task ended: with the blocks that were staged, or with a fault."""

    id: str
    blocks: Mapping[str, Sequence[str]] = {}
    fault: Fault | None = None
    are_blocks_gone: bool = False
    """Whether nothing could be committed, since the staged blocks are not there any more."""


encode = msgspec.json.Encoder().encode
decode_task = msgspec.json.Decoder(Task).decode
decode_done = msgspec.json.Decoder(Done).decode

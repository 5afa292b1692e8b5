"""What is known of a blob, a block and a container, and how is it written to a file?"""

from collections.abc import Mapping

import msgspec


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """The headers that were stored with a blob; an empty one was not given. `md5` is Base64."""

    type: str = "application/octet-stream"
    encoding: str = ""
    language: str = ""
    md5: str = ""
    disposition: str = ""
    cache_control: str = ""


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A block: its id as the client wrote it, and its size in bytes."""

    id: str
    size: int


class Blob(msgspec.Struct, frozen=True):
    """A committed blob. Times are seconds since 1970 UTC."""

    name: str
    data: str
    """The name of the file with its bytes."""
    size: int
    content: Content
    metadata: Mapping[str, str]
    blocks: tuple[Block, ...] = ()
    """The blocks it was committed from, in order; none if it came in one piece."""
    etag: str = ""
    """With its quotes, as it stands in headers."""
    modified: int = 0
    created: int = 0
    generation: str = ""
    """Of the uncommitted blocks that its commit made void."""


class ContainerRecord(msgspec.Struct, frozen=True):
    """What is written of a container."""

    etag: str
    modified: int
    metadata: Mapping[str, str]


class StagedRecord(msgspec.Struct, frozen=True):
    """What is written of the uncommitted blocks of a blob."""

    name: str
    """Of the blob."""
    generation: str
    """Differs for each time that blocks are staged anew after a commit."""


_to_json = msgspec.json.Encoder().encode
read_blob = msgspec.json.Decoder(Blob).decode
read_container = msgspec.json.Decoder(ContainerRecord).decode
read_staged = msgspec.json.Decoder(StagedRecord).decode


def write_record(record: Blob | ContainerRecord | StagedRecord) -> bytes:
    """Return the bytes of a record's file."""
    return _to_json(record)

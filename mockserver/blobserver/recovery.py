"""What does a store find in its folder at start, and what does it clear away?

A record is the truth. Data that no record names is the rest of an upload that was not finished, or
of a blob that was overwritten, and is removed. A record that cannot be read is set aside under
another name; as long as it lies there, its container's data is left alone.
"""

import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mockserver.blobserver.files import STAGED_RECORD, ContainerFiles, Folder, block_id
from mockserver.blobserver.records import (
    Blob,
    ContainerRecord,
    StagedRecord,
    read_blob,
    read_container,
    read_staged,
)
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Blocks that no block list named are swept after a week.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, Put Block; we look at each start, by the machine's time",
    ),
)

UNCOMMITTED_SECONDS = 7 * 24 * 3600
_SET_ASIDE = ".unreadable"
_logger = logging.getLogger("mockserver.blobs")


@dataclass
class Staged:
    """The uncommitted blocks of a blob: what is written of them, and their sizes by id."""

    record: StagedRecord
    sizes: dict[str, int] = field(default_factory=dict)


@dataclass
class Found:
    """A container as it lies on disk."""

    record: ContainerRecord
    files: ContainerFiles
    blobs: dict[str, Blob]
    staged: dict[str, Staged]


def find_containers(folder: Folder, now: float) -> Iterator[tuple[str, str, Found]]:
    """Yield account, name and content of every container, after clearing away what is over.

    Raises OSError if the folder cannot be read.
    """
    for path in sorted(folder.accounts.glob("*/*/")):
        yield path.parent.name.removeprefix("n-"), path.name, _read(ContainerFiles(path), now)


def _read(files: ContainerFiles, now: float) -> Found:
    for path in (files.records, files.data, files.blocks):
        path.mkdir(exist_ok=True)
    blobs = {
        blob.name: blob for path in files.records.glob("*.json") for blob in _blob(files, path)
    }
    if not any(files.records.glob(f"*{_SET_ASIDE}")):
        _remove_orphans(files, {blob.data for blob in blobs.values()})
    staged = {
        found.record.name: found
        for path in files.blocks.iterdir()
        for found in _staged(path, blobs)
    }
    return Found(_container(files, now), files, blobs, staged)


def _container(files: ContainerFiles, now: float) -> ContainerRecord:
    try:
        return read_container(files.record.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        _logger.warning("container %s: its record cannot be read: %s", files.path.name, error)
        return ContainerRecord(f'"0x{int(now * 1e7):X}"', int(now), {})


def _blob(files: ContainerFiles, path: Path) -> Iterator[Blob]:
    try:
        blob = read_blob(path.read_bytes())
        _check(files, path, blob)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        _logger.warning("a blob is set aside, %s: %s", path, error)
        path.replace(path.with_name(path.name + _SET_ASIDE))
    else:
        yield blob


def _check(files: ContainerFiles, path: Path, blob: Blob) -> None:
    """See that a record speaks of its own file and of data that is there whole."""
    if path != files.record_of(blob.name):
        raise ValueError(f"it is the record of {blob.name!r}")
    if (size := (files.data / Path(blob.data).name).stat().st_size) != blob.size:
        raise ValueError(f"its data has {size} bytes, not {blob.size}")


def _remove_orphans(files: ContainerFiles, named: set[str]) -> None:
    for path in files.data.iterdir():
        if path.name not in named:
            path.unlink()


def _staged(path: Path, blobs: Mapping[str, Blob]) -> Iterator[Staged]:
    """Yield the uncommitted blocks in a folder, unless they are void or there are none."""
    try:
        found = Staged(read_staged((path / STAGED_RECORD).read_bytes()))
        for file in path.iterdir():
            if file.name == STAGED_RECORD:
                continue
            status = file.stat()
            if time.time() - status.st_mtime > UNCOMMITTED_SECONDS:
                file.unlink()
            else:
                found.sizes[block_id(file.name)] = status.st_size
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        _logger.warning("uncommitted blocks are removed, %s: %s", path, error)
    else:
        committed = blobs.get(found.record.name)
        if found.sizes and (committed is None or committed.generation != found.record.generation):
            yield found
            return
    shutil.rmtree(path, ignore_errors=True)

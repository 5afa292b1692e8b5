"""Where on disk are blobs and blocks, and how do they get there whole or not at all?

    incoming/                      being written; emptied at start
    discarded/                     being removed; emptied at start
    accounts/ACCOUNT/CONTAINER/
        container.json             its record
        records/NAME.json          one per blob: the record that makes a blob what it is
        data/ID                    the bytes that a record names
        blocks/NAME/ID             blocks that no block list has named yet

Whatever becomes visible was written under `incoming` and is then moved. A process may be killed at
any moment: what it has acknowledged is there, what it was writing is not. (A machine that loses
power may lose the last seconds: nothing waits for the disk.)
"""

import os
import shutil
from collections.abc import Iterable
from hashlib import md5
from pathlib import Path
from uuid import uuid4

from mockserver.blobserver.names import file_stem

STAGED_RECORD = "staged.json"
"""Lies beside the uncommitted blocks of a blob."""
_COPY_STEP = 1 << 26


class Upload:
    """Bytes on their way into the store. Whoever made it calls `discard` in the end, always."""

    def __init__(self, path: Path, *, with_md5: bool) -> None:
        self.path = path
        self.size = 0
        self._md5 = md5(usedforsecurity=False) if with_md5 else None
        self._file = path.open("xb", buffering=0)

    def write(self, pieces: Iterable[bytes]) -> None:
        """Append pieces; call it from one thread at a time. Raises OSError."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]
            if self._md5 is not None:
                self._md5.update(piece)
            self.size += len(piece)

    @property
    def md5(self) -> bytes:
        """The digest of what was written, or nothing if none was asked for."""
        return self._md5.digest() if self._md5 is not None else b""

    def move_to(self, target: Path) -> None:
        """Let the bytes become the file `target`, in place of what is there."""
        self._file.close()
        self.path.replace(target)

    def discard(self) -> None:
        """Close, and remove what was not moved away."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class ContainerFiles:
    """The files of one container."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.record = path / "container.json"
        self.records = path / "records"
        self.data = path / "data"
        self.blocks = path / "blocks"

    def record_of(self, blob: str) -> Path:
        """Return the place of a blob's record."""
        return self.records / f"{file_stem(blob)}.json"

    def blocks_of(self, blob: str) -> Path:
        """Return the folder of a blob's uncommitted blocks."""
        return self.blocks / file_stem(blob)

    def block(self, blob: str, id_: str) -> Path:
        """Return the place of an uncommitted block."""
        return self.blocks_of(blob) / id_.encode().hex()


def block_id(file_name: str) -> str:
    """Return the id of the block that a file of this name holds. Raises ValueError."""
    return bytes.fromhex(file_name).decode()


class Folder:
    """The folder of a store."""

    def __init__(self, path: Path) -> None:
        self.incoming = path / "incoming"
        self.discarded = path / "discarded"
        self.accounts = path / "accounts"

    def prepare(self) -> None:
        """Make what is missing, and remove what an earlier process left unfinished."""
        for leftover in (self.incoming, self.discarded):
            shutil.rmtree(leftover, ignore_errors=True)
            leftover.mkdir(parents=True, exist_ok=True)
        self.accounts.mkdir(exist_ok=True)

    def container(self, account: str, name: str) -> ContainerFiles:
        """Return the files of a container, be they there or not."""
        return ContainerFiles(self.accounts / file_stem(account) / name)

    def new_path(self) -> Path:
        """Return a place for something that is being written."""
        return self.incoming / uuid4().hex

    def write(self, target: Path, content: bytes) -> None:
        """Let a small file have this content, or the one it had. Raises OSError."""
        path = self.new_path()
        try:
            path.write_bytes(content)
            path.replace(target)
        except OSError:
            path.unlink(missing_ok=True)
            raise

    def make_container(self, files: ContainerFiles, record: bytes) -> None:
        """Make the folder of a container, all at once."""
        made = ContainerFiles(self.new_path())
        for path in (made.records, made.data, made.blocks):
            path.mkdir(parents=True)
        made.record.write_bytes(record)
        files.path.parent.mkdir(exist_ok=True)
        made.path.rename(files.path)

    def make_blocks_folder(self, target: Path, record: bytes) -> None:
        """Make a folder for uncommitted blocks, all at once, in place of one that is over."""
        if target.exists():
            shutil.rmtree(self.remove(target), ignore_errors=True)
        made = self.new_path()
        made.mkdir()
        (made / STAGED_RECORD).write_bytes(record)
        made.rename(target)

    def remove(self, path: Path) -> Path:
        """Take a folder away, all at once; return where it waits for `shutil.rmtree`."""
        discarded = self.discarded / uuid4().hex
        path.rename(discarded)
        return discarded


def new_data_name() -> str:
    """Return a name for a file of bytes."""
    return uuid4().hex


def duplicate(source: Path, target: Path) -> None:
    """Let `target` be the same bytes as `source`, without copying them where that can be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def concatenate(parts: Iterable[tuple[Path, int, int]], target: Path) -> int:
    """Write parts of files (path, first byte, length) one behind the other; return the size."""
    with target.open("xb", buffering=0) as out:
        for path, start, length in parts:
            with path.open("rb", buffering=0) as source:
                _copy(source.fileno(), start, length, out.fileno())
        return out.tell()


def _copy(source: int, start: int, length: int, target: int) -> None:
    end = start + length
    while start < end:
        moved = _copy_step(source, start, min(end - start, _COPY_STEP), target)
        if not moved:
            raise EOFError("a stored file is shorter than its record says")
        start += moved


def _copy_step(source: int, start: int, length: int, target: int) -> int:
    """Copy at most `length` bytes behind what `target` has; return how many."""
    try:
        return os.copy_file_range(source, target, length, start)
    except (AttributeError, OSError):
        # Not on this system, or not between these files; a full disk fails again below.
        os.lseek(source, start, os.SEEK_SET)
        return os.write(target, os.read(source, min(length, 1 << 20)))

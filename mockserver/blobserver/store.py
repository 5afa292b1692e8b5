"""Which containers, blobs and blocks are there, and what happens to them one at a time?

The index is in memory, what lasts is on disk (`files.py`). Every method may be called from any
thread. A check that a caller hands in is made at the moment of the change, so that of two writers
with the same condition one wins.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from shutil import rmtree
from typing import BinaryIO
from uuid import uuid4
from weakref import WeakValueDictionary

import msgspec

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.files import (
    ContainerFiles,
    Folder,
    Upload,
    concatenate,
    duplicate,
    new_data_name,
)
from mockserver.blobserver.records import (
    Blob,
    Block,
    ContainerRecord,
    Content,
    StagedRecord,
    write_record,
)
from mockserver.blobserver.recovery import Staged, find_containers

Check = Callable[[Blob | None], None]
"""Raises if the blob as it is (or None, if there is none) forbids the change."""
Place = tuple[str, str, str]
"""Account, container, blob."""
Choice = tuple[str, str]
"""A block that a block list names: where to look (`Latest`, …) and its id."""
_TICKS = 10_000_000
_TICKS_BEFORE_1970 = 621_355_968_000_000_000


class Container:
    """A container in memory."""

    def __init__(
        self,
        name: str,
        record: ContainerRecord,
        files: ContainerFiles,
        lock: AbstractContextManager[bool],
    ) -> None:
        self.name = name
        self.record = record
        self.files = files
        self._lock = lock
        self.blobs: dict[str, Blob] = {}
        self.staged: dict[str, Staged] = {}
        self._names: list[str] | None = None

    def names_from(self, first: str) -> Iterator[str]:
        """Yield the names of blobs, also of those with uncommitted blocks only, in order."""
        with self._lock:
            if self._names is None:
                self._names = sorted({*self.blobs, *self.staged})
            names = self._names
        for index in range(bisect_left(names, first), len(names)):
            yield names[index]

    def changed(self) -> None:
        """Forget the order of names."""
        self._names = None


class BlobStore:
    """The blobs under `folder`; `now` gives seconds since 1970 UTC. Raises OSError when made."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._now = now
        self._folder = Folder(folder)
        self._folder.prepare()
        self._lock = threading.RLock()
        self._writing: WeakValueDictionary[Place, _Turn] = WeakValueDictionary()
        self._accounts: dict[str, dict[str, Container]] = {}
        self._last_ticks = 0
        for account, name, found in find_containers(self._folder, now()):
            container = Container(name, found.record, found.files, self._lock)
            container.blobs = found.blobs
            container.staged = found.staged
            self._accounts.setdefault(account, {})[name] = container
            for etag in (found.record.etag, *(blob.etag for blob in found.blobs.values())):
                self._last_ticks = max(self._last_ticks, _ticks_of(etag))

    def has_container(self, account: str, container: str) -> bool:
        """Say whether a container is there."""
        return container in self._accounts.get(account, {})

    def container(self, account: str, name: str) -> Container:
        """Return a container. Raises ContainerNotFound."""
        found = self._accounts.get(account, {}).get(name)
        if found is None:
            raise Refusal("ContainerNotFound", reason=f"there is no container {name}")
        return found

    def containers(self, account: str) -> list[Container]:
        """Return the containers of an account by name."""
        with self._lock:
            found = list(self._accounts.get(account, {}).values())
        return sorted(found, key=lambda container: container.name)

    def ensure_container(self, account: str, container: str) -> None:
        """Make a container unless it is there."""
        with self._lock:
            if not self.has_container(account, container):
                self.create_container(account, container, {})

    def create_container(
        self, account: str, name: str, metadata: Mapping[str, str]
    ) -> ContainerRecord:
        """Make a container. Raises ContainerAlreadyExists."""
        with self._lock:
            if self.has_container(account, name):
                raise Refusal("ContainerAlreadyExists")
            etag, modified = self._stamp()
            record = ContainerRecord(etag, modified, metadata)
            files = self._folder.container(account, name)
            self._folder.make_container(files, write_record(record))
            self._accounts.setdefault(account, {})[name] = Container(
                name, record, files, self._lock
            )
            return record

    def change_container(
        self, account: str, name: str, metadata: Mapping[str, str]
    ) -> ContainerRecord:
        """Give a container other metadata. Raises ContainerNotFound."""
        with self._lock:
            container = self.container(account, name)
            etag, modified = self._stamp()
            record = ContainerRecord(etag, modified, metadata)
            self._folder.write(container.files.record, write_record(record))
            container.record = record
            return record

    def delete_container(self, account: str, name: str) -> None:
        """Remove a container and all in it. Raises ContainerNotFound."""
        with self._lock:
            container = self.container(account, name)
            discarded = self._folder.remove(container.files.path)
            del self._accounts[account][name]
        rmtree(discarded, ignore_errors=True)

    def clear(self) -> None:
        """Remove everything."""
        with self._lock:
            discarded = self._folder.remove(self._folder.accounts)
            self._folder.accounts.mkdir()
            self._accounts.clear()
        rmtree(discarded, ignore_errors=True)

    def find(self, account: str, container: str, blob: str) -> Blob | None:
        """Return a committed blob, if it is there."""
        found = self._accounts.get(account, {}).get(container)
        return found.blobs.get(blob) if found is not None else None

    def open(self, account: str, container: str, name: str, check: Check) -> tuple[Blob, BinaryIO]:
        """Open a blob: whatever happens to it later, these bytes can be read to the end.

        Raises ContainerNotFound, BlobNotFound and what `check` raises.
        """
        with self._lock:
            self.container(account, container)
            blob = self.find(account, container, name)
            check(blob)
            if blob is None:
                raise Refusal("BlobNotFound", reason=f"there is no blob {name[:200]!r}")
            try:
                return blob, self.data_of(account, container, blob).open("rb", buffering=0)
            except FileNotFoundError as error:
                raise Refusal("BlobNotFound", reason=f"its file is gone: {error}") from error

    def data_of(self, account: str, container: str, blob: Blob) -> Path:
        """Return the file that holds the bytes of a blob, for as long as that is not replaced."""
        return self.container(account, container).files.data / blob.data

    def new_upload(self, *, with_md5: bool) -> Upload:
        """Begin to take in the bytes of a blob or of a block. Raises OSError."""
        return Upload(self._folder.new_path(), with_md5=with_md5)

    def put(
        self,
        place: Place,
        upload: Upload,
        content: Content,
        metadata: Mapping[str, str],
        check: Check,
    ) -> Blob:
        """Let an upload become a blob. Raises ContainerNotFound and what `check` raises."""
        with self._turn(place):
            container = self.container(*place[:2])
            blob = Blob(place[2], new_data_name(), upload.size, content, metadata)
            return self._commit(place, container, blob, check, upload.move_to)

    def stage(self, place: Place, block_id: str, upload: Upload) -> None:
        """Keep an upload as an uncommitted block, in place of an earlier one of the same id.

        Raises ContainerNotFound, or InvalidBlobOrBlock if the ids of a blob differ in length.
        """
        account, container_name, name = place
        with self._turn(place), self._lock:
            container = self.container(account, container_name)
            staged = container.staged.get(name)
            if staged is None:
                staged = Staged(StagedRecord(name, uuid4().hex))
                folder = container.files.blocks_of(name)
                self._folder.make_blocks_folder(folder, write_record(staged.record))
                container.staged[name] = staged
                container.changed()
            if staged.sizes and len(next(iter(staged.sizes))) != len(block_id):
                raise Refusal("InvalidBlobOrBlock", reason="block ids differ in length")
            upload.move_to(container.files.block(name, block_id))
            staged.sizes[block_id] = upload.size

    def commit_blocks(
        self,
        place: Place,
        choices: Sequence[Choice],
        content: Content,
        metadata: Mapping[str, str],
        check: Check,
    ) -> Blob:
        """Put a blob together from blocks. Raises ContainerNotFound, InvalidBlockList."""
        account, container_name, name = place
        with self._turn(place):
            container = self.container(account, container_name)
            check(container.blobs.get(name))
            blocks, parts = _choose(container, name, choices)
            path = self._folder.new_path()
            try:
                size = _put_together(parts, path)
                blob = Blob(name, new_data_name(), size, content, metadata, blocks)
                return self._commit(place, container, blob, check, path.replace)
            except (FileNotFoundError, EOFError):
                # The container was removed while its blocks were being read.
                self.container(account, container_name)
                raise
            finally:
                path.unlink(missing_ok=True)

    def change(self, place: Place, check: Check, edit: Callable[[Blob], Blob]) -> Blob:
        """Change what is recorded of a blob, but not its bytes. Raises BlobNotFound."""
        with self._turn(place), self._lock:
            container = self.container(*place[:2])
            blob = container.blobs.get(place[2])
            check(blob)
            if blob is None:
                raise Refusal("BlobNotFound")
            etag, modified = self._stamp()
            changed = msgspec.structs.replace(edit(blob), etag=etag, modified=modified)
            self._folder.write(container.files.record_of(blob.name), write_record(changed))
            container.blobs[blob.name] = changed
            return changed

    def delete(self, place: Place, check: Check) -> None:
        """Remove a blob with its uncommitted blocks. Raises BlobNotFound."""
        with self._turn(place), self._lock:
            container = self.container(*place[:2])
            blob = container.blobs.get(place[2])
            check(blob)
            if blob is None:
                raise Refusal("BlobNotFound")
            container.files.record_of(blob.name).unlink()
            del container.blobs[blob.name]
            container.changed()
            (container.files.data / blob.data).unlink(missing_ok=True)
            self._forget_blocks(container, blob.name)

    def _commit(
        self,
        place: Place,
        container: Container,
        blob: Blob,
        check: Check,
        move_to: Callable[[Path], object],
    ) -> Blob:
        """Give bytes their place and write the record: from then on the blob is there."""
        files = container.files
        with self._lock:
            if self.container(*place[:2]) is not container:
                raise Refusal("ContainerNotFound", reason="it was removed and made anew meanwhile")
            earlier = container.blobs.get(blob.name)
            check(earlier)
            etag, modified = self._stamp()
            created = earlier.created if earlier is not None else modified
            blob = msgspec.structs.replace(
                blob,
                etag=etag,
                modified=modified,
                created=created,
                generation=_generation(container, blob.name),
            )
            data = files.data / blob.data
            try:
                move_to(data)
                self._folder.write(files.record_of(blob.name), write_record(blob))
            except OSError:
                data.unlink(missing_ok=True)
                raise
            container.blobs[blob.name] = blob
            container.changed()
            if earlier is not None:
                (files.data / earlier.data).unlink(missing_ok=True)
            self._forget_blocks(container, blob.name)
        return blob

    def _forget_blocks(self, container: Container, name: str) -> None:
        if container.staged.pop(name, None) is not None:
            container.changed()
            rmtree(self._folder.remove(container.files.blocks_of(name)), ignore_errors=True)

    def _stamp(self) -> tuple[str, int]:
        """Return a new ETag and the second of the change."""
        now = self._now()
        self._last_ticks = max(self._last_ticks + 1, int(now * _TICKS) + _TICKS_BEFORE_1970)
        return f'"0x{self._last_ticks:X}"', int(now)

    @contextmanager
    def _turn(self, place: Place) -> Iterator[None]:
        """Let writers of one blob come one after the other."""
        with self._lock:
            turn = self._writing.setdefault(place, _Turn())
        with turn.lock:
            yield


class _Turn:
    """Whose turn it is to write a blob."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _generation(container: Container, name: str) -> str:
    """Return the generation of a blob's uncommitted blocks, which a commit makes void."""
    staged = container.staged.get(name)
    return staged.record.generation if staged is not None else ""


def _ticks_of(etag: str) -> int:
    try:
        return int(etag.strip('"'), 16)
    except ValueError:
        return 0


Parts = list[tuple[Path, int, int]]


def _choose(
    container: Container, name: str, choices: Sequence[Choice]
) -> tuple[tuple[Block, ...], Parts]:
    """Find the blocks of a list: what they are, and which bytes of which file hold them."""
    files = container.files
    staged = container.staged.get(name)
    sizes = staged.sizes if staged is not None else {}
    blob = container.blobs.get(name)
    committed: dict[str, tuple[Path, int, int]] = {}
    if blob is not None:
        start = 0
        for block in blob.blocks:
            committed[block.id] = (files.data / blob.data, start, block.size)
            start += block.size
    parts: Parts = []
    for where, id_ in choices:
        if where != "Committed" and id_ in sizes:
            parts.append((files.block(name, id_), 0, sizes[id_]))
        elif where != "Uncommitted" and id_ in committed:
            parts.append(committed[id_])
        else:
            raise Refusal("InvalidBlockList", reason=f"there is no {where} block {id_[:90]!r}")
    blocks = tuple(Block(id_, part[2]) for (_, id_), part in zip(choices, parts, strict=True))
    return blocks, parts


def _put_together(parts: Parts, target: Path) -> int:
    """Write the bytes of blocks to a file; return their number."""
    if len(parts) == 1 and parts[0][1] == 0 and parts[0][0].stat().st_size == parts[0][2]:
        duplicate(parts[0][0], target)
        return parts[0][2]
    return concatenate(parts, target)

"""Does the store keep what it acknowledged, and nothing else, whenever it is killed?"""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from mockserver.blobserver import files
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.records import Blob, Content
from mockserver.blobserver.store import BlobStore, Choice

PLACE = ("account", "container", "dir/Blob é")
NOW = 1_800_000_000.25


class Killed(BaseException):
    """Stands for the end of the process: nobody catches it, nothing is cleaned up."""


def open_store(folder: Path, now: float = NOW) -> BlobStore:
    """Open a store with one container."""
    store = BlobStore(folder, lambda: now)
    store.ensure_container("account", "container")
    return store


def allow(blob: Blob | None) -> None:
    """Forbid nothing."""
    del blob


def put(store: BlobStore, content: bytes, place: tuple[str, str, str] = PLACE) -> Blob:
    """Write a blob in one piece."""
    upload = store.new_upload(with_md5=True)
    try:
        upload.write([content[:1], content[1:]])
        return store.put(place, upload, Content(), {"a": "b"}, allow)
    finally:
        upload.discard()


def stage(store: BlobStore, block_id: str, content: bytes) -> None:
    """Stage a block."""
    upload = store.new_upload(with_md5=False)
    try:
        upload.write([content])
        store.stage(PLACE, block_id, upload)
    finally:
        upload.discard()


def commit(store: BlobStore, *choices: Choice) -> Blob:
    """Commit blocks."""
    return store.commit_blocks(PLACE, choices, Content(), {}, allow)


def content_of(store: BlobStore, place: tuple[str, str, str] = PLACE) -> bytes | None:
    """Return the bytes of a blob."""
    blob = store.find(*place)
    return store.data_of(*place[:2], blob).read_bytes() if blob is not None else None


def all_files(folder: Path) -> list[Path]:
    """Return the files under a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_blob_lasts(tmp_path: Path) -> None:
    """It is there after a restart, with its stamp, its description and its bytes."""
    written = put(open_store(tmp_path), b"hello")
    store = open_store(tmp_path)
    assert store.find(*PLACE) == written
    assert (written.modified, written.size) == (int(NOW), 5)
    assert content_of(store) == b"hello"
    assert store.find("account", "other", "x") is store.find("other", "container", "x") is None


def test_stamps_differ(tmp_path: Path) -> None:
    """At one moment, after a restart, and when the clock goes back."""
    etags = [put(open_store(tmp_path), b"1").etag for _ in range(3)]
    etags.append(put(open_store(tmp_path, NOW - 1000), b"2").etag)
    assert len(set(etags)) == 4


def test_a_written_over_blob_can_be_read_to_its_end(tmp_path: Path) -> None:
    """Who has it open keeps it, while its file is gone; no file is left over."""
    store = open_store(tmp_path)
    created = put(store, b"old").created
    with store.data_of("account", "container", put(store, b"older")).open("rb") as reader:
        assert put(store, b"new").created == created
        assert reader.read() == b"older"
    assert content_of(store) == b"new"
    assert len(all_files(tmp_path)) == 3
    store.delete(PLACE, allow)
    assert store.find(*PLACE) is None
    assert len(all_files(tmp_path)) == 1


def test_blocks_become_a_blob(tmp_path: Path) -> None:
    """New ones, those of the blob as it is, and the newest of both, in any order."""
    store = open_store(tmp_path)
    for block_id, content in (("AAAA", b"1"), ("AAAB", b"22"), ("AAAC", b"333"), ("AAAA", b"4444")):
        stage(store, block_id, content)
    first = commit(store, ("Latest", "AAAB"), ("Uncommitted", "AAAA"), ("Latest", "AAAB"))
    assert content_of(store) == b"22444422"
    assert [(block.id, block.size) for block in first.blocks] == [
        ("AAAB", 2),
        ("AAAA", 4),
        ("AAAB", 2),
    ]
    stage(store, "AAAA", b"new")
    commit(store, ("Committed", "AAAA"), ("Latest", "AAAA"), ("Committed", "AAAB"))
    assert content_of(store) == b"4444new22"
    with pytest.raises(Refusal, match="InvalidBlockList"):
        commit(store, ("Latest", "AAAC"))
    assert commit(store).size == 0
    assert content_of(store) == b""


def test_one_block_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It becomes the blob as it lies there; where it cannot, it is copied."""
    store = open_store(tmp_path)
    stage(store, "AAAA", b"only")
    commit(store, ("Latest", "AAAA"))
    commit(store, ("Committed", "AAAA"))
    assert content_of(store) == b"only"
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    stage(store, "AAAA", b"copied")
    commit(store, ("Latest", "AAAA"))
    assert content_of(store) == b"copied"


def test_blocks_are_joined_without_help_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where files cannot be copied by the kernel, they are read and written."""
    monkeypatch.setattr(os, "copy_file_range", failing(errno.EXDEV), raising=False)
    store = open_store(tmp_path)
    stage(store, "AAAA", b"1" * 3_000_000)
    stage(store, "AAAB", b"22")
    commit(store, ("Latest", "AAAB"), ("Latest", "AAAA"), ("Latest", "AAAB"))
    assert content_of(store) == b"22" + b"1" * 3_000_000 + b"22"


def failing(number: int) -> Callable[..., None]:
    """Return a function that fails as the system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_blocks_wait(tmp_path: Path) -> None:
    """Over a restart, for a week; then they are gone, and so is their folder."""
    stage(open_store(tmp_path), "AAAA", b"1")
    store = open_store(tmp_path)
    staged = store.container("account", "container").staged[PLACE[2]]
    assert staged.sizes == {"AAAA": 1}
    commit(store, ("Latest", "AAAA"))
    stage(store, "AAAB", b"2")
    block = store.container("account", "container").files.block(PLACE[2], "AAAB")
    os.utime(block, (time.time() - 8 * 24 * 3600,) * 2)
    assert open_store(tmp_path).container("account", "container").staged == {}
    assert content_of(open_store(tmp_path)) == b"1"
    assert not block.parent.exists()


def test_ids_of_one_blob_have_one_length(tmp_path: Path) -> None:
    """As Azure asks for."""
    store = open_store(tmp_path)
    stage(store, "AAAA", b"1")
    with pytest.raises(Refusal, match="InvalidBlobOrBlock"):
        stage(store, "AAAAAAAA", b"1")


class Mortal:
    """Lets the process end when files are moved, removed or written for the n-th time."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def at(self, method: Callable[..., object]) -> Callable[..., object]:
        """Count a method among the steps."""

        def step(*given: object, **named: object) -> object:
            self.left -= 1
            if not self.left:
                raise Killed
            return method(*given, **named)

        return step


def put_until_killed(store: BlobStore) -> None:
    """Write a blob; nothing is cleaned up by whoever is killed, but for what Python asks."""
    upload = store.new_upload(with_md5=False)
    try:
        upload.write([b"newnew"])
        store.put(PLACE, upload, Content(), {}, allow)
    finally:
        upload._file.close()


def commit_until_killed(store: BlobStore) -> None:
    """Put a blob together."""
    commit(store, ("Latest", "AAAA"), ("Latest", "AAAB"))


@pytest.mark.parametrize("steps", range(1, 8))
@pytest.mark.parametrize("act", [put_until_killed, commit_until_killed])
def test_a_kill_at_any_step_leaves_the_old_blob_or_the_new(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
    act: Callable[[BlobStore], None],
) -> None:
    """Whatever was being done: never half a blob, never none, nothing left over."""
    store = open_store(tmp_path)
    put(store, b"old")
    for block_id in ("AAAA", "AAAB"):
        stage(store, block_id, b"new")
    mortal = Mortal(steps)
    acknowledged = False
    with monkeypatch.context() as patched, suppress(Killed):
        for name in ("replace", "rename", "unlink", "write_bytes"):
            patched.setattr(Path, name, mortal.at(getattr(Path, name)))
        act(store)
        acknowledged = True
    store = open_store(tmp_path)
    content = content_of(store)
    assert content in ({b"newnew"} if acknowledged else {b"old", b"newnew"})
    staged = store.container("account", "container").staged
    assert bool(staged) == (content == b"old"), "blocks are kept until they are a blob"
    record_and_data, record_of_container, blocks = 2, 1, 3 if staged else 0
    assert len(all_files(tmp_path)) == record_and_data + record_of_container + blocks


def test_what_was_being_written_is_removed_at_start(tmp_path: Path) -> None:
    """Uploads, data without a record, folders that were being removed."""
    store = open_store(tmp_path)
    put(store, b"kept")
    upload = store.new_upload(with_md5=False)
    upload.write([b"half"])
    upload._file.close()
    (store.container("account", "container").files.data / "orphan").write_bytes(b"x")
    (tmp_path / "discarded" / "x").mkdir()
    assert content_of(open_store(tmp_path)) == b"kept"
    assert len(all_files(tmp_path)) == 3


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff", b'{"name":"other"}', None])
def test_a_record_that_cannot_be_read_is_set_aside(
    tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, its data is left for who may repair it, all others are there."""
    store = open_store(tmp_path)
    put(store, b"1", ("account", "container", "sound"))
    blob = put(store, b"22")
    container = store.container("account", "container").files
    record = container.record_of(PLACE[2])
    if damage is None:
        damage = record.read_bytes().replace(b"dir/Blob", b"dir/Blub")
    record.write_bytes(damage)
    with caplog.at_level(logging.WARNING):
        store = open_store(tmp_path)
    assert "set aside" in caplog.text
    assert store.find(*PLACE) is None
    assert content_of(store, ("account", "container", "sound")) == b"1"
    assert (container.data / blob.data).read_bytes() == b"22"
    assert content_of(open_store(tmp_path), ("account", "container", "sound")) == b"1"


def test_a_blob_whose_data_was_cut_is_set_aside(tmp_path: Path) -> None:
    """A record speaks of bytes that are there whole, or of none."""
    store = open_store(tmp_path)
    blob = put(store, b"123")
    store.data_of("account", "container", blob).write_bytes(b"12")
    assert open_store(tmp_path).find(*PLACE) is None


def test_damaged_containers_and_blocks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A container keeps its blobs without its record; blocks without theirs are removed."""
    store = open_store(tmp_path)
    put(store, b"1")
    stage(store, "AAAA", b"1")
    container = store.container("account", "container").files
    container.record.write_bytes(b"{")
    (container.blocks_of(PLACE[2]) / files.STAGED_RECORD).write_bytes(b"{")
    with caplog.at_level(logging.WARNING):
        store = open_store(tmp_path)
    assert content_of(store) == b"1"
    assert store.container("account", "container").staged == {}
    assert "blocks are removed" in caplog.text
    store.change_container("account", "container", {"a": "b"})
    assert open_store(tmp_path).container("account", "container").record.metadata == {"a": "b"}


def test_containers(tmp_path: Path) -> None:
    """Made once, described, removed with all that is in them."""
    store = open_store(tmp_path)
    with pytest.raises(Refusal, match="ContainerAlreadyExists"):
        store.create_container("account", "container", {})
    store.ensure_container("account", "container")
    store.ensure_container("account", "another")
    put(store, b"1")
    assert [container.name for container in store.containers("account")] == ["another", "container"]
    assert store.has_container("account", "container")
    store.delete_container("account", "container")
    assert not store.has_container("account", "container")
    attempts: list[Callable[[], object]] = [
        lambda: store.delete_container("account", "container"),
        lambda: store.change_container("account", "container", {}),
        lambda: stage(store, "AAAA", b"1"),
        lambda: put(store, b"1"),
        lambda: commit(store),
    ]
    for act in attempts:
        with pytest.raises(Refusal, match="ContainerNotFound"):
            act()
    assert not BlobStore(tmp_path, lambda: NOW).has_container("account", "container")


def test_clear_removes_everything(tmp_path: Path) -> None:
    """Containers, blobs, blocks; the store goes on."""
    store = open_store(tmp_path)
    put(store, b"1")
    stage(store, "AAAA", b"1")
    store.clear()
    assert not store.has_container("account", "container")
    assert all_files(tmp_path) == []
    store.ensure_container("account", "container")
    assert put(store, b"2").size == 1


def test_changes(tmp_path: Path) -> None:
    """What is recorded of a blob changes with its stamp; a blob that is not there has nothing."""
    store = open_store(tmp_path)
    before = put(store, b"1")
    after = store.change(PLACE, allow, lambda blob: blob)
    assert after.etag != before.etag
    assert open_store(tmp_path).find(*PLACE) == after
    store.delete(PLACE, allow)
    for act in (
        lambda: store.change(PLACE, allow, lambda b: b),
        lambda: store.delete(PLACE, allow),
    ):
        with pytest.raises(Refusal, match="BlobNotFound"):
            act()


@pytest.mark.parametrize("method", ["replace", "write_bytes"])
def test_a_full_disk_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """What cannot be recorded is not there, and leaves no file."""
    store = open_store(tmp_path)
    put(store, b"old")
    stage(store, "AAAA", b"1")
    before = all_files(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, method, failing(errno.ENOSPC))
        with pytest.raises(OSError, match="No space"):
            put(store, b"new")
        with pytest.raises(OSError, match="No space"):
            commit(store, ("Latest", "AAAA"))
    assert content_of(store) == b"old"
    assert sorted(all_files(tmp_path)) == sorted(before)
    assert put(store, b"new").size == 3


def test_of_two_writers_with_one_condition_one_wins(tmp_path: Path) -> None:
    """The condition is judged at the moment of the change."""
    store = open_store(tmp_path)
    outcomes: list[str] = []

    def only_new(blob: Blob | None) -> None:
        if blob is not None:
            raise Refusal("BlobAlreadyExists")

    def write() -> None:
        upload = store.new_upload(with_md5=False)
        try:
            store.put(PLACE, upload, Content(), {}, only_new)
            outcomes.append("written")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            upload.discard()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["BlobAlreadyExists"] * 7 + ["written"]


def test_a_container_made_anew_takes_no_late_blob(tmp_path: Path) -> None:
    """What was begun in the old one is refused, also while blocks are being joined."""
    store = open_store(tmp_path)
    stage(store, "AAAA", b"1")
    stage(store, "AAAB", b"2")

    def replace_container(blob: Blob | None) -> None:
        del blob
        store.delete_container("account", "container")

    with pytest.raises(Refusal, match="ContainerNotFound"):
        store.commit_blocks(
            PLACE, [("Latest", "AAAA"), ("Latest", "AAAB")], Content(), {}, replace_container
        )
    store.ensure_container("account", "container")
    assert store.find(*PLACE) is None


def test_names_in_order(tmp_path: Path) -> None:
    """A list goes by name, from any place on, and sees what was added and removed."""
    store = open_store(tmp_path)
    container = store.container("account", "container")
    for name in ("c", "a", "b"):
        put(store, b"1", ("account", "container", name))
    assert list(container.names_from("")) == ["a", "b", "c"]
    stage(store, "AAAA", b"1")
    assert list(container.names_from("b")) == ["b", "c", PLACE[2]]
    store.delete(("account", "container", "c"), allow)
    assert list(container.names_from("b")) == ["b", PLACE[2]]


def test_what_is_not_ours_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    """A file where folders are expected does no harm."""
    put(open_store(tmp_path), b"1")
    for folder in (tmp_path / "accounts", tmp_path / "accounts" / "n-account"):
        (folder / ".DS_Store").write_bytes(b"x")
    store = open_store(tmp_path)
    assert content_of(store) == b"1"
    assert [container.name for container in store.containers("account")] == ["container"]


def test_a_folder_of_blocks_that_was_left_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If blocks could not be removed after a commit, the next ones are not mixed with them."""
    store = open_store(tmp_path)
    stage(store, "AAAA", b"1")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", failing(errno.EIO))
        with pytest.raises(OSError, match="error"):
            commit(store, ("Latest", "AAAA"))
    assert content_of(store) == b"1"
    stage(store, "AAAB", b"2")
    assert open_store(tmp_path).container("account", "container").staged[PLACE[2]].sizes == {
        "AAAB": 1
    }

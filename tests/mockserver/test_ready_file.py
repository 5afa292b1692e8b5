"""Does the ready file appear whole, or not at all?"""

import json
import stat
from pathlib import Path

import pytest

from mockserver.ready_file import Ready, write_ready_file

READY: Ready = {
    "pid": 1,
    "services": {
        "url": "http://127.0.0.1:1",
        "workspace": "w",
        "service": "s",
        "primary_key": "p",
        "secondary_key": "q",
    },
}


def test_the_file_holds_the_addresses_for_its_owner(tmp_path: Path) -> None:
    """It is JSON, replaces an older one, is private, and leaves nothing beside it."""
    path = tmp_path / "ready.json"
    path.write_text("old")
    write_ready_file(path, READY)
    assert json.loads(path.read_text()) == READY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    """If the file cannot take its place, the temporary one goes too."""
    path = tmp_path / "ready.json"
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r".*"):
        write_ready_file(path, READY)
    assert list(tmp_path.iterdir()) == [path]

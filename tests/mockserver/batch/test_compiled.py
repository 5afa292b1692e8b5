"""Does everything work where what is compiled cannot be kept?"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.batch import compiled, prepare

TOP = Path(__file__).parents[3]


def test_no_folder_for_the_cache_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numba finds no folder to write to, functions are compiled for this process."""
    calls: list[dict[str, bool]] = []

    def refusing(**options: bool) -> object:
        calls.append(options)
        if "cache" in options:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", refusing)
    assert compiled.compiled(abs)(-1) == 1
    assert calls == [{"cache": True, "nogil": True}, {"nogil": True}]


def test_a_full_disk_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that was compiled and could not be kept is used all the same."""
    calls = 0

    def full(*_: object) -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise OSError("No space left on device")
        return 0

    monkeypatch.setattr(prepare, "open_quote", full)
    prepare.prepare()
    assert calls == 2


@pytest.mark.slow
def test_a_read_only_installation_scores(tmp_path: Path) -> None:
    """A package in a folder that cannot be written to, of a user without a home, works."""
    shutil.copytree(TOP / "mockserver", tmp_path / "mockserver", ignore=_without_caches)
    # A file in its place keeps numba, even root's, from making the folder.
    for folder in (tmp_path / "mockserver" / "batch", tmp_path):
        (folder / "__pycache__").write_text("")
    program = (
        "from mockserver.batch.hash_kernel import count_column; import numpy as np;"
        "counts = count_column(np.array([0, 3]), np.frombuffer(b'a 1', np.uint8), 1, 1);"
        "print(int(counts.sum()))"
    )
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "COV_", "COVERAGE_"))
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=kept | {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"},
    )
    assert done.stdout.split() == ["2"]


def _without_caches(folder: str, names: list[str]) -> list[str]:
    del folder
    return [name for name in names if name == "__pycache__"]

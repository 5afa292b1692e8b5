"""Are the kernels compiled by another process on a machine's first job, and only then?"""

import json
import os
from pathlib import Path

import pytest

from mockserver.batch import first_time


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that the other process writes its id to, in place of compiling."""
    file = tmp_path / "told"
    command = (
        f"import os, pathlib; pathlib.Path({json.dumps(str(file))}).write_text(str(os.getpid()))"
    )
    monkeypatch.setattr(first_time, "_COMMAND", command)
    monkeypatch.setattr(first_time, "_KEPT", tmp_path / "__pycache__")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    return file


def test_another_process_compiles_what_never_was(told: Path) -> None:
    """It has ended when the call returns."""
    first_time.compile_first()
    other = int(told.read_text())
    assert other != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)


def test_what_is_kept_is_not_compiled_again(told: Path) -> None:
    """One index of numba's is enough: the rest is compiled by whoever needs it."""
    kept = told.with_name("__pycache__")
    kept.mkdir()
    (kept / "hash_kernel.count-1.py311.nbi").touch()
    first_time.compile_first()
    assert not told.exists()


def test_another_place_is_left_to_numba(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a folder of his own for compiled code does not pay for a look at each start."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(told.parent))
    first_time.compile_first()
    assert not told.exists()


def test_the_command_compiles_for_real() -> None:
    """What the other process is told to run can be run."""
    compile(first_time._COMMAND, "command", "exec")
    exec(first_time._COMMAND, {})
    assert any(first_time._KEPT.glob("*.nbi")) or not os.access(first_time._KEPT.parent, os.W_OK)

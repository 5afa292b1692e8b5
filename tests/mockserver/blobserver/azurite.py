"""How is Azurite started for a test, and stopped?"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TOP = Path(__file__).parents[3]
_PROGRAM = TOP / ".azurite/node_modules/azurite/dist/src/blob/main.js"
_ATTEMPTS = 200


class AzuriteNotInstalled(Exception):
    """The storage tests cannot run; `make azurite` installs what they need."""


@contextmanager
def running_azurite() -> Iterator[str]:
    """Run Azurite's blob service on a free port, in memory; yield its URL."""
    beside_python = str(Path(sys.executable).parent)
    node = shutil.which("node", path=f"{beside_python}{os.pathsep}{os.environ.get('PATH', '')}")
    if node is None or not _PROGRAM.is_file():
        raise AzuriteNotInstalled("make azurite")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--silent", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck"]
    process = subprocess.Popen(
        [node, str(_PROGRAM), "--blobPort", str(port), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(_ATTEMPTS):
        assert process.poll() is None, "Azurite ended at once"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("Azurite does not listen")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask once, then insist: Azurite waits for idle connections. Node may be the child of ours."""
    os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)

"""How does a test start a server as a process of its own, and see that nothing of it is left?"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

COMMAND = (sys.executable, "-m", "mockserver")
PATIENCE = 60
"""Seconds after which a test gives up on what must come."""

_MARK = "MOCKSERVER_TEST_MARK"


def wait_for(condition: Callable[[], bool], what: str, every: float = 0.02) -> None:
    """Return once the condition holds; fail the test if it never does. `every`: seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(every)


class Server:
    """`mockserver serve` on free ports.

    Its environment carries a mark that all of its descendants inherit, whoever their parent is.
    """

    def __init__(self, folder: Path, arguments: Sequence[str] = (), **options: Any) -> None:
        self._mark = uuid4().hex
        self._ready_file = folder / "ready.json"
        self._ready_file.unlink(missing_ok=True)
        self.log = folder / "log.txt"
        ports = ("--services-port", "0", "--storage-port", "0", "--gateway-port", "0")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", *ports, "--ready-file", str(self._ready_file), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                env={**os.environ, _MARK: self._mark},
                **options,
            )

    def ready(self) -> Any:
        """Wait for the ready file; return what it holds."""

        def is_there() -> bool:
            assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
            return self._ready_file.exists()

        wait_for(is_there, "the server is ready")
        return json.loads(self._ready_file.read_bytes())

    def children(self) -> list[psutil.Process]:
        """Return the processes that the server has started and that still run."""
        return [one for one in psutil.process_iter() if self._has_started(one)]

    def _has_started(self, process: psutil.Process) -> bool:
        try:
            # A process that has ended and waits for its parent has no environment any more.
            return process.pid != self.process.pid and process.environ().get(_MARK) == self._mark
        except (psutil.Error, OSError):
            return False

    def kill(self) -> None:
        """Kill the server alone, as the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Stop the server as Ctrl-C does; return its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """End whatever still runs: in peace, so that no temporary folder stays, else by force."""
        if self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
        for child in self.children():
            with suppress(psutil.Error):
                child.kill()


@contextmanager
def served(folder: Path, *arguments: str, **options: Any) -> Iterator[Server]:
    """Serve for the length of a block. `options` are those of `subprocess.Popen`."""
    server = Server(folder, arguments, **options)
    try:
        yield server
    finally:
        server.end()

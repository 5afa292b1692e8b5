"""How is a server started, asked, weighed and stopped?

Only processes started here are ended, and all of them are; every connection stays on 127.0.0.1.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.calls import Call

HERE = Path(__file__).parent
START_SECONDS = 60
_MEGABYTE = 1 << 20


class NotUsable(Exception):
    """A server did not come up, or does not answer 200 to the call."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a server is told at its start: a free port, and a file to name its own in."""

    port: int
    ready_file: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A server that can be started any number of times."""

    name: str
    command: Callable[[Place], list[str]]
    has_ready_file: bool = False
    warm_seconds: int = 1
    """How long it must be under load before it is as fast as it gets."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started server; `seconds` from the start of its process to its first 200."""

    process: psutil.Process
    port: int
    seconds: float

    def memory(self) -> float:
        """Return the resident memory of the process and its children, in MB."""
        return self._sum(lambda process: process.memory_info().rss) / _MEGABYTE

    def cpu(self) -> float:
        """Return the CPU time that it has taken so far, in seconds."""
        return self._sum(lambda process: sum(process.cpu_times()[:2]))

    def _sum(self, what: Callable[[psutil.Process], float]) -> float:
        try:
            return sum(what(process) for process in _family(self.process))
        except psutil.NoSuchProcess as error:
            raise NotUsable("it, or a child of it, ended while it was measured") from error


def bare(size: int) -> Server:
    """Return the server that does nothing: the upper bound."""
    return Server(
        "bare", lambda at: [sys.executable, str(HERE / "bare.py"), str(at.port), f"{size}"]
    )


def mockserver(name: str = "mockserver", config: Path | None = None) -> Server:
    """Return mockserver as a user starts it."""
    program = str(Path(sys.executable).with_name("mockserver"))
    chosen = ["--config", str(config)] if config else []

    def command(at: Place) -> list[str]:
        ready = ["--ready-file", str(at.ready_file)]
        return [
            program,
            "serve",
            *chosen,
            "--services-port",
            "0",
            "--storage-port",
            "0",
            "--gateway-port",
            "0",
            *ready,
        ]

    return Server(name, command, has_ready_file=True)


@contextmanager
def running(server: Server, call: Call, folder: Path) -> Iterator[Running]:
    """Start a server, wait until it answers `call`, and stop it. Logs go to `folder`."""
    place = Place(_free_port(), folder / "ready.json")
    place.ready_file.unlink(missing_ok=True)
    # The settings of whoever runs this must not change what is measured.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MOCKSERVER_")}
    with log_of(server, folder).open("wb") as stderr:
        begun = time.perf_counter()
        process = subprocess.Popen(
            server.command(place),
            env=environment | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
        try:
            port = _await_first_200(server, process, place, call)
            seconds = time.perf_counter() - begun
            yield Running(psutil.Process(process.pid), port, seconds)
        finally:
            _stop(process)


def log_of(server: Server, folder: Path) -> Path:
    """Return the file with what the server wrote to standard error since its last start."""
    return folder / f"{server.name}.log"


def ask(port: int, call: Call) -> int:
    """Send one call; return how long the answer is. Raises NotUsable if it is not a 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {call.key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", call.path, call.body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise NotUsable(f"does not answer: {type(error).__name__}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise NotUsable(f"answers {answer.status}: {content[:300].decode(errors='replace')}")
    return len(content)


def _await_first_200(
    server: Server, process: subprocess.Popen[bytes], place: Place, call: Call
) -> int:
    """Ask again and again; return the port."""
    deadline = time.perf_counter() + START_SECONDS
    problem = ""
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise NotUsable(f"ended with exit code {process.returncode}")
        try:
            port = _port_of(server, place)
            ask(port, call)
        except (OSError, NotUsable) as error:
            problem = str(error)
            time.sleep(0.004)
        else:
            return port
    raise NotUsable(f"no 200 within {START_SECONDS} s: {problem}")


def _port_of(server: Server, place: Place) -> int:
    if not server.has_ready_file:
        return place.port
    url: str = json.loads(place.ready_file.read_bytes())["services"]["url"]
    return int(url.rpartition(":")[2])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server and its children, politely at first."""
    try:
        family = _family(psutil.Process(process.pid))
    except psutil.NoSuchProcess:
        family = []
    for end in (psutil.Process.terminate, psutil.Process.kill):
        for member in family:
            try:
                end(member)
            except psutil.NoSuchProcess:
                continue
        family = psutil.wait_procs(family, timeout=5)[1]
    process.wait()

"""How fast is a job over HTTP, and how much memory does the emulator take for it?"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from azure.storage.blob import BlobServiceClient

from bench.servers import NotUsable

_START_SECONDS = 60
_JOB_SECONDS = 900
_POLL_SECONDS = 0.02
_CONTAINER = "demo"


class Emulator:
    """A running `mockserver serve`, and how it is asked."""

    def __init__(self, process: psutil.Process, ready: dict[str, Any]) -> None:
        self.process, self._ready = process, ready
        services = ready["services"]
        path = f"/workspaces/{services['workspace']}/services/{services['service']}/jobs"
        self._jobs = services["url"] + path
        self.call("PUT", f"{ready['admin']['url']}/services/{services['service']}", IMMEDIATE)

    def call(self, method: str, url: str, body: object = None) -> Any:
        """Send JSON; return the JSON of the answer, None if it is empty."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self._ready['services']['primary_key']}",
            "Content-Type": "application/json",
        }
        request = urllib.request.Request(url, data or None, headers, method=method)
        with urllib.request.urlopen(request, timeout=_START_SECONDS) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def upload(self, file: Path) -> float:
        """Put a file into storage; return the seconds it took."""
        begun = time.perf_counter()
        with (
            BlobServiceClient.from_connection_string(self._connection) as storage,
            file.open("rb") as stream,
        ):
            storage.get_blob_client(_CONTAINER, file.name).upload_blob(stream, overwrite=True)
        return time.perf_counter() - begun

    @property
    def _connection(self) -> str:
        return str(self._ready["storage"]["connection_string"])

    def submit(self, file: Path) -> str:
        """Submit a job over an uploaded file; return its id."""
        reference = {"ConnectionString": self._connection}
        body = {
            "Input": reference | {"RelativeLocation": f"{_CONTAINER}/{file.name}"},
            "Outputs": {"output1": reference | {"RelativeLocation": f"{_CONTAINER}/out.csv"}},
            "GlobalParameters": {},
        }
        return str(self.call("POST", f"{self._jobs}?api-version=2.0", body))

    def score(self, file: Path) -> float:
        """Have an uploaded file scored; return the seconds from submission to Finished."""
        begun = time.perf_counter()
        job = self.submit(file)
        self.call("POST", f"{self._jobs}/{job}/start?api-version=2.0")
        while time.perf_counter() - begun < _JOB_SECONDS:
            status = self.call("GET", f"{self._jobs}/{job}?api-version=2.0")
            if status["StatusCode"] == "Finished":
                return time.perf_counter() - begun
            if status["StatusCode"] in ("Failed", "Cancelled"):
                raise NotUsable(f"the job is {status['StatusCode']}: {status['Details']}")
            time.sleep(_POLL_SECONDS)
        raise NotUsable(f"the job took more than {_JOB_SECONDS} s")

    def submissions(self, file: Path, seconds: float) -> float:
        """Submit jobs one after the other, each over a connection of its own; return how many/s."""
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            self.submit(file)
            count += 1
        return count / (time.perf_counter() - begun)

    def memory(self) -> float:
        """Return the resident memory of the process and its children, in MB."""
        total = 0
        for process in (self.process, *self.process.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total / (1 << 20)


IMMEDIATE = {"timing": "immediate"}


@contextmanager
def serving(folder: Path) -> Iterator[Emulator]:
    """Start an emulator whose state lives in `folder`; stop it."""
    program = str(Path(sys.executable).with_name("mockserver"))
    ready_file, data = folder / "ready.json", folder / "data"
    ready_file.unlink(missing_ok=True)
    data.mkdir()
    ports = ["--services-port", "0", "--storage-port", "0", "--gateway-port", "0"]
    place = ["--data-dir", str(data), "--ready-file", str(ready_file)]
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("MOCKSERVER_", "PYTHON"))
    }
    with (folder / "mockserver.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "serve", *ports, *place],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        yield Emulator(psutil.Process(process.pid), _ready(process, ready_file))
    finally:
        process.terminate()
        process.wait(30)


def _ready(process: subprocess.Popen[bytes], file: Path) -> dict[str, Any]:
    deadline = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < deadline and process.poll() is None:
        if file.exists():
            return dict(json.loads(file.read_bytes()))
        time.sleep(0.02)
    raise NotUsable("mockserver did not start")


@contextmanager
def watched(emulator: Emulator) -> Iterator[list[float]]:
    """Watch the memory; the list holds the greatest so far, in MB."""
    peak, stop = [emulator.memory()], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            peak[0] = max(peak[0], emulator.memory())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()

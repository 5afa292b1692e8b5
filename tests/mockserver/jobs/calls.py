"""How do the tests of the runner call the unruly world, and hold up what it wants of a storage?"""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override

from mockserver.development_account import DEVELOPMENT_KEY
from tests.end_to_end.batch import VERSION, Batch
from tests.mockserver.jobs.world import KEY, endpoint_of, jobs_of

NOON = "2026-11-23T12:00:00.000000Z"
PATIENCE = 60


class Client:
    """Calls to the endpoints of the unruly world."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        batch.put("demo/in.csv", b"Text\r\none\r\n")

    def call(self, verb: str, path: str = "", function: str = "copy", **more: Any) -> Any:
        reply = self.batch.http.request(
            verb,
            f"{jobs_of(self.batch.ready, function)}{path}",
            params=VERSION,
            headers={"Authorization": f"Bearer {KEY}"},
            **more,
        )
        assert reply.status_code == 200, reply.text
        return reply.json() if reply.content else None

    def submit(self, target: str = "demo/out.csv", function: str = "copy", **more: Any) -> str:
        output = more or self.batch.reference(target)
        body = {"Input": self.batch.reference("demo/in.csv"), "Output": output}
        return str(self.call("POST", "", function, json=body))

    def start(self, job: str, function: str = "copy") -> None:
        self.call("POST", f"/{job}/start", function)

    def run(self, target: str = "demo/out.csv", function: str = "copy", **more: Any) -> str:
        job = self.submit(target, function, **more)
        self.start(job, function)
        return job

    def poll(self, job: str, function: str = "copy") -> Any:
        return self.call("GET", f"/{job}", function)

    def state(self, job: str, function: str = "copy") -> str:
        return str(self.poll(job, function)["StatusCode"])

    def script(self, function: str = "copy", **changes: Any) -> None:
        self.batch.admin("PUT", f"/services/{endpoint_of(function)}", changes)

    def seconds(self, job: str) -> tuple[float | None, float | None]:
        """Return when a job began and ended, in seconds after noon."""
        told = self.batch.history(job)
        return seconds_after_noon(told["begun"]), seconds_after_noon(told["ended"])


def seconds_after_noon(moment: str | None) -> float | None:
    if moment is None:
        return None
    hours, minutes, seconds = moment.removesuffix("Z").partition("T")[2].split(":")
    return (int(hours) - 12) * 3600 + int(minutes) * 60 + float(seconds)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class GatedStorage:
    """Another storage, that takes everything, and holds commits back until its gate is open."""

    def __init__(self) -> None:
        self.gate, self.asked = threading.Event(), threading.Event()
        self.commits = 0
        self.status = 201
        gated = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if "comp=blocklist" in self.path:
                    gated.commits += 1
                    gated.asked.set()
                    assert gated.gate.wait(PATIENCE)
                    self.send_response(gated.status)
                else:
                    self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.reference = {
            "ConnectionString": f"AccountName=foreign;AccountKey={DEVELOPMENT_KEY};"
            f"BlobEndpoint=http://{self.host}/foreign",
            "RelativeLocation": "demo/out.csv",
        }

    def close_gate(self, status: int = 201) -> None:
        self.status, self.commits = status, 0
        self.gate.clear()
        self.asked.clear()

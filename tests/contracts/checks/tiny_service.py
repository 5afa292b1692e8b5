"""What is the smallest service that a check can be held against, and that can be broken one way?

It takes one column of text and gives it back. A subclass of its handler is a broken service.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from typing_extensions import override

from contracts.catalogue import all_checks
from contracts.run import Plan, Run, judge_target
from contracts.service import Service
from contracts.target import Target
from tests.contracts.threads import Threads, running

KEY, OTHER_KEY = "aBcDeFgHiJkLmNoP==", "oThErKeYoThErKeY=="
SAMPLE = {"Inputs": {"input1": {"ColumnNames": ["Text"], "Values": [["a word"]]}}}
ECHO = Service({"input1": {"Text": "string"}}, SAMPLE, ("output1",), {"output1": ("Text",)})
"""What is known of the service: nobody has to ask it."""

Rows = list[list[Any]]
Verdict = tuple[set[str], list[str], dict[str, str]]
"""Why a check was skipped, what it found, and what went wrong with it."""


class TinyService(BaseHTTPRequestHandler):
    """Keeps every promise; each method is a place where it may be broken."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Score, or refuse."""
        if self.is_allowed() and self.path.partition("?")[0].endswith("/execute"):
            self.execute()
        else:
            self.read()
            self.refuse(404 if self.is_allowed() else 401)

    def do_GET(self) -> None:
        """Show the document of the service, or refuse."""
        if self.path.partition("?")[0].endswith("/swagger.json") and self.is_open():
            self.send(200, {"swagger": "2.0"})
        else:
            self.refuse(404 if self.is_allowed() else 401)

    def do_DELETE(self) -> None:
        """Know no job."""
        self.do_GET()

    def is_allowed(self) -> bool:
        """Whether the call has the key."""
        return (self.headers["Authorization"] or "") == f"Bearer {KEY}"

    def is_open(self) -> bool:
        """Whether the document may be read."""
        return True

    def execute(self) -> None:
        """Score the rows of the body."""
        try:
            rows = json.loads(self.read())["Inputs"]["input1"]["Values"]
        except ValueError:
            self.refuse(400)
        else:
            table = {"Values": self.scored(rows)}
            self.send(200, {"Results": {"output1": {"type": "table", "value": table}}})

    def scored(self, rows: Rows) -> Rows:
        """Return what comes of rows."""
        return rows

    def length(self) -> int:
        """Return how much body comes."""
        text = self.headers["Content-Length"] or "0"
        return int(text) if text.isdigit() else 0

    def read(self) -> bytes:
        """Return the body."""
        return self.rfile.read(self.length())

    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        """Send the envelope."""
        code = {401: "ScoreRequestUnauthorized", 503: "TooManyConcurrentRequests"}.get(status, "No")
        details = [{"code": code, "message": "No."}]
        self.send(status, {"error": {"code": "No", "message": "No.", "details": details}}, *more)

    def send(self, status: int, content: Any, *more: tuple[str, str]) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response_only(status)
        for name, value in (*more, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no HTTP, and close."""
        self.close_connection = True
        self.request_version = "HTTP/1.1"  # whatever it was, this is what we speak
        self.refuse(code)

    @property
    def threads(self) -> "Server":
        """The server that this handler works for."""
        assert isinstance(self.server, Server)
        return self.server

    def be_silent(self) -> None:
        """Do nothing for as long as the test goes on."""
        self.threads.is_over.wait(20)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Fragile(TinyService):
    """Serves nobody any more once it is hurt."""

    @override
    def execute(self) -> None:
        """Read, and close."""
        if self.threads.is_hurt:
            self.read()
            self.close_connection = True
        else:
            super().execute()


class Server(Threads):
    """Knows when a test is over, and whether it was hurt."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.is_over = threading.Event()
        """What a silent handler waits for."""
        self.is_hurt = False


class OneByOne(HTTPServer):
    """One connection after another."""

    timeout = 5

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no trouble."""


@contextmanager
def serving(handler: type[TinyService], server_type: type[HTTPServer] = Server) -> Iterator[Target]:
    """Serve; yield the target, with little patience and another service's key."""
    server = server_type(("127.0.0.1", 0), handler)
    with running(server) as url:
        try:
            yield Target(url, "a" * 32, "b" * 32, KEY, other_api_key=OTHER_KEY, timeout=2.0)
        finally:
            if isinstance(server, Server):
                server.is_over.set()


def outcome(target: Target, check: str, service: Service = ECHO) -> tuple[str, list[str]]:
    """Make one check against a target; return why it was skipped, and what it found."""
    with Run(target, Plan(only=(check,))) as run:
        run.session.service = service
        skipped, found = run.perform(all_checks()[check])
        assert run.report.trouble == {}
        return skipped, [finding.what for finding in found]


def at(handler: type[TinyService], check: str, **more: Any) -> tuple[str, list[str]]:
    """Make one check against a service of this kind."""
    with serving(handler) as target:
        return outcome(target, check, **more)


def of_emulator(target: Target, check: str) -> Verdict:
    """Make one check against an emulator."""
    report = judge_target(target, Plan(only=(check,)))
    tallies = report.findings.tallies.items()
    skipped = {tally.skipped for (name, _), tally in tallies if name == check and tally.skipped}
    return skipped, [f.what for f in report.findings.found.values()], report.trouble


KEPT: Verdict = (set(), [], {})
"""A check was made, and all was well."""

"""What if the service were written on Python's own http.server, by somebody with other habits?

Start and delete give 204, names of headers are in capitals or small letters, ids have no dashes,
errors have a target and other texts, a connection is closed after some calls, and each answer
takes some milliseconds. A job's state is worked out when somebody asks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import msgspec
from typing_extensions import override

from tests.contracts.conforming.blob_jobs import BlobJobs
from tests.contracts.conforming.hashed_rows import NAMES, Refused, as_read, scored
from tests.contracts.threads import Threads, running

WORKSPACE, SERVICE, KEY = "c0ffee" * 5 + "00", "facade" * 5 + "11", "plain/http+key=="
DELAY, CALLS_OF_A_CONNECTION, MOST_BYTES = 0.003, 25, 8 << 20
CLOCK = "/test/clock"
"""Where tests move the clock, as they do with the emulator's; no part of the service."""
VERBS = {"execute": "POST", "jobs": "POST", "swagger.json": "GET", "start": "POST"}
STATUSES = {"Unauthorized": 401, "NotFound": 404, "MethodNotAllowed": 405, "InternalError": 500}
TYPES = ["String", *["Double"] * 8]


@dataclass
class Answer:
    """What goes out."""

    status: int
    body: bytes = b""
    more: tuple[tuple[str, str], ...] = ()


class Service:
    """The hashing service, whatever carries its calls."""

    def __init__(self, storage: str) -> None:
        self.jobs = BlobJobs(storage)

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        """Answer one call."""
        if target.startswith(CLOCK):
            self.jobs.moved += msgspec.json.decode(body or b"{}").get("seconds", 0)
            return _json(200, {"mode": "system", "now": 0})
        try:
            return self._routed(method, target, headers, body)
        except Refused as refused:
            return _error(refused)

    def _routed(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        url = urlsplit(target)
        match url.path.split("/"):
            case ["", "workspaces", workspace, "services", service, *rest]:
                pass
            case _:
                raise Refused("NotFound", "ResourceNotFound", "path")
        name, job = _operation(rest)
        allowed = {"job": ("GET", "DELETE")}.get(name, (VERBS.get(name, ""),))
        if method not in allowed:
            raise Refused(
                "MethodNotAllowed", "MethodNotAllowed", "method", allow=", ".join(allowed)
            )
        if workspace != WORKSPACE:
            raise Refused("NotFound", "WorkspaceNotFound", "workspace")
        if service != SERVICE:
            raise Refused("NotFound", "WebServiceIdNotFoundInWorkspace", "service")
        if name != "swagger.json":
            _check_key(headers.get("authorization") or "")
        query = parse_qs(url.query, keep_blank_values=True)
        _check_version(query, optional=name == "swagger.json" or method == "DELETE")
        if name == "swagger.json":
            return _json(200, _described(headers.get("host") or "localhost"))
        if name == "execute":
            return _executed(query, body)
        return self._about_job(method, name, job, body)

    def _about_job(self, method: str, name: str, job: str, body: bytes) -> Answer:
        if name == "jobs":
            return _json(200, self.jobs.submit(_object(body)))
        if name == "start":
            self.jobs.start(job)
            return Answer(204)
        if method == "DELETE":
            self.jobs.cancel(job)
            return Answer(204)
        return _json(200, self.jobs.status(job))


def _operation(rest: list[str]) -> tuple[str, str]:
    match rest:
        case ["execute" | "jobs" | "swagger.json" as name]:
            return name, ""
        case ["jobs", job] if job:
            return "job", job
        case ["jobs", job, "start"] if job:
            return "start", job
        case _:
            raise Refused("NotFound", "ResourceNotFound", "path")


def _check_key(authorization: str) -> None:
    words = authorization.split()
    if len(words) != 2 or words[0].lower() != "bearer" or words[1] != KEY:
        raise Refused("Unauthorized", "ScoreRequestUnauthorized", "Authorization")


def _check_version(query: dict[str, list[str]], *, optional: bool) -> None:
    if "api-version" not in query and optional:
        return
    if set(query.get("api-version", ())) != {"2.0"}:
        raise Refused("BadArgument", "BadVersionCall", "api-version")


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", "body")
    parameters = content.get("GlobalParameters")
    if parameters is not None and not isinstance(parameters, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", "GlobalParameters")
    if parameters:
        raise Refused("BadArgument", "UnexpectedParameter", "GlobalParameters")
    return content


def _executed(query: dict[str, list[str]], body: bytes) -> Answer:
    for name, values in {"details": ("true", "false"), "format": ("swagger",)}.items():
        given = set(query.get(name, ()))
        if len(given) > 1 or not given <= set(values):
            raise Refused("BadArgument", "InvalidQueryParameter", name)
    rows = scored(as_read(_object(body).get("Inputs"), swagger="format" in query))
    if not rows:
        raise Refused("ModuleExecutionError", "3", "Feature Hashing")
    output: Any
    if "format" in query:
        output = [dict(zip(NAMES, row, strict=True)) for row in rows]
    else:
        output = {"value": {"Values": rows}, "type": "table"}
        if query.get("details") == ["true"]:
            output["value"] |= {"ColumnTypes": TYPES, "ColumnNames": NAMES}
    return _json(200, {"Results": {"output1": output}})


def _described(host: str) -> Any:
    numbers = {name: {"type": "number"} for name in NAMES[1:]}
    paths = ("/swagger.json", "/execute?api-version=2.0&format=swagger", "/jobs?api-version=2.0")
    of_jobs = ("/jobs/{jobId}?api-version=2.0", "/jobs/{jobId}/start?api-version=2.0")
    rows = {"input1": [{"Col2": "This is a good day"}]}
    return {
        "definitions": {
            "ExecutionRequest": {"type": "object", "example": {"Inputs": rows}},
            "ExecutionResults": {"type": "object"},
            "BatchExecutionRequest": {"type": "object"},
            "BatchExecutionStatus": {"type": "object"},
            "input1Item": {"properties": {"Col2": {"type": "string"}}},
            "output1Item": {"properties": {"Col2": {"type": "string"}, **numbers}},
        },
        "paths": {path: {} for path in (*paths, *of_jobs)},
        "info": {"title": "", "version": "2.0", "description": "", "x-endpoint-name": "plain"},
        "swagger": "2.0",
        "host": host,
        "basePath": f"/workspaces/{WORKSPACE}/services/{SERVICE}",
        "schemes": ["https", "http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {},
        "x-generator": "by hand",
    }


def _json(status: int, content: Any, *more: tuple[str, str]) -> Answer:
    return Answer(status, msgspec.json.encode(content), more)


def _error(refused: Refused) -> Answer:
    detail = {"message": refused.text, "target": refused.target, "code": refused.code}
    error = {"details": [detail, detail], "message": "", "code": refused.kind}
    more = (("ALLOW", refused.allow),) if refused.allow else ()
    return _json(STATUSES.get(refused.kind, 400), {"error": error}, *more)


class Handler(BaseHTTPRequestHandler):
    """Carries calls to the service of its server."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    calls = 0

    def __getattr__(self, name: str) -> Any:
        """Take every method: `http.server` looks for `do_GET` and the like."""
        if name.startswith("do_"):
            return self.take
        raise AttributeError(name)

    def take(self) -> None:
        """Answer one request."""
        time.sleep(DELAY)
        body = self._read()
        server = self.server
        assert isinstance(server, Server)
        answer = server.service.answer(self.command, self.path, self.headers, body)
        self.calls += 1
        self._send(answer)

    def _read(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(parts)

    def _send(self, answer: Answer) -> None:
        self.close_connection |= self.calls >= CALLS_OF_A_CONNECTION
        self.send_response_only(answer.status)
        self.send_header("X-MS-REQUEST-ID", uuid4().hex)
        self.send_header("connection", "close" if self.close_connection else "keep-alive")
        for name, value in answer.more:
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("content-length", str(len(answer.body)))
        if answer.body:
            self.send_header("content-type", "application/json;charset=UTF-8")
        self.send_header("server", "words/7")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Word what is no HTTP as everything else."""
        self.close_connection = True
        self.calls += 1
        self.command = getattr(self, "command", "") or ""
        self._send(_error(Refused("BadArgument", "RequestIsEmpty", str(code))))

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(Threads):
    """Listens on a free port."""

    def __init__(self, service: Service) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service


@contextmanager
def plain_http(storage: str) -> Iterator[dict[str, str]]:
    """Serve; yield what `contracts check` has to be told.

    Without the `admin_url` it waits for jobs in real time.
    """
    with running(Server(Service(storage))) as url:
        yield {
            "url": url,
            "workspace": WORKSPACE,
            "service": SERVICE,
            "api_key": KEY,
            "storage": storage,
            "admin_url": f"{url}/test",
        }

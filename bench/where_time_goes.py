"""What is the time of one RRS call spent on?

Times the functions that serve a call, one by one and in this process, then the whole application,
then uvicorn around an application that does nothing; no socket is open. The best of several tries
is taken: what the code costs while it has the core and the caches for itself. Each figure includes
the call of the timed function, about 0.1 microseconds.
"""

import asyncio
import math
import tempfile
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import uvloop
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bench.bare import uvicorn_config
from bench.calls import SMALL, Call, small_call, table_calls, table_services
from mockserver.assembly import Emulator, settle_memory
from mockserver.backend.app import ServicesSurface
from mockserver.backend.query import read_options
from mockserver.backend.reply import encode_results
from mockserver.backend.request_body import check_media_type
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.experiment.binding import bind_parameters
from mockserver.request_log import RequestLine, RequestLog
from mockserver.workspace.configuration import Configuration, load_configuration
from mockserver.workspace.model import Directory

APPLICATION = "the application as a whole"
READING = "uvicorn: request read, application called"
ANSWERING = "uvicorn: body handed over, answer written"
LOG_WRITTEN = "request log, written later"
_TRIES = 7
_TRY_SECONDS = 0.02
_LINES = 1000
_CONNECTIONS = 32
_BATCHES = 200

Steps = dict[str, float]
"""Microseconds by step."""


def measure() -> dict[str, Steps]:
    """Return what each step of each kind of call takes."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=_new_loop) as runner:
        file = Path(folder, "tables.yaml")
        file.write_text(table_services(), encoding="utf-8")
        tables = load_configuration(file)
        cases = {SMALL: (load_configuration(None), small_call())}
        cases |= {name: (tables, call) for name, call in table_calls().items()}
        settle_memory()
        return {
            name: runner.run(_measure_case(configuration, call, Path(folder)))
            for name, (configuration, call) in cases.items()
        }


def _new_loop() -> asyncio.AbstractEventLoop:
    return uvloop.new_event_loop()


@dataclass(frozen=True, slots=True)
class _Request:
    """A call as the application gets it from the server."""

    call: Call

    @property
    def scope(self) -> dict[str, Any]:
        path, _, query = self.call.path.partition("?")
        return {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": self.headers,
        }

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"host", b"127.0.0.1:8080"),
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {self.call.key}".encode()),
            (b"content-length", b"%d" % len(self.call.body)),
        ]

    @property
    def wire(self) -> bytes:
        """The request as it comes over the connection."""
        lines = b"".join(b"%b: %b\r\n" % header for header in self.headers)
        return b"POST %b HTTP/1.1\r\n%b\r\n%b" % (self.call.path.encode(), lines, self.call.body)

    async def receive(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": self.call.body, "more_body": False}


async def _measure_case(configuration: Configuration, call: Call, folder: Path) -> Steps:
    """Measure the steps of one call, the application, and the server around it."""
    request, directory = _Request(call), Directory(configuration.workspaces)
    service = call.path.split("/")[4]
    published = next(p for p in directory.published if p.endpoint.id == service)
    steps, size = _steps(ServedEndpoint(published), request)
    with (folder / "stderr").open("w", encoding="utf-8") as stream:
        log = RequestLog("text", stream)
        steps |= _log_steps(log, request)
        emulator = Emulator(configuration, log)
        whole = await _application(emulator.services, request, log) + steps[LOG_WRITTEN]
        await emulator.stop()
    steps["calls, waiting and all between"] = max(0.0, whole - sum(steps.values()))
    reading, answering = await _server(request, size)
    return steps | {APPLICATION: whole, READING: reading, ANSWERING: answering}


def _steps(endpoint: ServedEndpoint, request: _Request) -> tuple[Steps, int]:
    """Measure what lies between the head of the request and the answer; return its size too."""
    experiment, read, body = endpoint.experiment, endpoint.reader.read, request.call.body
    heads = endpoint.heads
    headers, query = dict(request.headers), request.scope["query_string"]
    payload = read(body, swagger=False)
    given, declared = payload.parameters, experiment.parameters
    parameters = bind_parameters(given, declared)
    results = experiment.score(payload.inputs, parameters)
    steps = {
        "key check": _best(lambda: endpoint.authenticate(headers[b"authorization"])),
        "query": _best(lambda: read_options(query)),
        "media type": _best(lambda: check_media_type(headers[b"content-type"])),
        "decode and check": _best(lambda: read(body, swagger=False)),
        "parameters": _best(lambda: bind_parameters(given, declared)),
        "score (hashing)": _best(lambda: experiment.score(payload.inputs, parameters)),
        "encode": _best(lambda: encode_results(results, heads, details=True, swagger=False)),
    }
    return steps, len(encode_results(results, heads, details=True, swagger=False))


def _log_steps(log: RequestLog, request: _Request) -> Steps:
    """Measure the line of a request: noted at once, written with many others."""
    path = request.scope["raw_path"]

    def note() -> None:
        log.add(RequestLine(perf_counter(), "services", b"1" * 36, "POST", path, 200, 0.0001, ""))

    def write() -> None:
        for _ in range(_LINES):
            note()
        log.flush()

    write()
    noted = _best(note)
    log.flush()
    return {
        "request log, noted": noted,
        LOG_WRITTEN: max(0.0, _best(write) / _LINES - noted),
    }


async def _application(surface: ServicesSurface, request: _Request, log: RequestLog) -> float:
    scope = request.scope

    async def serve() -> None:
        await surface({**scope}, request.receive, _ignore)

    best = await _best_of(serve)
    log.flush()
    return best


async def _server(request: _Request, size: int) -> tuple[float, float]:
    """Let uvicorn read requests from, and write answers to, connections that are none.

    The application behind it does nothing. Returns the time up to its call, and the time from
    there: the body handed over, the answer taken and written.
    """
    config, state = uvicorn_config(size), ServerState()
    protocols = [HttpToolsProtocol(config, state, {}) for _ in range(_CONNECTIONS)]
    for protocol in protocols:
        protocol.connection_made(_NoTransport())
    wire = request.wire

    async def once() -> tuple[float, float]:
        begun = perf_counter()
        for protocol in protocols:
            protocol.data_received(wire)
        read = perf_counter()
        await asyncio.sleep(0)  # the applications, which wait for nothing, run to their end
        return read - begun, perf_counter() - read

    tries = [await once() for _ in range(_BATCHES)]
    if state.total_requests < _BATCHES * _CONNECTIONS:
        raise AssertionError("uvicorn did not understand the request")
    for protocol in protocols:
        protocol.connection_lost(None)
    reading, answering = (min(times) / _CONNECTIONS * 1e6 for times in zip(*tries, strict=True))
    return reading, answering


class _NoTransport(asyncio.Transport):
    """A connection to nobody."""

    @override
    def write(self, data: Any) -> None: ...

    @override
    def is_closing(self) -> bool:
        return False

    @override
    def pause_reading(self) -> None: ...

    @override
    def resume_reading(self) -> None: ...

    @override
    def close(self) -> None: ...


async def _ignore(message: Mapping[str, Any]) -> None:
    """Stand in for the server's `send`."""
    del message


def _best(function: Callable[[], object]) -> float:
    """Return the shortest time of a function, in microseconds."""

    def repeat(count: int) -> float:
        begun = perf_counter()
        for _ in range(count):
            function()
        return (perf_counter() - begun) / count

    count = _count(repeat(1))
    return min(repeat(count) for _ in range(_TRIES)) * 1e6


async def _best_of(function: Callable[[], Awaitable[None]]) -> float:
    """Do the same for a coroutine function."""

    async def repeat(count: int) -> float:
        begun = perf_counter()
        for _ in range(count):
            await function()
        return (perf_counter() - begun) / count

    count = _count(await repeat(1))
    return min([await repeat(count) for _ in range(_TRIES)]) * 1e6


def _count(seconds: float) -> int:
    return max(1, math.ceil(_TRY_SECONDS / max(seconds, 1e-6)))


def main() -> None:
    """Print the table."""
    from bench.tables import profile_table

    print("\n".join(profile_table(measure())))


if __name__ == "__main__":
    main()

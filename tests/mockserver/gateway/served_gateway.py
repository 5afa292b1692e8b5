"""How does a test serve a gateway on a real socket, in its own event loop?"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, cast

import httptools
from typing_extensions import override

from mockserver.clock import Clock
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.build import build_gateway
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.log import LogRow
from mockserver.gateway.opening import open_gateway
from mockserver.request_log import RequestLog
from mockserver.serving import SurfaceServer, listen
from tests.mockserver.gateway.raw_backend import until

VERBS = ("GET", "POST", "PUT", "HEAD")
_LOGGERS = ("mockserver.gateway", "uvicorn.error", "asyncio")
_STOPPING = "Cancel "


class Answer:
    """One response as a client reads it."""

    def __init__(self, method: str = "GET") -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._is_head = method == "HEAD"
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self.is_complete = False

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status == 100:
            self.headers = []
        else:
            self.status = status
            self.is_complete = self._is_head

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.is_complete = self.status > 0

    def values(self, name: str) -> list[str]:
        """Return the values of a header."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass
class Served:
    """A gateway that listens."""

    address: tuple[str, int]
    surface: GatewaySurface
    server: SurfaceServer
    clock: Clock
    written: StringIO
    """The request log."""
    errors: list[logging.LogRecord] = field(default_factory=list)
    """What was logged as an error; a test that expects some clears it."""

    async def send(
        self,
        method: str = "GET",
        target: str = "/a",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Make a call on a connection of its own."""
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        if not any(name == "Host" for name, _ in headers):
            lines.insert(1, "Host: gateway.example")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1")
        return await self.exchange(head + body, method=method)

    async def exchange(self, *pieces: bytes, method: str = "GET") -> Answer:
        """Send bytes on a connection of its own; return what comes until it is closed."""
        reader, writer = await asyncio.open_connection(*self.address)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.02)
        answer = Answer(method)
        while data := await asyncio.wait_for(reader.read(1 << 20), 10):
            answer.feed(data)
        writer.close()
        return answer

    async def row(self, number: int = 1) -> LogRow:
        """Return the last row of the log, once there are so many."""
        await until(lambda: len(list(self.surface.log)) >= number, f"{number} rows")
        rows = list(self.surface.log)
        assert len(rows) == number
        return rows[-1]


class _Errors(logging.Handler):
    def __init__(self, served: Served) -> None:
        super().__init__(logging.WARNING)
        self._served = served

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith(_STOPPING):
            self._served.errors.append(record)


def declared(place: str, **more: Any) -> GatewayDeclaration:
    """Return an open API for every path, with a backend at a place."""
    policies = more.pop("policies", None)
    api: Mapping[str, Any] = {
        "id": "api",
        "name": "API",
        "service_url": f"http://{place}",
        "subscription_required": False,
        "operations": [
            {"id": verb.lower(), "name": verb, "method": verb, "url_template": "/*"}
            for verb in VERBS
        ],
        "policy": None if policies is None else document(**policies),
    }
    return GatewayDeclaration.model_validate({"apis": [{**api, **more.pop("api", {})}], **more})


def document(**sections: str) -> str:
    """Return a document; a section that is left out is `<base/>`."""
    names = ("inbound", "backend", "outbound", "on-error")
    parts = (f"<{n}>{sections.get(n.replace('-', '_'), '<base/>')}</{n}>" for n in names)
    return f"<policies>{''.join(parts)}</policies>"


@asynccontextmanager
async def served(
    declaration: GatewayDeclaration, shutdown_seconds: int = 5, folder: Path | None = None
) -> AsyncIterator[Served]:
    """Serve a gateway; afterwards no error may have been logged."""
    clock, written = Clock(), StringIO()
    plan = build_gateway(declaration, Path())
    surface = open_gateway(plan, "http://127.0.0.1:1", clock, folder, RequestLog("text", written))
    listener = listen("127.0.0.1", 0)
    server = SurfaceServer(surface, shutdown_seconds)
    serving = asyncio.create_task(server.serve([listener]))
    await server.listening.wait()
    address = cast("tuple[str, int]", listener.getsockname()[:2])
    gateway = Served(address, surface, server, clock, written)
    handler = _Errors(gateway)
    for name in _LOGGERS:
        logging.getLogger(name).addHandler(handler)
    try:
        yield gateway
    finally:
        server.should_exit = True
        await serving
        surface.close()
        listener.close()
        for name in _LOGGERS:
            logging.getLogger(name).removeHandler(handler)
    assert not gateway.errors, [record.getMessage() for record in gateway.errors]

"""How is a conforming server broken in one way? By a proxy in front of it that has one fault."""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from typing_extensions import override

from tests.contracts.threads import Threads, running

Headers = tuple[tuple[str, str], ...]

_OPERATIONS = {
    "execute": re.compile(r"POST .*/execute"),
    "submit": re.compile(r"POST .*/jobs"),
    "start": re.compile(r"POST .*/jobs/([^/]+)/start"),
    "status": re.compile(r"GET .*/jobs/([^/]+)"),
    "delete": re.compile(r"DELETE .*/jobs/([^/]+)"),
    "swagger": re.compile(r"GET .*/swagger\.json"),
}


@dataclass(frozen=True)
class Call:
    """One request on its way."""

    method: str
    target: str
    headers: Headers
    body: bytes
    was_chunked: bool = False

    @property
    def _match(self) -> tuple[str, str]:
        line = f"{self.method} {self.target.partition('?')[0]}"
        for name, pattern in _OPERATIONS.items():
            found = pattern.fullmatch(line)
            if found:
                return name, found[1] if found.groups() else ""
        return "", ""

    @property
    def operation(self) -> str:
        """Which call of RRS or BES it is, or nothing."""
        return self._match[0]

    @property
    def job(self) -> str:
        """The job that the address names."""
        return self._match[1]

    @property
    def query(self) -> dict[str, str]:
        """The query parameters."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    def header(self, name: str) -> str:
        """Return a header, or nothing."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), "")

    def with_query(self, **changes: str | None) -> "Call":
        """Return the call with other parameters; None takes one out."""
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        query = {n: v for n, v in {**self.query, **named}.items() if v is not None}
        path = self.target.partition("?")[0]
        return replace(self, target=path + (f"?{urlencode(query)}" if query else ""))

    def with_header(self, name: str, value: str | None) -> "Call":
        """Return the call with another header; None takes it out."""
        left = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=left if value is None else (*left, (name, value)))

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True)
class Answer:
    """One reply on its way."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def with_json(self, content: Any) -> "Answer":
        """Return the reply with another body."""
        body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        return replace(self, body=body)

    def with_header(self, name: str, value: str | None) -> "Answer":
        """Return the reply with another header; None takes it out."""
        left = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=left if value is None else (*left, (name, value)))


Send = Callable[[Call], Answer]


@dataclass
class Memory:
    """What a fault keeps from call to call."""

    seen: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, name: str) -> int:
        """Count up, and return the new number."""
        with self.lock:
            self.seen[name] = self.seen.get(name, 0) + 1
            return int(self.seen[name])


Behaviour = Callable[[Call, Send, Memory], Answer]


def honest(call: Call, send: Send, memory: Memory) -> Answer:
    """Pass everything on as it is."""
    del memory
    return send(call)


class Handler(BaseHTTPRequestHandler):
    """Reads calls of one connection, lets the behaviour answer them, and writes its answers."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server: "Server"

    def handle_call(self) -> None:
        """Answer one call."""
        chunked = "chunked" in self.headers.get("Transfer-Encoding", "").lower()
        try:
            body = self._chunks() if chunked else self._whole()
        except ValueError:
            self.close_connection = True
            self._write(Answer(400, (), b""))
            return
        call = Call(self.command, self.path, tuple(self.headers.items()), body, chunked)
        connection = http.client.HTTPConnection(self.server.behind, timeout=60)
        try:
            answer = self.server.behaviour(
                call, lambda call: _ask(connection, call), self.server.memory
            )
        finally:
            connection.close()
        self._write(answer)

    def _whole(self) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        if length < 0:
            raise ValueError
        return self.rfile.read(length)

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _write(self, answer: Answer) -> None:
        lines = [f"HTTP/1.1 {answer.status} -"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        lines.append(f"Content-Length: {len(answer.body)}")
        data = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(data + (b"" if self.command == "HEAD" else answer.body))
        self.wfile.flush()

    def __getattr__(self, name: str) -> Any:
        """Take every method in the same way."""
        if name.startswith("do_"):
            return self.handle_call
        raise AttributeError(name)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(Threads):
    """Listens on a free port."""

    def __init__(self, behind: str, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = behind
        self.behaviour = behaviour
        self.memory = Memory()


@contextmanager
def broken_server(address: str, behaviour: Behaviour = honest) -> Iterator[str]:
    """Serve what `address` serves, with one fault; yield the new address."""
    with running(Server(urlsplit(address).netloc, behaviour)) as url:
        yield url


_OF_A_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive"}


def _ask(connection: http.client.HTTPConnection, call: Call) -> Answer:
    connection.putrequest(call.method, call.target, skip_host=True, skip_accept_encoding=True)
    for name, value in call.headers:
        if name.lower() not in _OF_A_CONNECTION:
            connection.putheader(name, value)
    if call.body or call.method in {"POST", "PUT", "PATCH"}:
        connection.putheader("Content-Length", str(len(call.body)))
    connection.endheaders(call.body or None)
    answer = connection.getresponse()
    body = answer.read()
    headers = tuple(h for h in answer.getheaders() if h[0].lower() not in _OF_A_CONNECTION)
    return Answer(answer.status, headers, body)

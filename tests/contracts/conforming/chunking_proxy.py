"""What if a proxy in front re-chunked every body, wrote JSON anew, and let no connection live?"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from tests.contracts.threads import Threads, running

PIECE = 11
"""Bytes of a chunk."""
_HOP_BY_HOP = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}
_ADDED = (
    ("Via", "1.1 chunker"),
    ("Server", "chunker"),
    ("Cache-Control", "no-store"),
    ("Vary", "Authorization"),
    ("X-Powered-By", "patience"),
)


def rewritten(body: bytes) -> bytes:
    """Return JSON with other white space, other order and other escapes; a text stays as it is."""
    try:
        content = json.loads(body)
    except ValueError:
        return body
    if isinstance(content, str):
        return body
    return json.dumps(_turned(content), indent=1, ensure_ascii=True).encode() + b"\r\n"


def _turned(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _turned(value) for name, value in reversed(content.items())}
    if isinstance(content, list):
        return [_turned(value) for value in content]
    return content


class Handler(BaseHTTPRequestHandler):
    """Carries one call to the server behind."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def __getattr__(self, name: str) -> Any:
        """Take every method: `http.server` looks for `do_GET` and the like."""
        if name.startswith("do_"):
            return self.take
        raise AttributeError(name)

    def take(self) -> None:
        """Pass a request on, and its reply back."""
        self.close_connection = True
        body = self._read()
        server = self.server
        assert isinstance(server, Server)
        connection = http.client.HTTPConnection(server.behind, timeout=60)
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    connection.putheader(name, value.encode("latin-1"))
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            self._answer(reply.status, reply.getheaders(), rewritten(reply.read()))
        finally:
            connection.close()

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

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        has_body = status != 204 and self.command != "HEAD"
        self.send_response_only(status)
        for name, value in [*_ADDED, *sorted(headers)]:
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if has_body:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if has_body:
            pieces = [body[start : start + PIECE] for start in range(0, len(body), PIECE)]
            for piece in [*pieces, b""]:
                self.wfile.write(b"%x;kept=small\r\n%b\r\n" % (len(piece), piece))

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what is no HTTP, without a word."""
        self.close_connection = True
        self.send_response_only(code)
        self.send_header("Connection", "close")
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(Threads):
    """Listens on a free port."""

    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = behind


@contextmanager
def chunking_proxy(address: str) -> Iterator[str]:
    """Serve what `address` serves; yield the new address."""
    with running(Server(urlsplit(address).netloc)) as url:
        yield url

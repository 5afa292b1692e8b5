"""What if every reply of a server were changed on its way? A proxy in front of it, in a thread."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from typing_extensions import override

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Passing:
    """One reply on its way, and which call it answers."""

    method: str
    target: str
    status: int
    headers: Headers
    body: bytes


Rewrite = Callable[[Passing], Passing]

_OF_ONE_CONNECTION = {"connection", "content-length", "transfer-encoding", "keep-alive"}


@contextmanager
def rewriting(address: str, rewrite: Rewrite = lambda passing: passing) -> Iterator[str]:
    """Serve what `address` serves, replies rewritten; yield the new address."""
    behind = urlsplit(address).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            connection = http.client.HTTPConnection(behind, timeout=60)
            try:
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in _OF_ONE_CONNECTION
                }
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                came = Passing(
                    self.command,
                    self.path,
                    answer.status,
                    tuple(answer.getheaders()),
                    answer.read(),
                )
            finally:
                connection.close()
            self._answer(rewrite(came))

        def _answer(self, passing: Passing) -> None:
            self.send_response_only(passing.status)
            for name, value in passing.headers:
                if name.lower() not in _OF_ONE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(passing.body)))
            self.end_headers()
            self.wfile.write(passing.body)

        do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = _pass  # noqa: N815  named by http.server

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def with_body(passing: Passing, body: bytes) -> Passing:
    """Return the reply with another body."""
    return replace(passing, body=body)

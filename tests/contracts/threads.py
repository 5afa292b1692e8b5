"""How do the servers of these tests run? A thread for each connection, all beside the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from typing_extensions import override


class Threads(ThreadingHTTPServer):
    """A thread for each connection; none is waited for when a test is over."""

    daemon_threads = True
    request_queue_size = 128

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nobody's fault: some checks are about that."""


@contextmanager
def running(server: TCPServer) -> Iterator[str]:
    """Let a server work in a thread of its own; yield its address, and close it in the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)

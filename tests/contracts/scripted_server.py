"""What if a server did exactly this with a connection? One function, called for each of them."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Talk = Callable[[socket.socket], None]


@contextmanager
def scripted(talk: Talk, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Let `talk` have every connection, one after another; yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve, args=(listening, talk, context), daemon=True)
        thread.start()
        port = listening.getsockname()[1]
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{port}"
        finally:
            with contextlib.suppress(OSError):  # macOS says that a listener is not connected
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(listening: socket.socket, talk: Talk, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.settimeout(10)
        with contextlib.suppress(OSError), connection:
            if context is None:
                talk(connection)
            else:
                with context.wrap_socket(connection, server_side=True) as secured:
                    talk(secured)


def read_request(connection: socket.socket) -> bytes:
    """Read one request, or what there is of it until the client says no more."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length and (more := connection.recv(65536)):
        body, data = body + more, data + more
    return data


def answer(status: str, body: bytes = b"", *headers: str) -> bytes:
    """Return a reply as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body

"""How are bytes sent exactly as they are: in pieces, several requests at once, or half of one?"""

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import h11

from contracts.exchange import Exchange, Reply, Request
from contracts.session import Session

LONGEST = 10.0
"""Seconds that one answer may take."""


def as_bytes(request: Request) -> bytes:
    """Return a request as HTTP/1.1 writes it."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


class RawConnection:
    """One connection to the target."""

    def __init__(self, session: Session, connection: socket.socket) -> None:
        self._session = session
        self._socket = connection
        self._left = b""

    def send(self, data: bytes) -> None:
        """Send bytes; a target that has closed the connection already may do so."""
        try:
            self._socket.sendall(data)
        except OSError:
            return

    def receive(self, method: str = "GET") -> Reply | None:
        """Read one reply, or None if the connection ends or nothing comes."""
        parser = h11.Connection(h11.CLIENT)
        # h11 wants to have sent the request whose reply it reads.
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "target")]))
        parser.send(h11.EndOfMessage())
        if self._left:
            parser.receive_data(self._left)
            self._left = b""
        return self._read(parser)

    def _read(self, parser: h11.Connection) -> Reply | None:
        head: h11.Response | None = None
        body = b""
        deadline = time.monotonic() + LONGEST
        while time.monotonic() < deadline:
            try:
                event = parser.next_event()
            except h11.RemoteProtocolError:
                return None
            if event is h11.NEED_DATA:
                parser.receive_data(self._more())
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._left = parser.trailing_data[0]
                return _reply(head, body)
            elif isinstance(event, h11.ConnectionClosed):
                return None
        return None

    def _more(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def record(self, request: Request, reply: Reply | None, trouble: str = "") -> Exchange:
        """Keep a call, and let it be judged if it was answered."""
        wire = self._session.wire
        exchange = Exchange(
            len(wire.exchanges) + 1,
            request,
            reply,
            label=self._session.label,
            trouble=trouble or ("" if reply else "the connection ended without an answer"),
            started=time.time(),
        )
        if reply is not None:
            wire.record(exchange)
        return exchange


def _reply(head: h11.Response, body: bytes) -> Reply:
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items())
    return Reply(head.status_code, headers, body)


@contextmanager
def raw_connection(session: Session) -> Iterator[RawConnection]:
    """Open a connection to the target, with TLS if its address says so."""
    split = urlsplit(session.target.url)
    port = split.port or (443 if split.scheme == "https" else 80)
    plain = socket.create_connection((split.hostname, port), timeout=LONGEST)
    context = session.wire.tls()
    secured = (
        plain
        if isinstance(context, bool)
        else context.wrap_socket(plain, server_hostname=split.hostname)
    )
    with secured:
        yield RawConnection(session, secured)


def in_pieces(data: bytes, count: int) -> Iterable[bytes]:
    """Cut bytes in about equal pieces."""
    size = max(1, -(-len(data) // count))
    return (data[at : at + size] for at in range(0, len(data), size))

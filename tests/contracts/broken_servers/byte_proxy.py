"""How is HTTP itself broken? By a proxy that passes bytes on as they are, but for one fault."""

import re
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from typing_extensions import override

from tests.contracts.threads import running

PIECE = 65536
_AT_ONCE = struct.pack("ii", 1, 0)
"""To linger for no time: closing is a reset then."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Shared:
    """What the connections of one proxy share."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    links: "set[Link]" = field(default_factory=set)
    refusals_left: int = 0
    """So many more connections are reset as soon as they come."""
    turn: threading.Lock = field(default_factory=threading.Lock)
    """Whose turn it is, where one is served after another."""


class Link:
    """One connection of a client, and the one behind it. Subclasses have faults."""

    def __init__(self, client: socket.socket, behind: socket.socket, shared: Shared) -> None:
        self.client = client
        self.behind = behind
        self.shared = shared

    def run(self) -> None:
        """Pass bytes on in both directions until both have ended."""
        down = threading.Thread(target=self._guarded_down, daemon=True)
        down.start()
        with suppress(OSError):
            self.up()
        with suppress(OSError):
            self.behind.shutdown(socket.SHUT_WR)
        down.join()
        self.close()

    def _guarded_down(self) -> None:
        with suppress(OSError):
            self.down()
        with suppress(OSError):
            self.client.shutdown(socket.SHUT_WR)

    def up(self) -> None:
        """Pass on what the client sends."""
        while data := self.client.recv(PIECE):
            self.behind.sendall(self.asked(data))

    def down(self) -> None:
        """Pass on what is answered."""
        while data := self.behind.recv(PIECE):
            self.client.sendall(self.answered(data))

    def asked(self, data: bytes) -> bytes:
        """Return what is passed on for what the client sends."""
        return data

    def answered(self, data: bytes) -> bytes:
        """Return what is passed on for what is answered."""
        return data

    def close(self) -> None:
        """End both connections."""
        for each in (self.client, self.behind):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def reset(self) -> None:
        """End both connections like a process that dies."""
        with suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        with suppress(OSError):
            self.behind.shutdown(socket.SHUT_RDWR)
        self.client.close()


def message_size(data: bytes) -> int | None:
    """Return how long the first message is; None while its head is not whole.

    By Content-Length: no other message is sent where this is asked.
    """
    head, end, _ = data.partition(b"\r\n\r\n")
    if not end:
        return None
    length = _LENGTH.search(head)
    return len(head) + len(end) + (int(length[1]) if length else 0)


def messages(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the messages that are whole, and what is left."""
    whole = []
    while (size := message_size(data)) is not None and len(data) >= size:
        whole.append(data[:size])
        data = data[size:]
    return whole, data


class Server(socketserver.ThreadingTCPServer):
    """Listens on a free port, with two threads for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, behind: tuple[str, int], link: type[Link]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = behind
        self.link = link
        self.shared = Shared()


class Handler(socketserver.BaseRequestHandler):
    """Takes one connection."""

    request: socket.socket
    server: Server

    @override
    def handle(self) -> None:
        shared = self.server.shared
        with socket.create_connection(self.server.behind) as behind:
            for each in (self.request, behind):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = self.server.link(self.request, behind, shared)
            with shared.lock:
                is_refused = shared.refusals_left > 0
                shared.refusals_left -= is_refused
                if not is_refused:
                    shared.links.add(link)
            if is_refused:
                link.reset()
                return
            link.run()
            with shared.lock:
                shared.links.discard(link)


@contextmanager
def byte_proxy(address: str, link: type[Link] = Link) -> Iterator[str]:
    """Serve what `address` serves, connections being links of a kind; yield the new address."""
    split = urlsplit(address)
    server = Server((split.hostname or "", split.port or 80), link)
    try:
        with running(server) as url:
            yield url
    finally:
        with server.shared.lock:
            links = list(server.shared.links)
        for each in links:
            each.close()

"""How are bytes sent exactly as they are: in pieces, several requests at once, or half of one?"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import h11

from contracts.exchange import Exchange, Reply, Request
from contracts.findings import Broken, NotJudged
from contracts.session import OutOfTime, Session
from contracts.wire import wait_asked_for

ENDED = "the connection ended without an answer"
MOST_TRIES = 4
"""How often a conversation begins anew that a limit of calls cuts off."""


class CutOff(Exception):
    """A limit of calls came in between; it asks us to wait."""

    def __init__(self, exchange: Exchange, seconds: float) -> None:
        super().__init__(exchange.summary)
        self.exchange = exchange
        self.seconds = seconds


class RawConnection:
    """One connection to the target."""

    def __init__(self, session: Session, connection: socket.socket) -> None:
        self._session = session
        self._socket = connection
        self._left = b""
        self._has_ended = False
        self.is_fresh = True
        """Whether nothing has been answered on it yet; later, a server may close it at any time."""
        self.is_silent = False
        """Whether the target neither answered nor closed the connection in time."""
        self.trouble = ""
        """Why the last answer is missing."""

    def send(self, data: bytes) -> None:
        """Send bytes; a target that has closed the connection already may do so."""
        self._socket.settimeout(self._session.target.timeout)
        try:
            self._socket.sendall(data)
        except OSError:
            return

    def end_sending(self) -> None:
        """Say that nothing more will come. TLS cannot say so and still read."""
        if isinstance(self._socket, ssl.SSLSocket):
            return
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def receive(self, method: str = "POST", patience: float | None = None) -> Reply | None:
        """Read one reply, or None if the connection ends or nothing comes; see `trouble`."""
        patience = self._session.target.timeout if patience is None else patience
        parser = h11.Connection(h11.CLIENT)
        # h11 wants to have sent the request whose reply it reads.
        parser.send(h11.Request(method=method, target="/", headers=[("Host", "target")]))
        parser.send(h11.EndOfMessage())
        if self._left:
            parser.receive_data(self._left)
            self._left = b""
        self.trouble, self.is_silent = ENDED, False
        try:
            reply = self._read(parser, time.monotonic() + patience)
        except TimeoutError:
            self.is_silent = True
            self.trouble = f"no answer within {patience:g} s"
        except h11.RemoteProtocolError as error:
            if not self._has_ended:
                self.trouble = f"the answer is no HTTP: {error}"
        except OSError:
            pass  # reset, which is one way to end
        else:
            self.trouble, self.is_fresh = "", False
            return reply
        return None

    def _read(self, parser: h11.Connection, deadline: float) -> Reply:
        """Read until a reply is whole. Raises RemoteProtocolError, OSError."""
        head: h11.Response | None = None
        body = bytearray()
        while True:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(self._more(deadline))
            elif isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._left = parser.trailing_data[0]
                return _reply(head, bytes(body))
            elif not isinstance(event, h11.InformationalResponse):
                raise ConnectionError(ENDED)

    def _more(self, deadline: float) -> bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        data = self._socket.recv(65536)
        self._has_ended = not data
        return data

    def call(self, request: Request) -> Exchange:
        """Send one request and read its reply. Raises CutOff."""
        self.send(as_bytes(request))
        return self.answer(request)

    def answer(self, request: Request) -> Exchange:
        """Read the reply to a request that has been sent; keep it, let it be judged. Raises CutOff.

        A call without a reply is not kept: whether that is a fault, the caller knows.
        """
        reply = self.receive(request.method)
        exchange = self.exchange(request, reply)
        seconds = wait_asked_for(reply)
        if seconds is not None:
            raise CutOff(exchange, seconds)
        if reply is not None:
            self._session.wire.record(exchange)
        return exchange

    def exchange(self, request: Request, reply: Reply | None) -> Exchange:
        """Return a call as findings show it, without keeping it."""
        number = len(self._session.wire.exchanges) + 1
        label = self._session.label
        return Exchange(
            number, request, reply, label=label, trouble=self.trouble, started=time.time()
        )


def as_bytes(request: Request) -> bytes:
    """Return a request as HTTP/1.1 writes it."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


def in_pieces(data: bytes, count: int) -> Iterator[bytes]:
    """Cut bytes in about equal pieces."""
    size = max(1, -(-len(data) // count))
    return (data[at : at + size] for at in range(0, len(data), size))


@contextmanager
def raw_connection(session: Session) -> Iterator[RawConnection]:
    """Open a connection to the target, with TLS if its address says so.

    Raises OutOfTime, and Broken if nobody takes it.
    """
    if time.monotonic() > session.deadline:
        raise OutOfTime
    try:
        opened = _opened(session)
    except OSError as error:
        raise Broken(f"no connection can be opened: {error}", cause="no connection") from error
    with opened:
        yield RawConnection(session, opened)


def _opened(session: Session) -> socket.socket:
    split = urlsplit(session.target.url)
    port = split.port or (443 if split.scheme == "https" else 80)
    plain = socket.create_connection((split.hostname, port), timeout=session.target.timeout)
    try:
        # Pieces are to go out as they are, not when there is enough of them.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context = session.wire.tls()
        if isinstance(context, bool):
            return plain
        return context.wrap_socket(plain, server_hostname=split.hostname)
    except OSError:
        plain.close()
        raise


def within_limits(session: Session, calls: int, conversation: Callable[[], None]) -> None:
    """Hold a conversation of so many calls; begin anew if a limit of calls cuts it off.

    Raises LimitReached if the limit asks for too much time, NotJudged if it always comes between.
    """
    waited = 0.0
    for _ in range(MOST_TRIES):
        session.wire.keep_pace(calls)
        try:
            return conversation()
        except CutOff as cut:
            waited += cut.seconds
            session.wire.obey(cut.seconds, waited, cut.exchange)
    raise NotJudged("a limit of calls comes in between")


def _reply(head: h11.Response, body: bytes) -> Reply:
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers.raw_items())
    return Reply(head.status_code, headers, body)

"""Is what is no HTTP refused, and is the next call served?"""

from contracts.aftermath import still_served
from contracts.check import performs
from contracts.exchange import Reply, Request
from contracts.findings import Broken
from contracts.raw_wire import RawConnection, raw_connection
from contracts.session import Session

PATIENCE = 1.0
"""Seconds until we say that nothing more will come."""


@performs(
    "Bytes that are no HTTP get 4xx or a closed connection, and harm nobody else.",
    "components responses BadRequest",
    "execute",
)
def broken_http_is_survived(session: Session) -> None:
    """Send what is no HTTP, a version of the future, lengths that cannot be."""
    for what, data in _broken(f"{session.target.base}/execute").items():
        session.wire.keep_pace()
        with raw_connection(session) as connection:
            connection.send(data)
            reply = _what_comes(connection)
            request = Request("POST", f"{session.target.base}/execute", body=data)
            exchange = connection.exchange(request, reply)
            if connection.is_silent:
                raise Broken(f"{what} is neither answered nor is the connection closed", exchange)
        if reply is not None and not _is_refusal(reply):
            raise Broken(f"{reply.status} to {what}", exchange)
        still_served(session, what)


def _broken(path: str) -> dict[str, bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: target\r\n".encode()
    return {
        "what is no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "HTTP/9.9": f"POST {path} HTTP/9.9\r\nHost: target\r\n\r\n".encode(),
        "a length below zero": head + b"Content-Length: -1\r\n\r\n",
        "a length that is no number": head + b"Content-Length: many\r\n\r\n",
        "a chunk without a size": head + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "a header without a name": head + b": nothing\r\n\r\n",
    }


def _what_comes(connection: RawConnection) -> Reply | None:
    """Return the reply; a server that waits for more is told that there is none."""
    reply = connection.receive(patience=PATIENCE)
    if connection.is_silent:
        connection.end_sending()
        reply = connection.receive()
    return reply


def _is_refusal(reply: Reply) -> bool:
    return 400 <= reply.status < 500 or reply.status in _OF_HTTP


_OF_HTTP = {501, 505}
"""How HTTP itself refuses a coding or a version that a server does not know."""

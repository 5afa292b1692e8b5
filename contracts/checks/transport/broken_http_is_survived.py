"""Is what is no HTTP refused, and is the next call served?"""

from contracts.check import performs
from contracts.findings import Broken
from contracts.raw_wire import raw_connection
from contracts.session import Session


@performs(
    "Bytes that are no HTTP get 4xx or a closed connection, and harm nobody else.",
    "components responses BadRequest",
    "execute",
)
def broken_http_is_survived(session: Session) -> None:
    """Send garbage, a wrong version, an impossible length."""
    line = b"POST " + session.target.base.encode() + b"/execute HTTP/1.1\r\nHost: x\r\n"
    for data in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        line.replace(b"HTTP/1.1", b"HTTP/9.9") + b"\r\n",
        line + b"Content-Length: -1\r\n\r\n",
        line + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ):
        with raw_connection(session) as connection:
            connection.send(data)
            reply = connection.receive()
        # 505 is what a version that the server does not speak asks for.
        if reply is not None and reply.status != 505 and not 400 <= reply.status < 500:
            exchange = connection.record(session.request("POST", "/execute", body=data), reply)
            raise Broken(f"{reply.status} to bytes that are no HTTP", exchange)
    session.results(session.execute(session.service.sample, details="true"))

"""Is a very long header taken or refused, and is the next call served?"""

from contracts.check import performs
from contracts.findings import Broken
from contracts.raw_wire import as_bytes, raw_connection
from contracts.session import Session


@performs(
    "A header of any length is taken or refused with 4xx, and harms nobody else.",
    "components responses BadRequest",
    "execute",
)
def large_header_is_survived(session: Session) -> None:
    """Send headers of 8, 64 and 512 KiB."""
    for size in (8 << 10, 64 << 10, 512 << 10):
        header = ("X-Padding", "a" * size)
        request = session.request(
            "POST",
            "/execute",
            session.query("execute", details="true"),
            session.service.sample,
            headers=(header,),
        )
        with raw_connection(session) as connection:
            connection.send(as_bytes(request))
            reply = connection.receive("POST")
        # A server that closes the connection on such a header has refused it too.
        if reply is not None and reply.status >= 500:
            raise Broken(f"{reply.status} to a long header", connection.record(request, reply))
    session.results(session.execute(session.service.sample, details="true"))

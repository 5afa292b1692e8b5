"""Is a very long header taken or refused, and is the next call served?"""

from contracts.aftermath import still_served
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
    query = session.query("execute", details="true")
    for size in (8, 64, 512):
        padding = (("X-Padding", "a" * (size << 10)),)
        request = session.request(
            "POST", "/execute", query, session.service.sample, headers=padding
        )
        session.wire.keep_pace()
        with raw_connection(session) as connection:
            connection.send(as_bytes(request))
            reply = connection.receive()
            exchange = connection.exchange(request, reply)
            # A server that closes the connection on such a header has refused it too.
            if connection.is_silent:
                raise Broken(f"a header of {size} KiB is neither taken nor refused", exchange)
        if reply is not None and reply.status != 200 and not 400 <= reply.status < 500:
            raise Broken(f"{reply.status} to a header of {size} KiB", exchange)
        still_served(session, f"a header of {size} KiB")

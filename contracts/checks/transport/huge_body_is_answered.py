"""Is a body answered that is larger than most servers take?"""

from dataclasses import replace

from contracts.aftermath import sample_call, still_served
from contracts.check import performs
from contracts.checks.transport.large_body_is_answered import answer_to_large
from contracts.findings import Broken
from contracts.profiles import Profile
from contracts.session import Session

MORE_THAN_MOST = (64 << 20) + 1


@performs(
    "A body of more than 64 MiB is scored, or refused with 413.",
    "components responses RequestEntityTooLarge",
    "execute",
    least=Profile.NIGHTLY,
)
def huge_body_is_answered(session: Session) -> None:
    """Send the sample with much space around it, which costs a service that takes it little."""
    usual = session.rows(session.send(sample_call(session)))
    request = sample_call(session)
    body = request.body + b" " * MORE_THAN_MOST
    headers = tuple(header for header in request.headers if header[0] != "Content-Length")
    headers += (("Content-Length", str(len(body))),)
    try:
        exchange = answer_to_large(session, replace(request, headers=headers, body=body))
        if session.rows(exchange) != usual:
            raise Broken("the sample scores otherwise with space around it", exchange)
    finally:
        still_served(session, "a body of more than 64 MiB")

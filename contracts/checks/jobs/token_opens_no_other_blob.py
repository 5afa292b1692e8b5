"""Does a token open its own blob only?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "The token of a result opens that blob and no other.",
    "components schemas ResultReference",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def token_opens_no_other_blob(session: Session) -> None:
    """Ask for the input with the token of the output."""
    assert session.blobs is not None  # noqa: S101  the check needs it
    other = session.blobs.put(session.new_name(), b"nothing")["RelativeLocation"]
    exchange = session.finished(session.started())
    answer = session.download_of(exchange, {"RelativeLocation": other.lstrip("/")})
    if answer.status_code < 400:
        raise Broken("the token of a result opens another blob", exchange)

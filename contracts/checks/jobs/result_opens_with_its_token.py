"""Does the address of a result open the blob?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "Base, path and token put together are the address to download.",
    "components schemas ResultReference description",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def result_opens_with_its_token(session: Session) -> None:
    """Run a job and read its output as clients do."""
    exchange = session.finished(session.started())
    if not session.output_rows(exchange):
        raise Broken("the output of a finished job is empty, not even a header", exchange)
    wrong = session.download_of(exchange, {"SasBlobToken": ""})
    if wrong.status_code < 400:
        raise Broken("the output opens without its token as well", exchange)

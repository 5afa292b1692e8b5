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
    rows = session.output_rows(exchange)
    if len(rows) != len(session.service.sample_rows) + 1:
        raise Broken(f"{len(session.service.sample_rows)} rows in, {len(rows) - 1} out", exchange)
    wrong = session.download_of(exchange, {"SasBlobToken": ""})
    if wrong.status_code < 400:
        raise Broken("the output opens without its token as well", exchange)

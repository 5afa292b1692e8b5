"""Does a job fail that cannot be done, and say why?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "A job over a file that cannot be read is Failed, with Details and without Results.",
    "components schemas BatchExecutionStatus properties Details",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def failed_job_tells_why(session: Session) -> None:
    """Give a file without the columns of the service."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    body = session.job_body()
    wrong = blobs.put(session.new_name(), b"Nobody,Knows\r\n1,2\r\n")
    body["Inputs"] = dict.fromkeys(body["Inputs"], wrong)
    job = session.job_id(session.submit(body))
    session.expect(session.start(job), 200, 204)
    exchange = session.ended(job)
    if session.state(exchange) != "Failed":
        raise Broken(f"a job over a wrong file is {session.state(exchange)}", exchange)
    again = session.status(job)
    if session.reply(again).json.get("Details") != session.reply(exchange).json.get("Details"):
        raise Broken("Details change from poll to poll", exchange, again)

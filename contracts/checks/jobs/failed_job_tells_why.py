"""Does a job fail that cannot be done, and say why?"""

from contracts.check import Need, performs
from contracts.findings import Broken, NotJudged
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
    exchange = session.submit(body)
    if session.reply(exchange).status == 400:
        raise NotJudged("the service looks into a file before it takes the job")
    job = session.job_id(exchange)
    exchange = session.start(job)
    if session.reply(exchange).status == 400:
        raise NotJudged("the service looks into a file before it starts the job")
    session.expect(exchange, 200, 204)
    session.ended(job)
    exchange = session.status(job)  # once more: also who asks later is told
    if session.state(exchange) != "Failed":
        raise Broken(f"a job over a wrong file is {session.state(exchange)}", exchange)
    match session.reply(exchange).json:
        case {"Details": str(details), "Results": None} if details.strip():
            return
        case _:
            raise Broken("a failed job does not tell why, or has Results", exchange)

"""May a location begin with a slash, and is it gone in the result?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.job_results import places
from contracts.session import Session


@performs(
    "RelativeLocation may begin with a slash; the result says it without (captured).",
    "components schemas BlobReference properties RelativeLocation",
    "submit_job",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def leading_slash_is_stripped(session: Session) -> None:
    """Send one with and one without; both name the same blob."""
    name = session.new_name()
    for slash in ("/", ""):
        body = session.job_body(output=name)
        place = next(iter(body["Outputs"].values()))
        place["RelativeLocation"] = slash + place["RelativeLocation"].lstrip("/")
        job = session.job_id(session.submit(body))
        session.expect(session.start(job), 200, 204)
        exchange = session.finished(job)
        told = places(exchange).get(next(iter(body["Outputs"])), {}).get("RelativeLocation")
        if told != place["RelativeLocation"].lstrip("/"):
            raise Broken(f"RelativeLocation is {told} for {place['RelativeLocation']}", exchange)

"""Is a job over a blob that is not there refused, or does it fail?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "An input that is not there is 400 at submit or start, or makes the job fail with details.",
    "components schemas BadArgument",
    "submit_job",
    needs=(Need.STORAGE,),
)
def missing_input_blob_is_refused(session: Session) -> None:
    """Name a blob that nobody wrote."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    inputs = {name: blobs.reference(session.new_name()) for name in session.service.inputs}
    exchange = session.submit({"Inputs": inputs, "GlobalParameters": {}})
    if exchange.status == 400:
        session.refused(exchange, 400)
        return
    job = session.job_id(exchange)
    exchange = session.start(job)
    if exchange.status == 400:
        session.refused(exchange, 400)
        return
    session.expect(exchange, 200, 204)
    exchange = session.ended(job)
    if session.state(exchange) != "Failed":
        raise Broken(f"a job without its input is {session.state(exchange)}", exchange)

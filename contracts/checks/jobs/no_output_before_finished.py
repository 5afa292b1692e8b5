"""Is there no output before the job is finished?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "An output is there when the job is finished, and not before.",
    "components schemas BatchExecutionStatus properties Results",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def no_output_before_finished(session: Session) -> None:
    """Look for the blob at every poll."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    name = session.new_name()
    job = session.started(output=name)
    exchange = session.status(job)
    early = blobs.has(name)
    # Looked at in this order, so that a job that ends in between is no fault.
    after = session.status(job)
    if early and session.state(after) in {"NotStarted", "Running"}:
        raise Broken("an output is there while its job runs", exchange, after)
    exchange = session.finished(job)
    if not blobs.has(name):
        raise Broken("a finished job has left no output", exchange)

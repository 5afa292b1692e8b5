"""Is there no output before the job is finished?"""

import time

from contracts.check import Need, performs
from contracts.exchange import Exchange
from contracts.findings import Broken
from contracts.session import TERMINAL, Session


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
    job = session.submitted(output=name)
    looked: set[str] = set()

    def look(exchange: Exchange, state: str) -> None:
        if state not in looked:
            looked.add(state)
            time.sleep(LONG_ENOUGH)
        if state not in TERMINAL and blobs.has(name):
            # Asked in this order, so that a job that ends in between is no fault.
            after = session.status(job)
            if session.state(after) not in TERMINAL:
                raise Broken("an output is there while its job runs", exchange, after)

    before = session.status(job)
    look(before, session.state(before))
    session.expect(session.start(job), 200, 204)
    exchange = session.ended(job, look)
    if session.state(exchange) == "Finished" and not blobs.has(name):
        raise Broken("a finished job has left no output", exchange)


LONG_ENOUGH = 0.15
"""Seconds in each state, really: where a clock is moved, nothing else gives time to write."""

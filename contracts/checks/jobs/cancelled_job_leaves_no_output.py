"""Does a cancelled job stop, and leave nothing behind?"""

from collections.abc import Iterator

from contracts.check import Need, performs
from contracts.exchange import Exchange
from contracts.findings import Broken, NotJudged
from contracts.session import TERMINAL, Session


@performs(
    "A job that is cancelled before it has ended is Cancelled and leaves no output.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    needs=(Need.STORAGE,),
)
def cancelled_job_leaves_no_output(session: Session) -> None:
    """Cancel a job that waits, and one that runs; look at once, and when it would be done."""
    blobs = session.blobs
    assert blobs is not None  # noqa: S101  the check needs it
    names: dict[str, str] = {}
    shown: Exchange | None = None
    for job, name in _unfinished(session):
        deleted = session.delete(job)
        session.expect(deleted, 200, 204)
        shown = session.status(job)
        state = session.state(shown)
        # A job may end on its own while it is being cancelled, but not when time stands still.
        if state not in TERMINAL or (state != "Cancelled" and session.wire.is_clock_moved):
            raise Broken(f"a job is {state} after DELETE", deleted, shown, cause="not cancelled")
        if state == "Cancelled":
            names[job] = name
    if not names or shown is None:
        raise NotJudged("the jobs were faster than their cancelling")
    session.wire.pass_time(session.amounts.longest_pause)
    for job, name in names.items():
        shown = session.status(job)
        if session.state(shown) != "Cancelled":
            raise Broken(f"a cancelled job is {session.state(shown)} later", shown, cause="goes on")
        if blobs.has(name):
            raise Broken("a cancelled job has left an output", shown)


def _unfinished(session: Session) -> Iterator[tuple[str, str]]:
    """Yield started jobs with the names of their outputs: one at once, one when it runs."""
    for wanted in ("NotStarted", "Running"):
        name = session.new_name()
        job = session.started(output=name)
        state = session.state(session.status(job))
        waited = 0.0
        while (
            state == "NotStarted" and wanted == "Running" and waited < session.amounts.poll_budget
        ):
            session.wire.pass_time(session.amounts.first_pause)
            waited += session.amounts.first_pause
            state = session.state(session.status(job))
        if state not in TERMINAL:
            yield job, name

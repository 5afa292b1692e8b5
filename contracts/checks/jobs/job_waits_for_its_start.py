"""Does nothing happen to a job before it is started?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "A job that was submitted and not started stays NotStarted.",
    "paths /workspaces/{workspace}/services/{service}/jobs post description",
    "submit_job",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def job_waits_for_its_start(session: Session) -> None:
    """Submit, let a minute pass, ask."""
    job = session.submitted()
    for seconds in (0, session.amounts.longest_pause):
        if seconds:
            session.wire.pass_time(seconds)
        exchange = session.status(job)
        state = session.state(exchange)
        if state != "NotStarted":
            raise Broken(f"a job that nobody started is {state}", exchange)

"""Do several jobs at a time keep apart?"""

from contracts.check import Need, performs
from contracts.echo import echoed, numbered
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "Every job has an id, a state and outputs of its own.",
    "paths /workspaces/{workspace}/services/{service}/jobs post description",
    "submit_job",
    "start_job",
    "get_job_status",
    needs=(Need.STORAGE,),
)
def jobs_keep_apart(session: Session) -> None:
    """Run three over different rows and delete a fourth; look for whose rows come out where."""
    bodies = [session.job_body() for _ in range(4)]
    submits = [session.submit(body) for body in bodies]
    *_, idle, cancelled = jobs = [session.job_id(exchange) for exchange in submits]
    if len(set(jobs)) < len(jobs):
        raise Broken("two jobs have the same id", *submits)
    session.expect(session.delete(cancelled), 200, 204)
    exchange = session.status(idle)
    if session.state(exchange) != "NotStarted":
        raise Broken("a job is no longer NotStarted when another was deleted", exchange)
    _look_into_outputs(session)


def _look_into_outputs(session: Session) -> None:
    """Poll them in turns. Where a service gives no text back, its outputs tell nothing."""
    echo = echoed(session)
    rows = numbered(session, 9, echo.input_place)
    parts = [rows[:2], rows[2:5], rows[5:]]
    jobs = [session.submitted(part) for part in parts]
    for job in reversed(jobs):
        session.expect(session.start(job), 200, 204)
    for job, part in zip(jobs, parts, strict=True):
        exchange = session.finished(job)
        own = {row[echo.input_place] for row in part}
        came = {row[echo.output_place] for row in session.output_rows(exchange)[1:]}
        if not came <= own:
            raise Broken("the output of a job has rows of another one", exchange)

"""Do several jobs at a time keep apart?"""

from contracts.check import Need, performs
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
    """Run three over different rows, poll them in turns."""
    rows = session.service.sample_rows
    sizes = (1, 2, 3)
    jobs = [session.submitted([rows[0]] * size) for size in sizes]
    if len(set(jobs)) < len(jobs):
        raise Broken("two jobs have the same id", session.status(jobs[0]))
    session.expect(session.delete(session.submitted()), 200, 204)
    for job in reversed(jobs):
        session.expect(session.start(job), 200, 204)
    for job, size in zip(jobs, sizes, strict=True):
        exchange = session.finished(job)
        count = len(session.output_rows(exchange)) - 1
        if count != size:
            raise Broken(f"a job over {size} rows has {count} rows in its output", exchange)

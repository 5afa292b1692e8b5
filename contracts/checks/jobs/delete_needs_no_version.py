"""Is DELETE taken without api-version?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "DELETE may leave the version out, as real clients do; another one is refused.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    needs=(Need.STORAGE,),
)
def delete_needs_no_version(session: Session) -> None:
    """Cancel a job with another version; then without any, which a gateway may refuse."""
    job = session.submitted()
    exchange = session.call("DELETE", f"/jobs/{job}", {"api-version": "1.0"})
    session.refused(exchange, 400, "BadVersionCall")
    if session.state(session.status(job)) != "NotStarted":
        raise Broken("a DELETE that was refused has cancelled the job all the same", exchange)
    session.expect(session.call("DELETE", f"/jobs/{job}", {}), 200, 204)

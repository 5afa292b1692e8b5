"""Is DELETE taken without api-version?"""

from contracts.check import Need, performs
from contracts.session import Session


@performs(
    "DELETE may leave the version out, as real clients do; another one is refused.",
    "paths /workspaces/{workspace}/services/{service}/jobs/{job} delete description",
    "delete_job",
    needs=(Need.STORAGE,),
)
def delete_needs_no_version(session: Session) -> None:
    """Cancel a job without it; then with another."""
    job = session.submitted()
    session.expect(session.call("DELETE", f"/jobs/{job}", {}), 200, 204)
    exchange = session.call("DELETE", f"/jobs/{job}", {"api-version": "1.0"})
    session.refused(exchange, 400, "BadVersionCall")

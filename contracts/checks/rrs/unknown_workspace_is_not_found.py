"""Is a workspace that nobody has 404?"""

from dataclasses import replace

from contracts.check import performs
from contracts.forms import flipped
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "An unknown workspace is 404 with WorkspaceNotFound, or as a service that is not there.",
    "components responses NotFound",
    "execute",
    least=Profile.SMOKE,
)
def unknown_workspace_is_not_found(session: Session) -> None:
    """Ask for the service in another workspace."""
    query = session.query("execute", details="true")
    request = session.request("POST", "/execute", query, session.service.sample)
    workspace = session.target.workspace
    other = replace(request, target=request.target.replace(workspace, flipped(workspace)))
    codes = ("WorkspaceNotFound", "WebServiceIdNotFoundInWorkspace", "WebServiceNotFound")
    session.refused(session.send(other), 404, *codes)

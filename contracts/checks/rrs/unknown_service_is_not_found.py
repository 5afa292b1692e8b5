"""Is a service that nobody has 404?"""

from dataclasses import replace

from contracts.check import performs
from contracts.forms import flipped
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "An unknown service is 404 with WebServiceNotFound or WebServiceIdNotFoundInWorkspace.",
    "components responses NotFound",
    "execute",
    least=Profile.SMOKE,
)
def unknown_service_is_not_found(session: Session) -> None:
    """Ask for another id, in this workspace."""
    query = session.query("execute", details="true")
    request = session.request("POST", "/execute", query, session.service.sample)
    service = session.target.service
    other = replace(request, target=request.target.replace(service, flipped(service)))
    codes = ("WebServiceNotFound", "WebServiceIdNotFoundInWorkspace")
    session.refused(session.send(other), 404, *codes)

"""Has a service's own Swagger document the frame that clients look for?"""

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

_PATHS = {
    "/swagger.json",
    "/execute?api-version=2.0&format=swagger",
    "/jobs?api-version=2.0",
    "/jobs/{jobId}?api-version=2.0",
    "/jobs/{jobId}/start?api-version=2.0",
}


@judges(
    "swagger.json is a Swagger 2.0 document with the five paths, at the endpoint's own address.",
    "components schemas SwaggerDocument",
    order=51,
)
def swagger_document_frame(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the document."""
    if exchange.operation != "get_swagger_document" or exchange.status != 200:
        return None
    document = exchange.reply.json if exchange.reply else None
    if not isinstance(document, dict) or document.get("swagger") != "2.0":
        return "swagger.json is no Swagger 2.0 document"
    paths = document.get("paths")
    if not isinstance(paths, dict) or not set(paths) >= _PATHS:
        return "swagger.json lacks paths of the service"
    # The address as it was asked for: a run may ask for the document of another service too.
    address = exchange.request.path.removeprefix(session.target.prefix)
    if document.get("basePath") != address.removesuffix("/swagger.json"):
        return "swagger.json has another basePath"
    return None

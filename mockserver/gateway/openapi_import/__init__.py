"""Which API does an OpenAPI document become, by API Management's own rules?"""

from mockserver.gateway.openapi_import.api import ImportOptions, import_api
from mockserver.gateway.openapi_import.part import DocumentNotImportable, Mistake

__all__ = ["DocumentNotImportable", "ImportOptions", "Mistake", "import_api"]

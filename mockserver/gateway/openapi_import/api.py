"""What is an imported API called, where is it found, and which web service is behind it?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.declaration import ApiDeclaration
from mockserver.gateway.openapi_import.messages import Messages
from mockserver.gateway.openapi_import.operations import MOST_NAME, identifier, read_operations
from mockserver.gateway.openapi_import.part import DocumentNotImportable, Mistake, Part, Place

_RESTRICTIONS = "the page on API import restrictions"

FACTS = (
    Fact(
        "OpenAPI 2.0, 3.0 and 3.1 are imported.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "The first server of a document of OpenAPI 3 whose address is https is the web service;"
        " without one the web service's address stays empty.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "Of OpenAPI 2.0, `x-servers` is read as `servers`; without it the address is made of"
        " `host`, `basePath` and `schemes`, https if that is one of them or none is given.",
        Evidence.ASSUMED,
        "the page on API import restrictions names `x-servers`, and is silent on `schemes`",
    ),
    Fact(
        "Variables in the address of a server stand for their defaults.",
        Evidence.ASSUMED,
        "as OpenAPI means them; an import into a live service would settle it",
    ),
    Fact(
        "Security definitions are ignored, and so are extensions other than `x-ms-paths` and"
        " `x-servers`.",
        Evidence.PUBLISHED,
        _RESTRICTIONS,
    ),
    Fact(
        "Left out, an API's suffix is made of the title, as an id is made of an `operationId`.",
        Evidence.ASSUMED,
        "not a fact of the service, which asks for the suffix",
    ),
)

_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_VERSION = re.compile(r"3\.[01](\.[0-9]+)?(-.*)?")
_UNKNOWN = "https://not-known"
"""In place of an address that was complained of already."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the document does not say, or what is to be used instead of what it says."""

    id: str | None = None
    name: str | None = None
    path: str | None = None
    service_url: str | None = None
    required_query: Literal["template", "query"] = "template"


def import_api(document: Any, options: ImportOptions) -> ApiDeclaration:
    """Make an API of a document of JSON values. Raises DocumentNotImportable."""
    root = Part.whole(document)
    is_old = _is_old(root)
    messages = Messages(root, is_old=is_old)
    declared = _names(root, options)
    declared["service_url"] = _service_url(root, options, is_old=is_old)
    in_template = options.required_query == "template"
    operations = list(read_operations(root, messages, required_in_template=in_template))
    declared["operations"] = [operation for _, operation in operations]
    if schemas := messages.schemas():
        declared["schemas"] = schemas
    mistakes = root.mistakes
    try:
        api = ApiDeclaration.model_validate(declared)
    except ValidationError as error:
        mistakes += _not_valid(error, [place for place, _ in operations], options)
        raise DocumentNotImportable(mistakes) from error
    if mistakes:
        raise DocumentNotImportable(mistakes)
    return api


def _is_old(root: Part) -> bool:
    """Say whether the document is OpenAPI 2.0; refuse what is not imported at all."""
    version, old_version = root.get("openapi"), root.get("swagger")
    if version is not None and _VERSION.fullmatch(str(version.value)):
        return False
    if version is None and old_version is not None and str(old_version.value) == "2.0":
        return True
    found = version or old_version
    what = f"version {found.value} is not imported" if found else "this is no OpenAPI document"
    place = found.place if found else ()
    raise DocumentNotImportable([Mistake(place, f"{what}; 2.0, 3.0 and 3.1 are")])


def _names(root: Part, options: ImportOptions) -> dict[str, Any]:
    info = root.get("info") or root
    title = info.text("title").strip()
    slug = identifier(title or options.name or "")
    if not title and not options.name:
        info.wrong("there is no title to name the API by; give a --name")
    elif not slug and (options.id is None or options.path is None):
        info.wrong("its title makes no id and no path; give an --id and a --path")
    return {
        "id": (slug or "api") if options.id is None else options.id,
        "name": options.name or title[:MOST_NAME] or "API",
        "path": slug if options.path is None else options.path.strip("/"),
    }


def _service_url(root: Part, options: ImportOptions, *, is_old: bool) -> str:
    if options.service_url is not None:
        return options.service_url
    if is_old and root.get("x-servers") is None:
        url = _old_address(root)
    else:
        servers = root.elements("x-servers" if is_old else "servers")
        addresses = (_address(server) for server in servers)
        url = next((each for each in addresses if each.startswith("https://")), "")
    if not url:
        root.wrong(
            "none of its servers begins with https://, which leaves the address of the web service"
            " empty; give it with --service-url"
        )
    return url or _UNKNOWN


def _old_address(root: Part) -> str:
    host = root.text("host")
    schemes = [part.value for part in root.elements("schemes")] or ["https"]
    scheme = next((each for each in ("https", "http") if each in schemes), "")
    return f"{scheme}://{host}{root.text('basePath')}" if host and scheme else ""


def _address(server: Part) -> str:
    """Return the address of a server, its variables replaced and its scheme in lower case."""
    found = ((name, each.get("default")) for name, each in server.members("variables"))
    defaults = {name: str(default.value) for name, default in found if default is not None}

    def replaced(match: re.Match[str]) -> str:
        if match[1] not in defaults:
            server.wrong(f"the variable '{match[1]}' of its address has no default")
        return defaults.get(match[1], "")

    scheme, separator, rest = _IN_BRACES.sub(replaced, server.text("url")).partition("://")
    return scheme.lower() + separator + rest


def _not_valid(
    error: ValidationError, places: Sequence[Place], options: ImportOptions
) -> Iterator[Mistake]:
    for item in error.errors():
        what = item["msg"].removeprefix("Value error, ")
        match item["loc"]:
            case ("operations", int(number), *fields):
                named = ".".join(str(each) for each in fields)
                yield Mistake(places[number], f"{named}: {what}")
            case (str(name), *_) if getattr(options, name, None) is not None:
                yield Mistake((), f"--{name.replace('_', '-')}: {what}")
            case location:
                yield Mistake((), f"{'.'.join(str(each) for each in location)}: {what}")

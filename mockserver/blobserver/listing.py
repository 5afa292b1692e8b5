"""Which blobs or containers does a list show, and how is one page of it written?"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.markup import element, name_element
from mockserver.blobserver.records import Blob, ContainerRecord
from mockserver.blobserver.reply import Reply, http_date, xml_reply
from mockserver.blobserver.request import Request
from mockserver.blobserver.store import Container
from mockserver.blobserver.transfer import Service
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Lists are in the order of names, at most 5000 entries to a page; the marker of the next"
        " page is opaque.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, List Blobs",
    ),
    Fact(
        "A name that XML cannot say is written with escapes and `Encoded`.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, List Blobs; for all such characters, we assume",
    ),
)

_MOST = 5000
_LAST = "\U0010ffff"


def _most(request: Request) -> int:
    return min(request.number("maxresults") or _MOST, _MOST)


def _marker(name: str) -> str:
    return f"2!{urlsafe_b64encode(name.encode()).decode()}" if name else ""


def _first(request: Request) -> str:
    """Return the name that a page begins with."""
    kind, _, name = request.query.get("marker", "").partition("!")
    try:
        return urlsafe_b64decode(name).decode() if kind == "2" else ""
    except ValueError:
        raise Refusal("OutOfRangeInput", reason="this marker is none of ours") from None


async def list_blobs(service: Service, request: Request) -> Reply:
    """Write a page of the blobs of a container."""
    container = service.store.container(request.account, request.container)
    return await service.run(partial(_list_blobs, container, request))


def _list_blobs(container: Container, request: Request) -> Reply:
    prefix = request.query.get("prefix", "")
    delimiter = request.query.get("delimiter", "")
    include = set(request.query.get("include", "").split(","))
    limit = _most(request)
    entries = _entries(container, prefix, delimiter, max(_first(request), prefix), include)
    page = list(islice(entries, limit + 1))
    following = page.pop()[0] if len(page) > limit else ""
    items = "".join(_item(container, name, include) for name in page)
    return xml_reply(
        f"<EnumerationResults ServiceEndpoint={_quoted(request.address + '/')}"
        f" ContainerName={_quoted(container.name)}>{_asked(request, ('prefix', 'marker'))}"
        f"{_asked(request, ('maxresults', 'delimiter'))}<Blobs>{items}</Blobs>"
        f"{element('NextMarker', _marker(following))}</EnumerationResults>"
    )


Entry = tuple[str, bool]
"""A name, and whether it is only what several names begin with."""


def _entries(
    container: Container, prefix: str, delimiter: str, first: str, include: set[str]
) -> Iterator[Entry]:
    uncommitted = "uncommittedblobs" in include
    last_group = ""
    for name in container.names_from(first):
        if not name.startswith(prefix):
            return
        if name not in container.blobs and not uncommitted:
            continue
        front, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if not found:
            yield name, False
        elif (group := prefix + front + found) != last_group:
            last_group = group
            yield group, True


def _item(container: Container, entry: Entry, include: set[str]) -> str:
    name, is_group = entry
    if is_group:
        return f"<BlobPrefix>{name_element(name)}</BlobPrefix>"
    blob = container.blobs.get(name)
    if blob is None:
        properties = "<Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType>"
        return f"<Blob>{name_element(name)}<Properties>{properties}</Properties></Blob>"
    metadata = _metadata(blob.metadata.items()) if "metadata" in include else ""
    return (
        f"<Blob>{name_element(name)}<Properties>{_properties(blob)}</Properties>{metadata}</Blob>"
    )


def _properties(blob: Blob) -> str:
    content = blob.content
    values = {
        "Creation-Time": http_date(blob.created).decode(),
        **_stamps(blob),
        "Content-Length": str(blob.size),
        "Content-Type": content.type,
        "Content-Encoding": content.encoding,
        "Content-Language": content.language,
        "Content-MD5": content.md5,
        "Content-Disposition": content.disposition,
        "Cache-Control": content.cache_control,
        "BlobType": "BlockBlob",
        "AccessTier": "Hot",
        "AccessTierInferred": "true",
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
    }
    return "".join(element(name, value) for name, value in values.items() if value)


def _stamps(record: Blob | ContainerRecord) -> dict[str, str]:
    return {
        "Last-Modified": http_date(record.modified).decode(),
        "Etag": record.etag.strip('"'),
    }


def _metadata(pairs: Iterable[tuple[str, str]]) -> str:
    return f"<Metadata>{''.join(element(name, value) for name, value in pairs)}</Metadata>"


def _quoted(text: str) -> str:
    return element("q", text).replace("<q>", '"').replace("</q>", '"')


def _asked(request: Request, names: tuple[str, ...]) -> str:
    titles = {"prefix": "Prefix", "marker": "Marker", "delimiter": "Delimiter"}
    return "".join(
        element(titles.get(name, "MaxResults"), request.query[name])
        for name in names
        if request.query.get(name)
    )


async def list_containers(service: Service, request: Request) -> Reply:
    """Write a page of the containers of an account."""
    prefix, first, limit = request.query.get("prefix", ""), _first(request), _most(request)
    found = [
        container
        for container in service.store.containers(request.account)
        if container.name.startswith(prefix) and container.name >= first
    ]
    following = found[limit].name if len(found) > limit else ""
    with_metadata = "metadata" in request.query.get("include", "")
    items = "".join(_container(container, with_metadata) for container in found[:limit])
    return xml_reply(
        f"<EnumerationResults ServiceEndpoint={_quoted(request.address + '/')}>"
        f"{_asked(request, ('prefix', 'marker', 'maxresults'))}<Containers>{items}</Containers>"
        f"{element('NextMarker', _marker(following))}</EnumerationResults>"
    )


def _container(container: Container, with_metadata: bool) -> str:
    values = {
        **_stamps(container.record),
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "HasImmutabilityPolicy": "false",
        "HasLegalHold": "false",
    }
    properties = "".join(element(name, value) for name, value in values.items())
    metadata = _metadata(container.record.metadata.items()) if with_metadata else ""
    return (
        f"<Container>{element('Name', container.name)}<Properties>{properties}</Properties>"
        f"{metadata}</Container>"
    )

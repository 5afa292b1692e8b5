"""Which headers does a client store with a blob: its content's description and its metadata?"""

import re
from collections.abc import Mapping

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.records import Content
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "x-ms-blob-content-type and its like are stored; Put Blob falls back on Content-Type,"
        " Content-Encoding and so on, Put Block List does not.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, Put Blob and Put Block List",
    ),
    Fact(
        "A content type is stored as it was sent, also `application/octet-stream Charset=UTF-8`.",
        Evidence.CAPTURED,
        "azure-storage 0.20 sends it so",
    ),
)

_METADATA = "x-ms-meta-"
_METADATA_NAME = re.compile("[a-z_][a-z0-9_]*")
_LARGEST_METADATA = 8 * 1024


def content_of(headers: Mapping[str, str], *, fall_back: bool, md5: str = "") -> Content:
    """Return the description of a blob that is being written. `md5` is Base64 or empty."""

    def given(name: str) -> str:
        plain = headers.get(name, "") if fall_back else ""
        return headers.get(f"x-ms-blob-{name}", "") or plain

    return Content(
        given("content-type") or "application/octet-stream",
        given("content-encoding"),
        given("content-language"),
        headers.get("x-ms-blob-content-md5", "") or md5,
        headers.get("x-ms-blob-content-disposition", ""),
        given("cache-control"),
    )


def metadata_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata in the headers of a request. Raises InvalidMetadata."""
    found = {
        name.removeprefix(_METADATA): value
        for name, value in headers.items()
        if name.startswith(_METADATA)
    }
    if not all(map(_METADATA_NAME.fullmatch, found)):
        raise Refusal("InvalidMetadata", reason=f"names are {', '.join(found)[:100]}")
    if sum(len(name) + len(value) for name, value in found.items()) > _LARGEST_METADATA:
        raise Refusal("MetadataTooLarge")
    return found

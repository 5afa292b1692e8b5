"""What does an answer of the blob service look like: headers of a blob, a body, an error?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from typing import BinaryIO

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.markup import DECLARATION, element
from mockserver.blobserver.records import Blob, ContainerRecord
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Metadata names come back in lower case.",
        Evidence.ASSUMED,
        "our choice: Azure keeps the case that was sent, which HTTP clients do not rely on",
    ),
)

Header = tuple[bytes, bytes]
XML = (b"content-type", b"application/xml")


@dataclass(frozen=True, slots=True)
class Stream:
    """A part of an open file, to be sent as a body. Whoever has it closes the file."""

    file: BinaryIO
    length: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent. Its length stands in the headers if the body is none."""

    status: int
    headers: list[Header]
    body: bytes | Stream = b""


def http_date(seconds: float) -> bytes:
    """Write a moment as headers do."""
    return formatdate(seconds, usegmt=True).encode()


def stamp_headers(record: Blob | ContainerRecord) -> list[Header]:
    """Return ETag and Last-Modified."""
    return [(b"etag", record.etag.encode()), (b"last-modified", http_date(record.modified))]


def metadata_headers(metadata: Mapping[str, str]) -> Iterator[Header]:
    """Yield a header for each pair."""
    for name, value in metadata.items():
        yield f"x-ms-meta-{name}".encode("latin-1"), value.encode("latin-1")


def content_headers(blob: Blob, overrides: Mapping[str, str]) -> Iterator[Header]:
    """Yield the headers that describe the bytes, but for length and MD5."""
    content = blob.content
    values = {
        "content-type": content.type,
        "content-encoding": content.encoding,
        "content-language": content.language,
        "content-disposition": content.disposition,
        "cache-control": content.cache_control,
        **overrides,
    }
    for name, value in values.items():
        if value:
            yield name.encode(), value.encode("latin-1", "replace")


def blob_headers(blob: Blob, overrides: Mapping[str, str]) -> list[Header]:
    """Return what a read of a blob says of it, but for length and MD5."""
    return [
        *stamp_headers(blob),
        *content_headers(blob, overrides),
        *metadata_headers(blob.metadata),
        (b"x-ms-blob-type", b"BlockBlob"),
        (b"x-ms-lease-status", b"unlocked"),
        (b"x-ms-lease-state", b"available"),
        (b"x-ms-server-encrypted", b"true"),
        (b"x-ms-creation-time", http_date(blob.created)),
        (b"accept-ranges", b"bytes"),
    ]


def xml_reply(document: str, headers: list[Header] | None = None) -> Reply:
    """Answer 200 with a document."""
    return Reply(200, [XML, *(headers or [])], (DECLARATION + document).encode())


def refuse(refusal: Refusal, request_id: bytes, now: float, *, with_body: bool = True) -> Reply:
    """Word a refusal. A 304 has no body, nor has an answer to HEAD."""
    headers = [(b"x-ms-error-code", refusal.code.encode()), *refusal.headers]
    if refusal.status == 304 or not with_body:  # noqa: PLR2004
        return Reply(refusal.status, headers)
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    message = f"{refusal.message}\nRequestId:{request_id.decode()}\nTime:{time}"
    detail = element("AuthenticationErrorDetail", refusal.detail) if refusal.detail else ""
    document = (
        f"<Error>{element('Code', refusal.code)}{element('Message', message)}{detail}</Error>"
    )
    return Reply(refusal.status, [XML, *headers], f"{DECLARATION}\n{document}".encode())

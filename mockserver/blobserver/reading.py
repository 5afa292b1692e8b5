"""How are a blob's bytes and properties read?"""

from base64 import b64encode
from functools import partial
from hashlib import md5
from typing import BinaryIO

from mockserver.blobserver.conditions import Conditions
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.ranges import requested_range
from mockserver.blobserver.records import Blob
from mockserver.blobserver.reply import (
    Header,
    Reply,
    Stream,
    blob_headers,
    metadata_headers,
    stamp_headers,
)
from mockserver.blobserver.request import Request
from mockserver.blobserver.transfer import Service
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A blob, and each part of it, comes with the blob's MD5 as x-ms-blob-content-md5, a part"
        " also with its own as Content-MD5 if x-ms-range-get-content-md5 asks for it, up to 4 MiB.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, Get Blob",
    ),
)

_LARGEST_WITH_MD5 = 4 << 20


def _find(service: Service, request: Request) -> Blob:
    """Return the blob. Raises ContainerNotFound, BlobNotFound and what conditions say."""
    service.store.container(request.account, request.container)
    blob = service.store.find(*request.place)
    Conditions(request.headers).check_read(blob)
    if blob is None:
        raise Refusal("BlobNotFound", reason=f"there is no blob {request.blob[:200]!r}")
    return blob


def _open(service: Service, request: Request) -> tuple[Blob, BinaryIO]:
    return service.store.open(*request.place, Conditions(request.headers).check_read)


async def get_blob(service: Service, request: Request) -> Reply:
    """Send a blob, or a part of it."""
    if "snapshot" in request.query or "versionid" in request.query:
        raise Refusal("APINotImplemented", reason="a snapshot or a version")
    blob, file = await service.run(partial(_open, service, request))
    try:
        part = requested_range(request.headers, blob.size)
        headers = blob_headers(blob, request.overrides)
        if part is None:
            headers += [*_md5(b"content-md5", blob), *_md5(b"x-ms-blob-content-md5", blob)]
            headers.append((b"content-length", b"%d" % blob.size))
            return Reply(200, headers, Stream(file, blob.size))
        start, length = part
        headers += _md5(b"x-ms-blob-content-md5", blob)
        headers.append((b"content-length", b"%d" % length))
        headers.append(
            (b"content-range", b"bytes %d-%d/%d" % (start, start + length - 1, blob.size))
        )
        if _wants_md5(request, length):
            digest = await service.run(partial(_digest, file, start, length))
            headers.append((b"content-md5", digest))
        file.seek(start)
        return Reply(206, headers, Stream(file, length))
    except BaseException:
        file.close()
        raise


def _wants_md5(request: Request, length: int) -> bool:
    wants = request.headers.get("x-ms-range-get-content-md5", "").lower() == "true"
    if wants and length > _LARGEST_WITH_MD5:
        raise Refusal("OutOfRangeInput", reason="a range of more than 4 MiB with its MD5")
    return wants


def _digest(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return b64encode(md5(file.read(length), usedforsecurity=False).digest())


def _md5(name: bytes, blob: Blob) -> list[Header]:
    return [(name, blob.content.md5.encode("latin-1"))] if blob.content.md5 else []


async def get_blob_properties(service: Service, request: Request) -> Reply:
    """Say all of a blob but its bytes."""
    blob = _find(service, request)
    headers = blob_headers(blob, request.overrides)
    headers += [
        *_md5(b"content-md5", blob),
        (b"content-length", b"%d" % blob.size),
        (b"x-ms-access-tier", b"Hot"),
        (b"x-ms-access-tier-inferred", b"true"),
    ]
    return Reply(200, headers)


async def get_metadata(service: Service, request: Request) -> Reply:
    """Say the metadata of a blob."""
    blob = _find(service, request)
    return Reply(200, [*stamp_headers(blob), *metadata_headers(blob.metadata)])

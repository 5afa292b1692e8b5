"""How are blobs written: in one piece, in blocks, or by what is recorded of them; how deleted?"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import partial
from hashlib import md5

from msgspec.structs import replace

from mockserver.blobserver.conditions import Conditions
from mockserver.blobserver.described import content_of, metadata_of
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.markup import element, read_block_list
from mockserver.blobserver.records import Blob
from mockserver.blobserver.reply import Reply, stamp_headers, xml_reply
from mockserver.blobserver.request import Request
from mockserver.blobserver.transfer import Service, read_document
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A blob written in one piece has an MD5, one put together from blocks has none unless the"
        " client gives it.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, Put Blob and Put Block List",
    ),
    Fact(
        "A body that is not what its Content-MD5 says is 400 Md5Mismatch; Put Blob compares it with"
        " x-ms-blob-content-md5 first.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, blob service error codes; the second as Azurite does",
    ),
    Fact(
        "Put Blob takes 64 MiB before version 2016-05-31, 256 MiB before 2019-12-12, then 5000 MiB;"
        " Put Block 4, 100 and 4000 MiB.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, Put Blob and Put Block, remarks",
    ),
    Fact(
        "Only block blobs are offered; page and append blobs, snapshots, leases, tags and copies"
        " are 501 APINotImplemented. A CRC64 is not checked.",
        Evidence.ASSUMED,
        "our choice",
    ),
)

_MIB = 1 << 20
_BLOB_LIMITS = (("2019-12-12", 5000 * _MIB), ("2016-05-31", 256 * _MIB), ("", 64 * _MIB))
_BLOCK_LIMITS = (("2019-12-12", 4000 * _MIB), ("2016-05-31", 100 * _MIB), ("", 4 * _MIB))
_LARGEST_BLOCK_LIST = 16 * _MIB
_MOST_BLOCKS = 50_000
_LONGEST_BLOCK_ID = 64
_BASE64 = re.compile("[A-Za-z0-9+/]+={0,2}")
_ENCRYPTED = (b"x-ms-request-server-encrypted", b"true")


def _limit(limits: tuple[tuple[str, int], ...], version: str) -> int:
    return next(limit for since, limit in limits if version >= since)


def _check_writable(request: Request) -> Callable[[Blob | None], None]:
    """Return what judges, at the moment of the change, whether a blob may be written."""
    conditions = Conditions(request.headers)

    def check(blob: Blob | None) -> None:
        if blob is not None and not request.may_overwrite:
            raise Refusal("UnauthorizedBlobOverwrite")
        conditions.check_write(blob, creates=True)

    return check


def _check_there(request: Request) -> Callable[[Blob | None], None]:
    conditions = Conditions(request.headers)

    def check(blob: Blob | None) -> None:
        if blob is None:
            raise Refusal("BlobNotFound")
        conditions.check_write(blob)

    return check


def _created(blob: Blob, received: str) -> Reply:
    """Answer that a blob was made; `received` is the MD5 of what the client sent."""
    headers = [*stamp_headers(blob), _ENCRYPTED, (b"content-md5", received.encode())]
    return Reply(201, headers)


async def put_blob(service: Service, request: Request) -> Reply:
    """Write a blob in one piece."""
    if "x-ms-copy-source" in request.headers:
        raise Refusal("APINotImplemented", reason="a copy from a URL")
    kind = request.headers.get("x-ms-blob-type", "")
    if kind in ("PageBlob", "AppendBlob"):
        raise Refusal("APINotImplemented", reason=f"a {kind}")
    if kind != "BlockBlob":
        raise Refusal(
            "InvalidHeaderValue" if kind else "MissingRequiredHeader", reason="x-ms-blob-type"
        )
    check = _check_writable(request)
    metadata = metadata_of(request.headers)
    service.store.container(request.account, request.container)
    check(service.store.find(*request.place))
    upload = await service.take_in(request, _limit(_BLOB_LIMITS, request.version), with_md5=True)
    digest = b64encode(upload.md5).decode()
    content = content_of(request.headers, fall_back=True, md5=digest)

    def commit() -> Blob:
        try:
            return service.store.put(request.place, upload, content, metadata, check)
        finally:
            upload.discard()

    return _created(await service.run(commit), digest)


async def put_block(service: Service, request: Request) -> Reply:
    """Keep a block for a later block list."""
    block_id = request.query.get("blockid", "")
    _check_block_id(block_id)
    service.store.container(request.account, request.container)
    upload = await service.take_in(request, _limit(_BLOCK_LIMITS, request.version), with_md5=False)

    def stage() -> None:
        try:
            service.store.stage(request.place, block_id, upload)
        finally:
            upload.discard()

    await service.run(stage)
    digest = [(b"content-md5", b64encode(upload.md5))] if upload.md5 else []
    return Reply(201, [*digest, _ENCRYPTED])


def _check_block_id(text: str) -> None:
    try:
        decoded = b64decode(text, validate=True) if _BASE64.fullmatch(text) else b""
    except ValueError:
        decoded = b""
    if not decoded:
        raise Refusal("InvalidQueryParameterValue", reason=f"blockid is {text[:100]!r}")
    if len(decoded) > _LONGEST_BLOCK_ID:
        raise Refusal("OutOfRangeInput", reason=f"blockid has {len(decoded)} bytes")


async def put_block_list(service: Service, request: Request) -> Reply:
    """Put a blob together from blocks."""
    check = _check_writable(request)
    content = content_of(request.headers, fall_back=False)
    metadata = metadata_of(request.headers)
    service.store.container(request.account, request.container)
    document = await read_document(request, _LARGEST_BLOCK_LIST)

    def commit() -> Blob:
        choices = read_block_list(document)
        if len(choices) > _MOST_BLOCKS:
            raise Refusal("BlockCountExceedsLimit")
        return service.store.commit_blocks(request.place, choices, content, metadata, check)

    blob = await service.run(commit)
    return _created(blob, b64encode(md5(document, usedforsecurity=False).digest()).decode())


async def get_block_list(service: Service, request: Request) -> Reply:
    """Name the blocks of a blob, those not committed yet as well if asked for."""
    wanted = request.query.get("blocklisttype", "committed").lower()
    if wanted not in ("committed", "uncommitted", "all"):
        raise Refusal("InvalidQueryParameterValue", reason="blocklisttype")
    container = service.store.container(request.account, request.container)
    blob = container.blobs.get(request.blob)
    staged = container.staged.get(request.blob)
    if blob is None and staged is None:
        raise Refusal("BlobNotFound")
    Conditions(request.headers).check_read(blob)
    parts = []
    if wanted != "uncommitted":
        parts.append(_blocks("Committed", [(b.id, b.size) for b in (blob.blocks if blob else ())]))
    if wanted != "committed":
        parts.append(_blocks("Uncommitted", sorted(staged.sizes.items()) if staged else []))
    headers = stamp_headers(blob) if blob is not None else []
    headers.append((b"x-ms-blob-content-length", b"%d" % (blob.size if blob is not None else 0)))
    return xml_reply(f"<BlockList>{''.join(parts)}</BlockList>", headers)


def _blocks(kind: str, blocks: list[tuple[str, int]]) -> str:
    items = (
        f"<Block>{element('Name', id_)}{element('Size', size)}</Block>" for id_, size in blocks
    )
    return f"<{kind}Blocks>{''.join(items)}</{kind}Blocks>"


async def set_metadata(service: Service, request: Request) -> Reply:
    """Replace the metadata of a blob."""
    metadata = metadata_of(request.headers)
    edit = partial(replace, metadata=metadata)
    blob = await service.run(
        partial(service.store.change, request.place, _check_there(request), edit)
    )
    return Reply(200, [*stamp_headers(blob), _ENCRYPTED])


async def set_properties(service: Service, request: Request) -> Reply:
    """Replace the description of a blob's content."""
    headers = request.headers

    def edit(blob: Blob) -> Blob:
        if not any(name.startswith("x-ms-blob-c") for name in headers):
            return blob
        return replace(blob, content=content_of(headers, fall_back=False))

    blob = await service.run(
        partial(service.store.change, request.place, _check_there(request), edit)
    )
    return Reply(200, stamp_headers(blob))


async def delete_blob(service: Service, request: Request) -> Reply:
    """Remove a blob."""
    await service.run(partial(service.store.delete, request.place, _check_there(request)))
    return Reply(202, [(b"x-ms-delete-type-permanent", b"true")])

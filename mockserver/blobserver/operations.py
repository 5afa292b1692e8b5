"""Which operation is meant by a method, a path and the parameters restype and comp?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mockserver.blobserver import containers, listing, reading, writing
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.reply import Reply
from mockserver.blobserver.request import Request
from mockserver.blobserver.sas import Need
from mockserver.blobserver.transfer import Service
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A SAS needs `r` to read, `c` or `w` to write a new blob, `w` to replace one, to stage a"
        " block and to commit a block list, `d` to delete, `l` to list.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, permissions for a service SAS",
    ),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers, and what it asks of a SAS."""

    answer: Callable[[Service, Request], Awaitable[Reply]]
    need: Need


_READ = Need("r", "object")
_WRITE = Need("w", "object")
_ON_CONTAINER = {
    letters: Need(letters, "container", by_service_sas=False) for letters in ("r", "w", "cw", "d")
}
_GET_CONTAINER = Operation(containers.get_container, _ON_CONTAINER["r"])
_ACCOUNT = Operation(
    containers.get_account_information, Need("rwdlacu", "service", by_service_sas=False)
)

OPERATIONS: dict[tuple[str, str, str, str], Operation] = {
    ("GET", "service", "", "list"): Operation(
        listing.list_containers, Need("l", "service", by_service_sas=False)
    ),
    ("GET", "service", "account", "properties"): _ACCOUNT,
    ("HEAD", "service", "account", "properties"): _ACCOUNT,
    ("PUT", "container", "container", ""): Operation(
        containers.create_container, _ON_CONTAINER["cw"]
    ),
    ("GET", "container", "container", ""): _GET_CONTAINER,
    ("HEAD", "container", "container", ""): _GET_CONTAINER,
    ("GET", "container", "container", "metadata"): _GET_CONTAINER,
    ("HEAD", "container", "container", "metadata"): _GET_CONTAINER,
    ("PUT", "container", "container", "metadata"): Operation(
        containers.set_container_metadata, _ON_CONTAINER["w"]
    ),
    ("GET", "container", "container", "acl"): Operation(
        containers.get_container_acl, _ON_CONTAINER["r"]
    ),
    ("DELETE", "container", "container", ""): Operation(
        containers.delete_container, _ON_CONTAINER["d"]
    ),
    ("GET", "container", "container", "list"): Operation(
        listing.list_blobs, Need("l", "container")
    ),
    ("PUT", "blob", "", ""): Operation(writing.put_blob, Need("cw", "object")),
    ("PUT", "blob", "", "block"): Operation(writing.put_block, _WRITE),
    ("PUT", "blob", "", "blocklist"): Operation(writing.put_block_list, _WRITE),
    ("PUT", "blob", "", "metadata"): Operation(writing.set_metadata, _WRITE),
    ("PUT", "blob", "", "properties"): Operation(writing.set_properties, _WRITE),
    ("GET", "blob", "", ""): Operation(reading.get_blob, _READ),
    ("HEAD", "blob", "", ""): Operation(reading.get_blob_properties, _READ),
    ("GET", "blob", "", "metadata"): Operation(reading.get_metadata, _READ),
    ("HEAD", "blob", "", "metadata"): Operation(reading.get_metadata, _READ),
    ("GET", "blob", "", "blocklist"): Operation(writing.get_block_list, _READ),
    ("DELETE", "blob", "", ""): Operation(writing.delete_blob, Need("d", "object")),
}
"""By method, what the path names, restype and comp."""

_VERBS = ("GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS")
_KNOWN_TO_AZURE = {
    *("acl", "appendblock", "batch", "blobs", "copy", "expiry", "immutabilitypolicies"),
    *("incrementalcopy", "lease", "legalhold", "page", "pagelist", "properties", "query", "rename"),
    *("seal", "snapshot", "stats", "tags", "tier", "undelete", "userdelegationkey"),
}


def find_operation(request: Request) -> Operation:
    """Return the operation that a request asks for, or raise Refusal."""
    level = "blob" if request.blob else "container" if request.container else "service"
    comp = request.query.get("comp", "").lower()
    operation = OPERATIONS.get(
        (request.method, level, request.query.get("restype", "").lower(), comp)
    )
    if operation is not None:
        return operation
    if request.method not in _VERBS:
        raise Refusal("UnsupportedHttpVerb")
    if comp in _KNOWN_TO_AZURE:
        raise Refusal("APINotImplemented", reason=f"comp is {comp}")
    raise Refusal("InvalidQueryParameterValue" if comp else "InvalidUri")

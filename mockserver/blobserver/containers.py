"""How are containers made, described and removed, and what is said of an account?"""

from functools import partial

from mockserver.blobserver.described import metadata_of
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.reply import Header, Reply, metadata_headers, stamp_headers, xml_reply
from mockserver.blobserver.request import Request
from mockserver.blobserver.transfer import Service
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A container that anybody could read is refused: PublicAccessNotPermitted.",
        Evidence.PUBLISHED,
        "the default of storage accounts since 2023; Azurite would make it",
    ),
    Fact(
        "A container's name is free as soon as it is deleted.",
        Evidence.ASSUMED,
        "as in Azurite; Azure keeps the name for half a minute and longer",
    ),
)

_STATE: tuple[Header, ...] = (
    (b"x-ms-lease-status", b"unlocked"),
    (b"x-ms-lease-state", b"available"),
    (b"x-ms-has-immutability-policy", b"false"),
    (b"x-ms-has-legal-hold", b"false"),
)


async def create_container(service: Service, request: Request) -> Reply:
    """Make a container."""
    if "x-ms-blob-public-access" in request.headers:
        raise Refusal("PublicAccessNotPermitted")
    metadata = metadata_of(request.headers)
    record = await service.run(
        partial(service.store.create_container, request.account, request.container, metadata)
    )
    return Reply(201, stamp_headers(record))


async def get_container(service: Service, request: Request) -> Reply:
    """Describe a container."""
    record = service.store.container(request.account, request.container).record
    return Reply(200, [*stamp_headers(record), *metadata_headers(record.metadata), *_STATE])


async def set_container_metadata(service: Service, request: Request) -> Reply:
    """Replace the metadata of a container."""
    metadata = metadata_of(request.headers)
    record = await service.run(
        partial(service.store.change_container, request.account, request.container, metadata)
    )
    return Reply(200, stamp_headers(record))


async def get_container_acl(service: Service, request: Request) -> Reply:
    """Say who may read a container: whoever is authorized, nobody else."""
    record = service.store.container(request.account, request.container).record
    return xml_reply("<SignedIdentifiers />", stamp_headers(record))


async def delete_container(service: Service, request: Request) -> Reply:
    """Remove a container and the blobs in it."""
    await service.run(partial(service.store.delete_container, request.account, request.container))
    return Reply(202, [])


async def get_account_information(service: Service, request: Request) -> Reply:
    """Say what kind of account this is."""
    del service, request
    return Reply(200, [(b"x-ms-sku-name", b"Standard_LRS"), (b"x-ms-account-kind", b"StorageV2")])

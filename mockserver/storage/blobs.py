"""How is a blob opened, read, staged and committed? Through the official SDK, whatever the server.

The SDK costs memory and half a second to import; this module is for those who need it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any, Self

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
)
from azure.storage.blob import BlobBlock, BlobClient, ContainerClient, ContentSettings

from mockserver.storage.accounts import BlobAddress
from mockserver.storage.failures import FORBIDDEN
from mockserver.storage.references import extension_of

PIECE = 2 << 20
"""Bytes that are fetched at a time."""

_API_VERSION = "2021-08-06"
"""Old enough for every server that is still in use, Azurite among them."""

_CONTENT_TYPES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".arff": "text/plain"}
_OPTIONS: dict[str, Any] = {
    "api_version": _API_VERSION,
    "connection_timeout": 10,
    "read_timeout": 120,
    # A reply must not send us to a host that is not allowed, nor the environment to a proxy.
    "permit_redirects": False,
    "use_env_settings": False,
    # Two more tries within some seconds: a full disk must not hold a job up for minutes.
    "retry_total": 2,
    "initial_backoff": 0,
    "increment_base": 2,
    "random_jitter_range": 0,
}

_AT_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 10}
"""For a caller who waits."""


class StorageFault(Exception):
    """Storage refused or did not answer; the text names the blob and says how Azure words it."""

    def __init__(self, address: BlobAddress, answer: str, *, is_output: bool = False) -> None:
        super().__init__(
            f"Unable to access the provided Azure blob - {address.location}."
            f"  Azure error message: {answer}."
        )
        self.answer = answer
        self.is_output = is_output
        self.are_blocks_gone = False
        """Whether a commit failed since somebody else wrote or deleted the blob meanwhile."""


def read_blob(address: BlobAddress) -> Iterator[bytes]:
    """Yield the content of a blob, front to back, in pieces. Raises StorageFault."""
    with _faults_of(address, is_output=False), _open(address) as client:
        yield from client.download_blob(max_concurrency=1).chunks()


def check_blob(address: BlobAddress) -> None:
    """Raise StorageFault if the blob is not there or may not be read."""
    with _faults_of(address, is_output=False), _open(address, **_AT_ONCE) as client:
        client.get_blob_properties()


class StagedBlob:
    """An output that nobody sees before it is committed. Use it in a `with`."""

    def __init__(self, address: BlobAddress, mark: str) -> None:
        self.extension = extension_of(address.blob)
        self.blocks: list[str] = []
        """The names of the blocks that are staged, in order."""
        self._address = address
        self._mark = mark
        with _faults_of(address, is_output=True):
            self._client = _open(address)
            if address.makes_container:
                _make_container(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def write(self, block: Any) -> None:
        """Stage some bytes behind the others. Raises StorageFault."""
        # Blocks that an earlier attempt staged must not be taken for this one's.
        name = f"{self._mark}-{len(self.blocks):06d}"
        with _faults_of(self._address, is_output=True):
            self._client.stage_block(name, bytes(block))
        self.blocks.append(name)


def commit_blob(address: BlobAddress, blocks: Sequence[str]) -> None:
    """Let staged blocks become the blob's content, all at once. Raises StorageFault."""
    settings = ContentSettings(content_type=_CONTENT_TYPES[extension_of(address.blob)])
    with _faults_of(address, is_output=True), _open(address) as client:
        client.commit_block_list([BlobBlock(name) for name in blocks], content_settings=settings)


def _make_container(address: BlobAddress) -> None:
    with _container(address) as client, suppress(ResourceExistsError):
        client.create_container()


@contextmanager
def _faults_of(address: BlobAddress, *, is_output: bool) -> Iterator[None]:
    try:
        yield
    except (AzureError, ValueError) as error:
        fault = StorageFault(address, describe(error), is_output=is_output)
        fault.are_blocks_gone = getattr(error, "error_code", "") == "InvalidBlockList"
        raise fault from error


def describe(error: AzureError | ValueError) -> str:
    """Word what storage answered as the service's .NET client words it."""
    if isinstance(error, HttpResponseError) and error.status_code is not None:
        status = error.status_code
        reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
        return f"The remote server returned an error: ({status}) {reason}"
    if isinstance(error, ClientAuthenticationError):  # a key that cannot even sign
        return FORBIDDEN
    return "Unable to connect to the remote server"


def _open(address: BlobAddress, **options: Any) -> BlobClient:
    return BlobClient(
        address.url,
        address.container,
        address.blob,
        credential=_credential(address),
        max_chunk_get_size=PIECE,
        max_single_get_size=PIECE,
        **{**_OPTIONS, **options},
    )


def _container(address: BlobAddress) -> ContainerClient:
    return ContainerClient(
        address.url, address.container, credential=_credential(address), **_OPTIONS
    )


def _credential(address: BlobAddress) -> Any:
    if address.key is not None:
        return {"account_name": address.account, "account_key": address.key}
    return address.token

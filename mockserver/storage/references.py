"""Which blob does a reference of a job's request mean?

A reference comes as a connection string with a path, or as an address with a token. What is kept of
it is the account, the place in it and the credential; the account's address is looked up when the
blob is opened, so that a job survives a restart on another port.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mockserver.evidence import Evidence, Fact
from mockserver.storage.accounts import Accounts, Place
from mockserver.storage.failures import (
    BlobNameTooLong,
    BlobNotNamed,
    ContainerNameNotValid,
    ContainerNotNamed,
    ExtensionNotSupported,
    OutputNotNamed,
    ReferenceMissing,
)
from mockserver.workspace.declaration import CONTAINER_NAME, LONGEST_CONTAINER_NAME

FACTS = (
    Fact(
        "A blob is named by ConnectionString and RelativeLocation, or by BaseLocation,"
        " RelativeLocation and SasBlobToken; unused members may be null.",
        Evidence.CAPTURED,
        "the how-to, the generated C# sample, azuremlps and azmlclient",
    ),
    Fact(
        "RelativeLocation may begin with a slash.",
        Evidence.CAPTURED,
        "the how-to writes one, the newer C# sample none",
    ),
    Fact(
        "Input and output blobs end in .csv, .tsv or .arff; else BadArgument/InvalidBlobExtension.",
        Evidence.CAPTURED,
        "the text was seen through Data Factory; that it holds for inputs too is an inference",
    ),
    Fact(
        "A reference with both a connection string and an address is read as the former.",
        Evidence.ASSUMED,
        "no client sends both",
    ),
)

EXTENSIONS = (".csv", ".tsv", ".arff")
_LONGEST_NAME = 1024
_LONGEST_ECHO = 200
_CONTAINER = re.compile(rf"{CONTAINER_NAME}|\$root|\$web|\$logs")


class BlobReference(msgspec.Struct, frozen=True):
    """One blob: the account (and its address, if it is none of ours), the place, the credential."""

    place: Place
    container: str
    blob: str
    is_default: bool = False
    """Whether the request did not name it, so that its container may have to be made."""

    @property
    def location(self) -> str:
        """Container and blob, as replies name them."""
        return f"{self.container}/{self.blob}"

    @property
    def extension(self) -> str:
        """The end of the blob's name that decides the format, in lower case."""
        return extension_of(self.blob)


def extension_of(blob: str) -> str:
    """Return the extension of a blob's name that decides its format; empty if none does."""
    return next((end for end in EXTENSIONS if blob.lower().endswith(end)), "")


def read_reference(given: Any, accounts: Accounts, *, is_input: bool) -> BlobReference:
    """Read a reference of a request. Raises the failures of `storage/failures.py`."""
    if not isinstance(given, Mapping):
        raise ReferenceMissing(reason="the reference is not an object")
    members = {str(name).lower(): value for name, value in given.items()}
    connection, base, relative, token = (
        _text(members, name)
        for name in ("connectionstring", "baselocation", "relativelocation", "sasblobtoken")
    )
    if connection:
        place = accounts.by_connection_string(connection)
    elif base:
        place = accounts.by_address(base, token.removeprefix("?"))
    else:
        raise ReferenceMissing(reason="neither ConnectionString nor BaseLocation")
    reference = BlobReference(place, *_split(relative, is_input=is_input))
    if not reference.extension:
        shown = reference.location[:_LONGEST_ECHO]
        raise ExtensionNotSupported(shown, ", ".join(EXTENSIONS))
    return reference


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise ReferenceMissing(reason=f"{name} is not a string")
    return value or ""


def _split(relative: str, *, is_input: bool) -> tuple[str, str]:
    # Blob storage takes a backslash for a slash.
    container, _, blob = relative.strip().replace("\\", "/").lstrip("/").partition("/")
    if not container:
        raise ContainerNotNamed(reason="the RelativeLocation is missing or empty")
    if len(container) > LONGEST_CONTAINER_NAME or not _CONTAINER.fullmatch(container):
        raise ContainerNameNotValid(reason=f"{container[:_LONGEST_ECHO]!r}")
    if not blob:
        raise BlobNotNamed() if is_input else OutputNotNamed(relative[:_LONGEST_ECHO])
    if len(blob) > _LONGEST_NAME:
        raise BlobNameTooLong(f"{blob[:_LONGEST_ECHO]}…")
    return container, blob

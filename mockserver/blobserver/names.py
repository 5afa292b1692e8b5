"""Which names may containers and blobs have, and how do they become names of files?

A blob may be called anything, a file may not: the name of its record is written with lower-case
letters, digits and escapes only, so no name leads out of its folder, and two names that differ in
case stay two files where the file system does not tell them apart.
"""

import re
from hashlib import sha256

from mockserver.blobserver.errors import Refusal
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Container names have 3 to 63 lower-case letters, digits and single hyphens within; else"
        " the answer is InvalidResourceName, or OutOfRangeInput if only the length is wrong.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, naming containers; the length's code as Azurite answers",
    ),
    Fact(
        "Blob names have 1 to 1024 characters; a backslash becomes a slash.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, naming blobs; the backslash as Azurite does",
    ),
)

LONGEST_BLOB_NAME = 1024
_CONTAINER = re.compile("[a-z0-9](-?[a-z0-9])*")
_CONTAINER_LENGTHS = range(3, 64)
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST_PLAIN = 200


def check_container_name(name: str) -> None:
    """Refuse a name that no container can have."""
    if len(name) not in _CONTAINER_LENGTHS:
        raise Refusal("OutOfRangeInput", reason="a container name has 3 to 63 characters")
    if not _CONTAINER.fullmatch(name):
        raise Refusal("InvalidResourceName", reason=f"{name!r} is not a container name")


def check_blob_name(name: str) -> None:
    """Refuse a name that is too long for a blob."""
    if len(name) > LONGEST_BLOB_NAME:
        raise Refusal("OutOfRangeInput", reason="a blob name has at most 1024 characters")


def file_stem(name: str) -> str:
    """Return the name of the file for a thing of any name: the same for the same name only."""
    encoded = name.encode("utf-8", "surrogatepass")
    plain = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in encoded)
    # The letter in front tells the two forms apart, and keeps names off those of devices.
    return f"n-{plain}" if len(plain) <= _LONGEST_PLAIN else f"h-{sha256(encoded).hexdigest()}"

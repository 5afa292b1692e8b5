"""Which bytes of a blob does a request ask for?"""

import re
from collections.abc import Mapping

from mockserver.blobserver.errors import Refusal
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "x-ms-range goes before Range; a range that cannot be read is ignored, and so is one that"
        " asks for the last bytes, or for several parts.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, specifying the range header; that others are ignored as"
        " Azurite does",
    ),
    Fact(
        "A range that begins behind the last byte is 416 InvalidRange, any other 206, even if it"
        " holds the whole blob.",
        Evidence.CAPTURED,
        "azure-storage 0.33 asks for 32 MB of any blob and needs Content-Range",
    ),
)

_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})", re.ASCII)


def requested_range(headers: Mapping[str, str], size: int) -> tuple[int, int] | None:
    """Return first byte and length of the part that is asked for, or None for the whole.

    Raises InvalidRange.
    """
    text = headers.get("x-ms-range") or headers.get("range") or ""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise Refusal("InvalidRange", headers=((b"content-range", b"bytes */%d" % size),))
    return first, min(last, size - 1) - first + 1

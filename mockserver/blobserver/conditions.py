"""Do the conditions in the headers of a request hold for the blob as it is?"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.records import Blob
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A condition that does not hold is 304 for If-None-Match and If-Modified-Since on a read,"
        " else 412 ConditionNotMet; If-None-Match: * on the write of a blob that is there is 409"
        " BlobAlreadyExists, on a read 400 UnsatisfiableCondition.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, conditional headers; the last two as Azurite answers",
    ),
    Fact(
        "A write takes one condition, or two that belong together; more are 400"
        " MultipleConditionHeadersNotSupported.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, conditional headers",
    ),
)


class Conditions:
    """The conditions of one request. Raises InvalidHeaderValue for a date that is none."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._match = _etags(headers.get("if-match", ""))
        self._none_match = _etags(headers.get("if-none-match", ""))
        self._modified_since = _moment(headers.get("if-modified-since", ""))
        self._unmodified_since = _moment(headers.get("if-unmodified-since", ""))

    def check_read(self, blob: Blob | None) -> None:
        """Refuse to read the blob if a condition says so."""
        if "*" in self._none_match:
            raise Refusal("UnsatisfiableCondition")
        if blob is None:
            if self._match:
                raise Refusal("ConditionNotMet")
            return
        if self._match and not self._match & {blob.etag, "*"}:
            raise Refusal("ConditionNotMet")
        if self._unmodified_since is not None and blob.modified > self._unmodified_since:
            raise Refusal("ConditionNotMet")
        known = blob.etag in self._none_match if self._none_match else None
        old = blob.modified <= self._modified_since if self._modified_since is not None else None
        if (known and old is not False) or (old and known is not False):
            raise Refusal("NotModified")

    def check_write(self, blob: Blob | None, *, creates: bool = False) -> None:
        """Refuse to write the blob if a condition says so; `creates`: may the blob be new?"""
        self._check_number()
        if blob is None:
            if self._match and "*" not in self._match:
                raise Refusal("ConditionNotMet")
            return
        if self._none_match:
            if creates and "*" in self._none_match:
                raise Refusal("BlobAlreadyExists")
            fails = blob.etag in self._none_match
        elif self._match:
            fails = not self._match & {blob.etag, "*"}
        elif self._modified_since is not None:
            fails = blob.modified <= self._modified_since
        else:
            fails = self._unmodified_since is not None and blob.modified > self._unmodified_since
        if fails:
            raise Refusal("ConditionNotMet")

    def _check_number(self) -> None:
        new = bool(self._none_match) + (self._modified_since is not None)
        old = bool(self._match) + (self._unmodified_since is not None)
        if (new and old) or len(self._match) > 1 or len(self._none_match) > 1:
            raise Refusal("MultipleConditionHeadersNotSupported")


def _etags(text: str) -> frozenset[str]:
    """Return the ETags of a header with their quotes; clients send them with or without."""
    parts = (part.strip() for part in text.split(","))
    return frozenset(
        part if part == "*" else f'"{part.removeprefix("W/").strip(chr(34))}"'
        for part in parts
        if part
    )


def _moment(text: str) -> float | None:
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        raise Refusal("InvalidHeaderValue", reason=f"{text[:40]!r} is no date") from None

"""Do conditional headers let through what they should?"""

import pytest

from mockserver.blobserver.conditions import Conditions
from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.records import Blob, Content

BLOB = Blob("b", "d", 1, Content(), {}, etag='"0x8D1"', modified=1_000_000_000)
BEFORE, THEN, AFTER = (f"Sun, 09 Sep 2001 01:46:{second} GMT" for second in (39, 40, 41))


def read(blob: Blob | None, **headers: str) -> str:
    """Return the code of a read under conditions, or nothing."""
    try:
        Conditions({name.replace("_", "-"): value for name, value in headers.items()}).check_read(
            blob
        )
    except Refusal as refusal:
        return f"{refusal.status}"
    return ""


def write(blob: Blob | None, creates: bool = True, **headers: str) -> str:
    """Return the code of a write under conditions, or nothing."""
    conditions = Conditions({name.replace("_", "-"): value for name, value in headers.items()})
    try:
        conditions.check_write(blob, creates=creates)
    except Refusal as refusal:
        return f"{refusal.status}"
    return ""


@pytest.mark.parametrize("etag", ['"0x8D1"', "0x8D1", 'W/"0x8D1"', '"0x1", "0x8D1"', "*"])
def test_an_etag_has_several_spellings(etag: str) -> None:
    """With quotes, without, weak, or one of several."""
    assert read(BLOB, if_match=etag) == ""


def test_reads() -> None:
    """304 for what the client has, 412 for what it does not want."""
    assert read(BLOB) == read(None) == ""
    assert read(BLOB, if_match='"0x2"') == read(None, if_match="*") == "412"
    assert read(BLOB, if_none_match='"0x8D1"') == "304"
    assert read(BLOB, if_modified_since=THEN) == read(BLOB, if_modified_since=AFTER) == "304"
    assert read(BLOB, if_modified_since=BEFORE) == read(BLOB, if_unmodified_since=THEN) == ""
    assert read(BLOB, if_unmodified_since=BEFORE) == "412"
    assert read(BLOB, if_none_match="*") == read(None, if_none_match="*") == "400"
    assert read(BLOB, if_none_match='"0x8D1"', if_modified_since=BEFORE) == ""
    assert read(BLOB, if_none_match='"0x2"', if_modified_since=AFTER) == ""
    assert read(BLOB, if_none_match='"0x8D1"', if_modified_since=AFTER) == "304"


def test_writes() -> None:
    """409 for a blob that should be new, 412 for another one than was meant."""
    assert write(BLOB) == write(None) == write(None, if_none_match="*") == ""
    assert write(BLOB, if_none_match="*") == "409"
    assert write(BLOB, creates=False, if_none_match="*") == ""
    assert write(BLOB, if_none_match='"0x8D1"') == write(BLOB, if_match='"0x2"') == "412"
    assert write(BLOB, if_match="*") == write(None, if_match="*") == ""
    assert write(None, if_match='"0x2"') == "412"
    assert write(BLOB, if_modified_since=THEN) == write(BLOB, if_unmodified_since=BEFORE) == "412"
    assert write(BLOB, if_modified_since=BEFORE) == write(BLOB, if_unmodified_since=THEN) == ""
    assert write(BLOB, if_match='"0x8D1"', if_modified_since=BEFORE) == "400"
    assert write(BLOB, if_match='"0x8D1", "0x2"') == "400"


@pytest.mark.parametrize("text", ["yesterday", "1 Jan", "Sun, 09 Sep 99999 01:46:40 GMT"])
def test_a_date_that_is_none(text: str) -> None:
    """It is refused, not ignored."""
    with pytest.raises(Refusal, match="InvalidHeaderValue"):
        Conditions({"if-modified-since": text})

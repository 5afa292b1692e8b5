"""Is the asked part of a blob found, whatever is asked?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.ranges import requested_range


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_what_python_cuts(content: bytes, first: int, last: int) -> None:
    """First to last byte, both included, as far as there are any."""
    headers = {"x-ms-range": f"bytes={first}-{last}"}
    if last < first:
        assert requested_range(headers, len(content)) is None
    elif first >= len(content):
        with pytest.raises(Refusal) as refused:
            requested_range(headers, len(content))
        assert refused.value.status == 416
        assert refused.value.headers == ((b"content-range", b"bytes */%d" % len(content)),)
    else:
        found = requested_range(headers, len(content))
        assert found is not None
        start, length = found
        assert content[start : start + length] == content[first : last + 1]


@given(st.text(max_size=30))
def test_what_is_no_range_is_ignored(text: str) -> None:
    """No text makes it fail; only one form is a range."""
    found = requested_range({"range": text}, 10)
    assert found is None or text.strip().startswith("bytes=")


@pytest.mark.parametrize(
    "text", ["bytes=-3", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=٣-"]
)
def test_other_ranges_are_ignored(text: str) -> None:
    """The last bytes, several parts, other units, other digits."""
    assert requested_range({"range": text}, 10) is None


def test_the_header_of_azure_goes_first() -> None:
    """x-ms-range is asked before Range; an open range ends with the blob."""
    assert requested_range({"range": "bytes=1-1", "x-ms-range": "bytes=4-"}, 10) == (4, 6)
    assert requested_range({"range": "bytes=1-1", "x-ms-range": ""}, 10) == (1, 1)
    assert requested_range({}, 10) is None

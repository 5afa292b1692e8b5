"""What does the gateway answer by itself, to the byte?"""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.answers import (
    INVALID_KEY,
    MISSING_KEY,
    NOT_FOUND,
    answer,
    challenge,
    envelope,
    key_missing,
    time_span,
)
from mockserver.gateway.errors import internal


@pytest.mark.parametrize(
    ("status", "message", "length"),
    [
        (401, MISSING_KEY, 152),
        (401, INVALID_KEY, 143),
        (429, "Rate limit is exceeded. Try again in 57 seconds.", 84),
        (404, NOT_FOUND, 54),
    ],
)
def test_lengths_are_those_that_were_captured(status: int, message: str, length: int) -> None:
    """Single spaces inside the braces: no other spacing has these lengths."""
    assert len(envelope(status, message)) == length


def test_a_message_is_escaped_as_json() -> None:
    """Whatever a policy puts in, the body is JSON."""
    assert envelope(400, 'a "b"\n') == b'{ "statusCode": 400, "message": "a \\"b\\"\\n" }'


def test_a_fault_names_its_activity() -> None:
    """A 500 has a third member."""
    body = answer(internal("x", "y", "secret"), "0f-1").body.content
    assert body == (
        b'{ "statusCode": 500, "message": "Internal server error", "activityId": "0f-1" }'
    )


def test_a_challenge_names_address_and_header() -> None:
    """The form of the capture."""
    assert challenge("https://h/s", "K") == (
        'AzureApiManagementKey realm="https://h/s",name="K",type="header"'
    )


def test_the_wire_says_an_api_where_the_documents_say_this_api() -> None:
    """LastError has the words of the documents' table, the body those of the captures."""
    failure = key_missing("https://h/s", "K")
    assert failure.told.endswith("requests to an API.")
    assert failure.error.message.endswith("requests to this API.")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00"),
        (1802, "00:30:02"),
        (0.2, "00:00:01"),
        (5 * 86400 + 3 * 3600 + 23 * 60 + 11, "5.03:23:11"),
        (604800, "7.00:00:00"),
    ],
)
def test_a_time_span_is_written_as_dotnet_writes_it(seconds: float, text: str) -> None:
    """Days only if there are any; parts of a second count as a whole one."""
    assert time_span(seconds) == text


@given(st.integers(0, 10**9))
def test_a_time_span_can_be_read_back(seconds: int) -> None:
    """No moment is lost or made up."""
    days, _, clock = time_span(seconds).rpartition(".")
    hours, minutes, rest = map(int, clock.split(":"))
    read = timedelta(days=int(days or 0), hours=hours, minutes=minutes, seconds=rest)
    assert read == timedelta(seconds=seconds)

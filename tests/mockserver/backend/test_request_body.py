"""Is a body read whole, refused when it is too large, and missed when the caller is gone?"""

import asyncio
from typing import Any

import pytest

from mockserver.backend.failures import CallerGone, RequestBodyNotUsable, RequestBodyTooLarge
from mockserver.backend.request_body import check_length, check_media_type, read_body


def read(*messages: dict[str, Any], length: bytes | None = None, limit: int = 10) -> bytes:
    queue = iter(messages)

    async def receive() -> Any:
        return next(queue)

    check_length(length, limit)
    return asyncio.run(read_body(next(queue), receive, limit))


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_put_together_from_its_parts() -> None:
    """One part or many, exactly up to the limit."""
    assert read(part(b"abc"), length=b"3") == b"abc"
    assert read(part(b"abc", more=True), part(b"", more=True), part(b"defghij")) == b"abcdefghij"
    assert read(part(b"")) == b""


def test_too_much_is_refused_as_early_as_possible() -> None:
    """By its declared length before anything is read, else at the first byte too many."""
    for messages, length in (
        ((), b"11"),
        ((part(b"x" * 11),), None),
        ((part(b"x" * 6, more=True), part(b"x" * 6, more=True)), None),
    ):
        with pytest.raises(RequestBodyTooLarge) as caught:
            read(*messages, length=length)
        assert caught.value.arguments == ("10",)


def test_a_caller_that_leaves_is_noticed() -> None:
    """A connection that closes within the body is no empty body."""
    with pytest.raises(CallerGone):
        read(part(b"abc", more=True), {"type": "http.disconnect"})


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"application/json",
        b"application/json; charset=utf-8",
        b"application/json;charset=UTF8",
        b"Application/JSON",
        b"text/json",
        b"application/problem+json",
    ],
)
def test_json_types_pass(value: bytes | None) -> None:
    """Every spelling that was seen, and none at all."""
    check_media_type(value)
    assert value is None or b"xml" not in value


@pytest.mark.parametrize(
    "value", [b"application/x-www-form-urlencoded", b"text/xml", b"text/plain; x=json", b"\xff"]
)
def test_other_types_are_refused(value: bytes) -> None:
    """A body that says it is no JSON is not read as JSON."""
    with pytest.raises(RequestBodyNotUsable) as caught:
        check_media_type(value)
    assert caught.value.reason.startswith("Content-Type is ")

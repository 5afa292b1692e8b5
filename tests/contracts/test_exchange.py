"""Is what came read as it should be?"""

import pytest

from contracts.exchange import NOT_JSON, Exchange, Reply, Request


def test_a_header_is_found_in_any_case() -> None:
    """The first of several values is returned, and None if there is none."""
    reply = Reply(200, (("ALLOW", "GET"), ("allow", "POST")))
    assert reply.header("Allow") == "GET"
    assert reply.header("Date") is None
    assert Request("GET", "/x?y=1", (("Host", "here"),)).header("host") == "here"


def test_a_path_is_the_target_without_its_query() -> None:
    """Only the first question mark divides."""
    assert Request("GET", "/a%2Fb?c=d?e").path == "/a%2Fb"


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"a":', b"[" * 100_000])
def test_what_is_no_json_is_told(body: bytes) -> None:
    """A body that cannot be read is no value at all, and is shown so."""
    assert Reply(200, (), body).json is NOT_JSON
    assert repr(NOT_JSON) == "no JSON"


def test_null_is_json() -> None:
    """The value null is not the same as no JSON."""
    assert Reply(200, (), b"null").json is None


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"error":{"code":"A","message":"m","details":[{"code":"B"}]}}', ("A", "B")),
        (b'{"error":{"code":"A","message":"m","details":[]}}', None),
        (b'{"error":"A"}', None),
        (b"[]", None),
    ],
)
def test_the_envelope_of_the_service_is_read(body: bytes, error: object) -> None:
    """Class and first detail code, or nothing."""
    assert Reply(400, (), body).error == error


@pytest.mark.parametrize(
    ("status", "body", "is_refusal"),
    [
        (404, b'{ "statusCode": 404, "message": "Resource not found" }', True),
        (500, b'{"statusCode":500,"message":"m","activityId":"a"}', True),
        (404, b'{ "statusCode": 401, "message": "Resource not found" }', False),
        (404, b'{ "statusCode": 404, "message": "m", "more": 1 }', False),
        (404, b'{"error":{"code":"NotFound"}}', False),
    ],
)
def test_the_gateways_own_answers_are_known(status: int, body: bytes, is_refusal: bool) -> None:
    """They are flat, and say the status once more."""
    assert Reply(status, (), body).is_gateway_refusal is is_refusal


def test_a_call_is_told_in_a_line() -> None:
    """What came is the status, or why nothing came."""
    request = Request("GET", "/x")
    assert Exchange(1, request, Reply(204)).summary == "GET /x -> 204"
    assert Exchange(1, request, None, trouble="ReadTimeout").summary == "GET /x -> ReadTimeout"
    assert Exchange(1, request, None).status == 0

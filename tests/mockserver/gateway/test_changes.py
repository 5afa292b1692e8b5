"""Is what a policy changed in a call found, and nothing else?"""

from typing import Any

import pytest

from mockserver.gateway.call import Call
from mockserver.gateway.changes import changes, snapshot
from mockserver.gateway.message import Body, Headers, Response, Url
from tests.mockserver.gateway.policy_calls import Stage


def changed(call: Call, **values: Any) -> dict[str, object]:
    """Set fields of a call, and return what is found."""
    before = snapshot(call)
    for name, value in values.items():
        setattr(call, name, value)
    return changes(before, snapshot(call))


def test_nothing_is_found_where_nothing_changed() -> None:
    """A policy that only looked left no trace of its own."""
    call = Stage().call(headers={"A": "1"})
    call.response = Response(200)
    assert changed(call) == {}


def test_headers_are_compared_by_name() -> None:
    """A header that was set or added to is shown with all its values, a deleted one by name."""
    call = Stage().call(headers={"Same": "1", "Changed": "1", "Gone": "1"})
    before = snapshot(call)
    call.request.headers.add("changed", "2")
    call.request.headers["New"] = "3"
    del call.request.headers["Gone"]
    assert changes(before, snapshot(call)) == {
        "request": {
            "headers": [
                {"name": "Changed", "value": "1"},
                {"name": "changed", "value": "2"},
                {"name": "New", "value": "3"},
            ],
            "removedHeaders": ["gone"],
        }
    }


def test_address_and_method_are_compared() -> None:
    """A rewritten request is shown as it is now."""
    call = Stage().call()
    before = snapshot(call)
    call.request.url = Url("https://other.example", "/a", "b=1")
    call.request.method = "PUT"
    found = changes(before, snapshot(call))
    assert found == {"request": {"method": "PUT", "url": "https://other.example/a?b=1"}}


def test_a_new_response_is_shown() -> None:
    """A response that was not there before is new as a whole, but for its body."""
    response = Response(404, "Gone astray", Headers({"A": "1"}), Body(b"secret"))
    assert changed(Stage().call(), response=response) == {
        "response": {
            "statusCode": 404,
            "reason": "Gone astray",
            "headers": [{"name": "A", "value": "1"}],
        }
    }


def test_a_body_is_shown_by_its_size() -> None:
    """What was put in place of a body is counted; a body that was only read has not changed."""
    call = Stage().call(body=Body(b"one"))
    before = snapshot(call)
    call.request.body.put(b"three")
    assert changes(before, snapshot(call)) == {"request": {"bodySize": 5}}
    call.request.body = Body(None)
    before = snapshot(call)
    call.request.body.put(b"read")
    assert changes(before, snapshot(call)) == {}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (3, 3),
        (None, None),
        (True, True),
        (b"bytes", "5 bytes"),
        ("x" * 300, "x" * 200 + "…"),
        (Response(201), "a response with status 201"),
    ],
)
def test_variables_are_shown_in_short(value: object, shown: object) -> None:
    """A variable may hold a body, and bodies are not kept."""
    assert changed(Stage().call(), variables={"v": value}) == {"variables": {"v": shown}}


def test_another_backend_is_shown() -> None:
    """The id of a backend that a policy chose is shown."""
    assert changed(Stage().call(), backend_id="west") == {"backendId": "west"}

"""Which headers does `<set-header>` leave in a message?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.errors import GatewayFailure
from mockserver.gateway.policy import SectionName
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    failure,
    policies_of,
    refusal,
    run,
)


def header(name: str, action: str, *values: str) -> str:
    """Write a set-header."""
    inner = "".join(f"<value>{value}</value>" for value in values)
    return f'<set-header name="{name}" exists-action="{action}">{inner}</set-header>'


@pytest.mark.parametrize(
    ("action", "values", "expected"),
    [
        ("override", ["c"], ["c"]),
        ("override", ["c", "d"], ["c,d"]),
        ("skip", ["c"], ["a", "b"]),
        ("append", ["c"], ["a,b,c"]),
        ("delete", [], []),
    ],
)
def test_a_header_that_is_there(action: str, values: list[str], expected: list[str]) -> None:
    """Each action does to a header that exists what its name says."""
    call = a_call()
    call.request.headers.extend([("X-One", "a"), ("x-one", "b")])
    run(header("X-ONE", action, *values), call)
    assert call.request.headers.getall("X-One", []) == expected


@pytest.mark.parametrize("action", ["override", "skip", "append"])
def test_a_header_that_is_not_there(action: str) -> None:
    """Each action but delete adds a header that is missing."""
    call = run(header("X-One", action, "a", "b"), a_call())
    assert call.request.headers.getall("x-one") == ["a,b"]


@pytest.mark.parametrize("name", ["Set-Cookie", "user-agent", "Expires", "WWW-Authenticate"])
def test_values_that_stay_apart(name: str) -> None:
    """Headers whose values may hold commas are repeated instead of joined."""
    call = a_call(response=a_response(headers={name: "a"}))
    run(header(name, "append", "b", "c"), call, "outbound")
    assert call.response is not None
    assert call.response.headers.getall(name) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("section", "in_request"),
    [("inbound", True), ("backend", True), ("outbound", False), ("on-error", False)],
)
def test_which_message_is_meant(section: SectionName, in_request: bool) -> None:
    """Before the response it is the request's header, after it and on an error the response's."""
    call = run(header("X-One", "override", "a"), a_call(response=a_response()), section)
    assert call.response is not None
    assert ("X-One" in call.request.headers) == in_request
    assert ("X-One" in call.response.headers) != in_request


def test_the_server_of_a_response_stays() -> None:
    """Deleting Server from a response does nothing; overriding it, or the request's, does."""
    call = a_call(headers={"Server": "a"}, response=a_response(headers={"Server": "IIS"}))
    run(header("server", "delete"), call)
    run(header("server", "delete"), call, "outbound")
    assert call.response is not None
    assert (dict(call.request.headers), call.response.headers["Server"]) == ({}, "IIS")
    run(header("server", "override", "b"), call, "outbound")
    assert call.response.headers.getall("Server") == ["b"]


def test_blanks_around_a_fixed_value_go() -> None:
    """A value that is written on a line of its own does not bring its line breaks along."""
    call = run(header("X-One", "override", "\n   {{key}}\n"), a_call())
    assert call.request.headers["X-One"] == "secret"


def test_expressions_give_name_action_and_value() -> None:
    """Everything about a header can be computed, and values are taken away by a late delete."""
    xml = (
        '<set-header name="@("X-" + context.Request.Method)" exists-action="@("append")">'
        "<value>@(1 + 1)</value><value>@(true)</value></set-header>"
    )
    call = run(xml, a_call())
    assert call.request.headers["X-POST"] == "2,True"
    run(header("X-POST", '@("delete")', "a"), call)
    assert "X-POST" not in call.request.headers


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (header("X-One", "override"), "a <value> is needed"),
        (header("X-One", "delete", "a"), "to delete none"),
        (header("Content-Length", "override", "1"), "cannot be set or deleted"),
        (header("transfer-encoding", "delete"), "cannot be set or deleted"),
        (header("a b", "delete"), "no name of a header"),
        (header("", "delete"), "no name of a header"),
        (header("X-One", "override", "a&#10;b"), "no value of a header"),
        (header("X-One", "replace", "a"), "exists-action"),
        ('<set-header name="a"><values>1</values></set-header>', "invalid child element"),
        ('<set-header name="a" value="1"/>', "not declared"),
        ("<set-header><value>1</value></set-header>", "'name' is missing"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """A header that could not be sent keeps the document from being loaded."""
    assert problem in refusal(xml)


@pytest.mark.parametrize(
    "xml",
    [
        header("X-One", "override", '@("a\\r\\nX-Two: b")'),
        header("X-One", "append", '@("a\\nb")'),
        header("X-One", "override", '@("\\u0141")'),
        header('@("a\\r\\nb")', "override", "a"),
        header('@("Connection")', "override", "close"),
        header("X-One", '@("override")'),
        header("X-One", '@("replace")', "a"),
    ],
)
def test_a_computed_header_cannot_split_the_message(xml: str) -> None:
    """What an expression gives must be a header, or the call fails as if the expression threw."""
    call = a_call()
    assert failure(xml, call).error.source == "set-header"
    assert dict(call.request.headers) == {}


def test_a_skipped_header_computes_nothing() -> None:
    """The value of a header that is there already is not asked for."""
    xml = header("X-One", "skip", '@(context.Variables["none"].ToString())')
    call = run(xml, a_call(headers={"X-One": "a"}))
    assert call.request.headers["X-One"] == "a"


@given(
    st.lists(st.tuples(st.sampled_from(["A", "b", "C"]), st.text("xyz", max_size=2)), max_size=6),
    st.sampled_from(["override", "skip", "append", "delete"]),
    st.lists(st.text("uvw", max_size=2), min_size=1, max_size=3),
)
def test_other_headers_stay(before: list[tuple[str, str]], action: str, values: list[str]) -> None:
    """Whatever is done to one header, the other ones keep their values and their order."""
    call = a_call()
    call.request.headers.extend(before)
    run(header("b", action, *(() if action == "delete" else values)), call)
    others = [pair for pair in call.request.headers.items() if pair[0] != "b"]
    assert others == [pair for pair in before if pair[0] != "b"]


def test_a_failure_says_where() -> None:
    """The failure names the policy's place."""
    with pytest.raises(GatewayFailure) as failed:
        run(header("X-One", "override", '@("a\\nb")'), a_call())
    assert failed.value.error.path == "set-header[1]"
    assert policies_of(header("X-One", "delete"))[0].name == "set-header"

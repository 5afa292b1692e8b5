"""Which query does `<set-query-parameter>` leave in a request?"""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.policies.set_query_parameter import changed, name_of
from tests.mockserver.gateway.policies.transforming import a_call, failure, refusal, run


def parameter(name: str, action: str, *values: str) -> str:
    """Write a set-query-parameter."""
    inner = "".join(f"<value>{value}</value>" for value in values)
    return (
        f'<set-query-parameter name="{name}" exists-action="{action}">{inner}</set-query-parameter>'
    )


@pytest.mark.parametrize(
    ("query", "action", "values", "expected"),
    [
        ("x=%7e&b=1&y", "override", ["2"], "x=%7e&b=2&y"),
        ("x=1&B=1&y=2&%62=3", "override", ["4", "5"], "x=1&b=4&b=5&y=2"),
        ("b=1&x=1", "skip", ["2"], "b=1&x=1"),
        ("b=1&x=1", "append", ["2", "3"], "b=1&x=1&b=2&b=3"),
        ("b=1&x=1&b", "delete", [], "x=1"),
        ("x=1", "delete", [], "x=1"),
        ("x=1", "override", ["2"], "x=1&b=2"),
        ("x=1", "skip", ["2"], "x=1&b=2"),
        ("", "append", ["2"], "b=2"),
        ("b=1", "delete", [], ""),
        ("", "override", ["a b&amp;c=d/é+"], "b=a%20b%26c%3Dd%2F%C3%A9%2B"),
        ("", "override", [""], "b="),
    ],
)
def test_a_parameter(query: str, action: str, values: list[str], expected: str) -> None:
    """Each action does what its name says, and values are encoded."""
    call = run(parameter("b", action, *values), a_call(query=query))
    assert call.request.url.query == expected


def test_expressions_give_name_action_and_value() -> None:
    """Everything about a parameter can be computed."""
    xml = parameter('@("a" + 1)', '@("append")', "@(context.Request.Method)")
    assert run(xml, a_call(query="a1=0")).request.url.query == "a1=0&a1=POST"


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (parameter("", "delete"), "needs a name"),
        (parameter("a", "override"), "a <value> is needed"),
        (parameter("a", "replace", "b"), "exists-action"),
        ('<set-query-parameter name="a"><v/></set-query-parameter>', "invalid child element"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """A parameter that could not be sent keeps the document from being loaded."""
    assert problem in refusal(xml)


def test_it_stands_before_the_response() -> None:
    """There is no query to change once there is a response."""
    assert "Policy is not allowed" in refusal(parameter("a", "delete"), "outbound")


@pytest.mark.parametrize("xml", [parameter('@("")', "delete"), parameter("a", '@("skip")')])
def test_a_computed_parameter_that_is_none_fails(xml: str) -> None:
    """Without a name or a value the call fails."""
    assert failure(xml, a_call()).error.source == "set-query-parameter"


QUERIES = st.lists(
    st.text("abB=%6+1;", max_size=5).filter(lambda piece: "&" not in piece), max_size=6
).map("&".join)


@given(
    QUERIES,
    st.sampled_from(["override", "skip", "append", "delete"]),
    st.lists(st.text(max_size=4), min_size=1, max_size=3),
)
def test_other_parameters_keep_their_bytes(query: str, action: str, values: list[str]) -> None:
    """Whatever is done to one parameter, the pieces of the other ones and their order stay."""
    result = changed(query, "b", [] if action == "delete" else values, action)
    pieces = query.split("&") if query else []
    others = [piece for piece in pieces if name_of(piece) != "b"]
    kept = result.split("&") if result else []
    assert [piece for piece in kept if name_of(piece) != "b"] == (others if kept else [])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1))
def test_values_arrive_as_they_were_given(values: list[str]) -> None:
    """Whoever decodes the query gets the values back, in their order."""
    result = changed("x=1", "b", values, "override")
    assert parse_qsl(result, keep_blank_values=True) == [("x", "1"), *(("b", v) for v in values)]

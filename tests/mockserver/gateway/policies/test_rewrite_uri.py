"""Which path and query does `<rewrite-uri>` give a request?"""

from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.policies.rewrite_uri import filled, unmatched
from tests.mockserver.gateway.policies.transforming import a_call, failure, refusal, run


def rewrite(template: str, *, copies: str | None = None) -> str:
    """Write a rewrite-uri."""
    more = "" if copies is None else f' copy-unmatched-params="{copies}"'
    return f'<rewrite-uri template="{template}"{more} />'


@pytest.mark.parametrize(
    ("template", "copies", "expected"),
    [
        ("/put", None, "/put?c=2"),
        ("/put", "false", "/put"),
        ("/put", "@(false)", "/put"),
        ("/v2/{id}?x={b}", None, "/v2/7?x=1&c=2"),
        ("/v2/{ID}", "false", "/v2/7"),
        ("/v2?a=9", None, "/v2?a=9&c=2"),
        ("/v2?City=city&amp;State", "false", "/v2?City=city&State"),
        ("put", "false", "/put"),
        ("/", "false", "/"),
        ("?x=1", "false", "?x=1"),
        ("/a b/é#%20", "false", "/a%20b/%C3%A9%23%20"),
    ],
)
def test_a_template(template: str, copies: str | None, expected: str) -> None:
    """The template is filled, and what the operation's template did not take is added."""
    call = run(rewrite(template, copies=copies), a_call())
    assert str(call.request.url) == f"https://backend.example/api{expected}"


def test_an_expression_gives_a_template() -> None:
    """What is computed is a template too."""
    call = run(rewrite('@("/" + context.Request.Method + "/{id}")', copies="false"), a_call())
    assert call.request.url.path == "/POST/7"


def test_the_query_of_earlier_policies_is_copied() -> None:
    """A parameter that was set before is not lost."""
    xml = '<set-query-parameter name="n"><value>1</value></set-query-parameter>'
    assert run(xml + rewrite("/x"), a_call()).request.url.query == "c=2&n=1"


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (rewrite("https://other.example/x"), "names a host"),
        (rewrite("/x/{id"), "brace without its other half"),
        ("<rewrite-uri />", "'template' is missing"),
        (rewrite("/x", copies="maybe"), "neither true nor false"),
        (rewrite("/x/@(1)/y"), "must be the whole value"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """A template that is none keeps the document from being loaded."""
    assert problem in refusal(xml)


@pytest.mark.parametrize(
    "template", ["/x/{other}", "/x?y={other}", '@("https://other.example/")', '@("/{")']
)
def test_a_parameter_cannot_be_invented(template: str) -> None:
    """A template that names what the operation does not have, or a host, fails the call."""
    call = a_call()
    assert failure(rewrite(template), call).error.source == "rewrite-uri"
    assert call.request.url.path == "/get/7"


def test_it_stands_in_inbound_only() -> None:
    """Behind inbound the address is settled."""
    assert "Policy is not allowed" in refusal(rewrite("/x"), "backend")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_a_value_stays_one_value(value: str) -> None:
    """A parameter's value is one segment of the path, or one value of the query, and unharmed."""
    path, query = filled("/a/{id}/b?x={id}&y=1", {"id": value})
    segments = path.split("/")
    assert len(segments) == 4
    assert unquote(segments[2]) == value
    assert parse_qsl(query, keep_blank_values=True) == [("x", value), ("y", "1")]


@given(
    st.lists(st.text("acC=%6+1;", max_size=5), max_size=6).map("&".join),
    st.frozensets(st.sampled_from(["a", "c"])),
)
def test_what_is_copied_keeps_its_bytes(query: str, names: frozenset[str]) -> None:
    """Each piece that is copied is as it was sent, and in its order."""
    rest = unmatched(query, names)
    pieces = iter(query.split("&"))
    assert all(piece in pieces for piece in rest.split("&") if rest)
    if not names:
        assert rest == query

"""Which requests match a URL template, and what do its parameters stand for?"""

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.templates import (
    TemplateNotUsable,
    UrlTemplate,
    decode_slashes,
    read_path,
    read_query,
)

EXECUTE = "/workspaces/{workspace}/services/{service}/execute?api-version={v}&details={details}"


def matched(template: str, path: str, query: str = "") -> dict[str, str] | None:
    return UrlTemplate(template).match(path, read_query(query.encode()))


def test_parameters_are_taken_from_path_and_query() -> None:
    """Each name in braces stands for what the request has in its place."""
    found = matched(EXECUTE, "/workspaces/w/services/s/execute", "details=true&api-version=2.0")
    assert found == {"workspace": "w", "service": "s", "v": "2.0", "details": "true"}


@pytest.mark.parametrize(
    "query", ["", "api-version=2.0", "details=true", "api-version&other=1", "apiversion=2.0"]
)
def test_query_parameters_of_the_template_are_required(query: str) -> None:
    """Without one of them the template does not match."""
    assert matched(EXECUTE, "/workspaces/w/services/s/execute", query) is None


@pytest.mark.parametrize(
    ("template", "path", "query", "expected"),
    [
        ("/a", "/a", "", {}),
        ("/a", "/A/", "", {}),
        ("/a/", "/a", "", {}),
        ("/a", "/a/b", "", None),
        ("/a", "/", "", None),
        ("/", "/", "", {}),
        ("/", "", "", {}),
        ("", "/", "", {}),
        ("/*", "/a/b/c", "", {}),
        ("/*", "/", "", {}),
        ("/a/*", "/a/b", "", {}),
        ("/{x}", "/a/b", "", None),
        ("/v{major}.{minor}/x", "/v2.10/x", "", {"major": "2", "minor": "10"}),
        ("/v{major}.{minor}/x", "/v2.1.0/x", "", {"major": "2", "minor": "1.0"}),
        ("/{a}x", "/axxx", "", {"a": "axx"}),
        ("/a?b={b}", "/a", "b=/x/y", {"b": "/x/y"}),
        ("/a?b=1", "/a", "b=1", {}),
        ("/a?b=1", "/a", "B=1", {}),
        ("/a?b=1", "/a", "b=2", None),
        ("/a?b={b}", "/a", "b=", {"b": ""}),
        ("/a?b={b}", "/a", "b=1&b=2", {"b": "1"}),
        ("/a?b={b}", "/a", "c=3&b=x%20y+z", {"b": "x y z"}),
        ("/a.b", "/aXb", "", None),
    ],
)
def test_what_matches(
    template: str, path: str, query: str, expected: dict[str, str] | None
) -> None:
    """Literal parts ignore case, a slash at the end does not matter, a star takes everything."""
    assert matched(template, path, query) == expected


@pytest.mark.parametrize(
    "template", ["/{a}/{A}", "/{a}?x={a}", "/{a", "/a}", "/{}", "/{a}{b}", "/*/a"]
)
def test_a_bad_template_is_refused(template: str) -> None:
    """A name twice, a brace alone, parameters that touch, a wildcard within: none can be used."""
    with pytest.raises(TemplateNotUsable):
        UrlTemplate(template)


def test_only_slashes_are_decoded_before_the_path_goes_on() -> None:
    """`%2F` becomes a slash on the wire as well; other escapes stay until they are matched."""
    raw = decode_slashes(b"/a%2Fb%2fc%20%25")
    assert raw == "/a/b/c%20%25"
    assert read_path(raw) == "/a/b/c %"


@given(st.text(string.printable, min_size=1).filter(lambda text: "/" not in text))
def test_a_segment_is_found_whatever_it_holds(value: str) -> None:
    """What a client escapes into a segment is what the parameter stands for."""
    path = read_path(decode_slashes(f"/x/{quote(value, safe='')}/y".encode()))
    assert UrlTemplate("/x/{p}/y").match(path, {}) == {"p": value}


@given(st.binary())
def test_any_bytes_are_read_as_a_query(raw: bytes) -> None:
    """No query keeps the gateway from answering."""
    assert all(name == name.lower() for name in read_query(raw))


def test_no_request_takes_long_to_match() -> None:
    """The time grows with the length of a segment, not with a power of it."""
    template = UrlTemplate("/{a}-{b}-{c}-{d}-{e}-{f}x?q={g}-{h}-{i}-{j}-{k}y")
    assert template.match("/" + "-" * 50_000, {"q": "-" * 50_000}) is None

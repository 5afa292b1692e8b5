"""What may be declared, and is every mistake in it refused in its place?"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mockserver.gateway.build import contacted_hosts
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.hosts import Hosts

OPERATION = {"name": "Get", "method": "GET", "url_template": "/a/{b}?c={d}"}
API = {"id": "a", "name": "A", "service_url": "http://b.example", "operations": [OPERATION]}
SUBSCRIPTION = {"id": "s", "scope": "/", "primary_key": "p", "secondary_key": "q"}


def refusals(**content: Any) -> list[tuple[Any, ...]]:
    """Return the places of what is refused."""
    with pytest.raises(ValidationError) as caught:
        GatewayDeclaration.model_validate(content)
    return [error["loc"] for error in caught.value.errors()]


def test_everything_has_a_default() -> None:
    """An empty gateway is one: no API, the how-to's name and host."""
    declared = GatewayDeclaration()
    assert (declared.name, list(declared.apis)) == ("demoazureml", [])
    assert declared.hosts == {"*.services.azureml.net": "embedded"}


@pytest.mark.parametrize(
    "url",
    [
        "http://b",
        "https://b.example:8443/above/it",
        "http://127.0.0.1:1",
        "http://[::1]:80/a",
        "http://b.example/",
        "http://b-1.example/%20",
    ],
)
def test_web_addresses(url: str) -> None:
    """With a port and a path or without; a slash at the end does not count."""
    declared = GatewayDeclaration.model_validate({"apis": [{**API, "service_url": url}]})
    assert declared.apis[0].service_url == url.rstrip("/")


NO_ADDRESSES = [
    *("", "b.example", "ftp://b", "http:b", "http:/b", "http://", "http:///a", "http://:80", "//b"),
    *("http://b?c", "http://b#c", "http://u@b", "http://u:p@b", "http://b c", "http://b\\c"),
    *("http://b\n", "http://b\t", "http://b\0", "http://b:99999", "http://b:x", "http://b:0"),
    *("http://[::1", "http://[zz]", "http://ex\u2100mple", "http://b:-1", "http://\u200b"),
    "http://" + "b" * 2000,
]


@pytest.mark.parametrize("url", NO_ADDRESSES, ids=repr)
@pytest.mark.parametrize("place", ["service_url", "backend", "host"])
def test_what_is_no_web_address(url: str, place: str) -> None:
    """It would fail at each call, or at the start: so it is refused at once."""
    contents: dict[str, dict[str, Any]] = {
        "service_url": {"apis": [{**API, "service_url": url}]},
        "backend": {"backends": [{"id": "b", "url": url}]},
        "host": {"hosts": {"b.example": url}},
    }
    places = {
        "service_url": ("apis", 0),
        "backend": ("backends", 0),
        "host": ("hosts", "b.example"),
    }
    (first, *_) = refusals(**contents[place])
    assert first[:2] == places[place]


@given(st.from_regex(r"https?://[\[\]a-z0-9:.@\u00e9\u2100%/\\-]{0,12}", fullmatch=True))
def test_an_address_that_passes_can_be_used(url: str) -> None:
    """Its host is one that may be contacted, and can be found."""
    try:
        declared = GatewayDeclaration.model_validate({"apis": [{**API, "service_url": url}]})
    except ValidationError:
        return
    hosts = Hosts({}, contacted_hosts(declared))
    base = declared.apis[0].service_url
    assert hosts.find(base).origin == base


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": ""}, ("id",)),
        ({"id": "a b"}, ("id",)),
        ({"id": "a/b"}, ("id",)),
        ({"id": "-a"}, ("id",)),
        ({"id": "a\n"}, ("id",)),
        ({"id": "a" * 257}, ("id",)),
        ({"name": ""}, ("name",)),
        ({"name": "a" * 301}, ("name",)),
        ({"path": "a b"}, ("path",)),
        ({"path": "a?b"}, ("path",)),
        ({"path": "a" * 401}, ("path",)),
        ({"schemes": ["ftp"]}, ("schemes", 0)),
        ({"nonsense": 1}, ("nonsense",)),
        ({"policy": ""}, ("policy",)),
        (
            {"subscription_key_parameter_names": {"header": "a b"}},
            ("subscription_key_parameter_names", "header"),
        ),
        (
            {"subscription_key_parameter_names": {"query": ""}},
            ("subscription_key_parameter_names", "query"),
        ),
        ({"operations": [{**OPERATION, "method": "get"}]}, ("operations", 0, "method")),
        ({"operations": [{**OPERATION, "method": "G T"}]}, ("operations", 0, "method")),
        ({"operations": [{**OPERATION, "url_template": ""}]}, ("operations", 0, "url_template")),
        ({"operations": [{**OPERATION, "url_template": "/{a"}]}, ("operations", 0, "url_template")),
        (
            {"operations": [{**OPERATION, "url_template": "/{a}/{a}"}]},
            ("operations", 0, "url_template"),
        ),
        (
            {"operations": [{**OPERATION, "responses": [{"status": 600}]}]},
            ("operations", 0, "responses", 0, "status"),
        ),
        (
            {"operations": [{**OPERATION, "responses": [{"status": 99}]}]},
            ("operations", 0, "responses", 0, "status"),
        ),
    ],
)
def test_mistakes_in_an_api(change: dict[str, Any], place: tuple[Any, ...]) -> None:
    """Each is refused in its place."""
    assert ("apis", 0, *place) in refusals(apis=[{**API, **change}])


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"scope": ""}, ("scope",)),
        ({"scope": "/products"}, ("scope",)),
        ({"scope": "/products/"}, ("scope",)),
        ({"scope": "/apis/"}, ("scope",)),
        ({"scope": "/apis/a/b"}, ("scope",)),
        ({"scope": "apis"}, ("scope",)),
        ({"scope": "/apis\n"}, ("scope",)),
        ({"primary_key": ""}, ("primary_key",)),
        ({"primary_key": "a b"}, ("primary_key",)),
        ({"primary_key": "\u00e9"}, ("primary_key",)),
        ({"primary_key": "a" * 257}, ("primary_key",)),
        ({"secondary_key": "a\n"}, ("secondary_key",)),
        ({"state": "Active"}, ("state",)),
        ({"started": "2026-01-01T00:00:00"}, ("started",)),
    ],
)
def test_mistakes_in_a_subscription(change: dict[str, Any], place: tuple[Any, ...]) -> None:
    """Scopes are as Azure writes them, keys what a header can carry, moments have an offset."""
    assert refusals(subscriptions=[{**SUBSCRIPTION, **change}]) == [("subscriptions", 0, *place)]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"name": "A"}, ("name",)),
        ({"name": ""}, ("name",)),
        ({"log_rows": 0}, ("log_rows",)),
        ({"log_rows": 1_000_001}, ("log_rows",)),
        ({"max_buffered_bytes": 0}, ("max_buffered_bytes",)),
        ({"named_values": [{"name": "a b", "value": ""}]}, ("named_values", 0, "name")),
        ({"named_values": [{"name": "a", "value": "b" * 4097}]}, ("named_values", 0, "value")),
        ({"products": [{"id": "p", "name": "P", "state": "x"}]}, ("products", 0, "state")),
        ({"fragments": [{"id": "f"}]}, ("fragments", 0, "policy")),
        ({"users": [{"id": "u", "groups": [""]}]}, ("users", 0, "groups", 0)),
        ({"nonsense": 1}, ("nonsense",)),
    ],
)
def test_mistakes_elsewhere(content: dict[str, Any], place: tuple[Any, ...]) -> None:
    """Each is refused in its place."""
    assert refusals(**content) == [place]


@pytest.mark.parametrize(
    "headers",
    [
        {"a b": "c"},
        {"a": "b\nc"},
        {"a": "\u20ac"},
        {"Content-Length": "5"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"X-Forwarded-For": "1.2.3.4"},
    ],
)
def test_headers_of_a_backend_that_cannot_be_sent(headers: dict[str, str]) -> None:
    """They would fail at each call, or be left out without a word."""
    (place, *_) = refusals(backends=[{"id": "b", "url": "http://b", "headers": headers}])
    assert place[:3] == ("backends", 0, "headers")


def test_a_content_type_that_no_header_can_hold() -> None:
    """mock-response would send it."""
    representation = {"content_type": "text/plain\nX: y"}
    operation = {**OPERATION, "responses": [{"status": 200, "representations": [representation]}]}
    (place, *_) = refusals(apis=[{**API, "operations": [operation]}])
    assert place[-1] == "content_type"

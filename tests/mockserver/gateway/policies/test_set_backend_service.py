"""Where does a request go after `<set-backend-service>`?"""

import pytest

from mockserver.gateway.policies.set_backend_service import with_credentials
from tests.mockserver.gateway.policies.transforming import (
    BACKENDS,
    a_call,
    failure,
    refusal,
    run,
)


def service(**attributes: str) -> str:
    """Write a set-backend-service."""
    written = " ".join(f'{k.replace("_", "-")}="{v}"' for k, v in attributes.items())
    return f"<set-backend-service {written} />"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://new.example/v3/", "http://new.example/v3"),
        ("https://new.example", "https://new.example"),
        ("https://new.example:8443/a", "https://new.example:8443/a"),
        ('@("http://" + context.Request.Method + ".example")', "http://POST.example"),
    ],
)
def test_another_address(base: str, expected: str) -> None:
    """The service URL is replaced; path and query stay."""
    call = run(service(base_url=base), a_call())
    assert str(call.request.url) == f"{expected}/get/7?a=1&c=2"
    assert call.backend_id == ""


@pytest.mark.parametrize("name", ["other", '@("ot" + "her")'])
def test_a_backend(name: str) -> None:
    """A backend gives its address; what it adds is added when the request is forwarded."""
    call = run(service(backend_id=name), a_call())
    assert (call.request.url.base, call.backend_id) == ("http://other.example/v2", "other")
    assert dict(call.request.headers) == {}


def test_a_backend_wins_over_an_address() -> None:
    """Once a backend is set, only another backend has an effect."""
    call = run(service(backend_id="other") + service(base_url="http://new.example"), a_call())
    assert call.request.url.base == "http://other.example/v2"
    run(service(backend_id="plain"), call)
    assert (call.request.url.base, call.backend_id) == ("http://plain.example", "plain")


def test_an_address_before_a_backend() -> None:
    """A backend replaces an address that was set before."""
    call = run(service(base_url="http://new.example") + service(backend_id="plain"), a_call())
    assert call.request.url.base == "http://plain.example"


def test_credentials_are_on_another_request() -> None:
    """A backend's headers and query replace those of the request, which itself stays as it is."""
    call = a_call(query="CODE=1&c=2", headers={"x-backend": "a"})
    sent = with_credentials(call.request, BACKENDS["other"])
    assert sent.headers.getall("X-Backend") == ["b"]
    assert sent.url.query == "code=a%20b&c=2"
    assert call.request.headers.getall("X-Backend") == ["a"]
    assert call.request.url.query == "CODE=1&c=2"
    assert sent.body is call.request.body


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        (service(), "either 'base-url' or 'backend-id'"),
        (service(base_url="http://a.example", backend_id="other"), "either 'base-url'"),
        (service(backend_id="nobody"), "there is no backend 'nobody'"),
        (service(base_url="ftp://a.example"), "no http or https address"),
        (service(base_url="a.example"), "no http or https address"),
        (service(base_url="http://a.example/?x=1"), "no http or https address"),
        (service(base_url="http://user@a.example"), "no http or https address"),
        (service(base_url="http://a.example:99999"), "no http or https address"),
        (service(base_url="http://[a.example"), "no http or https address"),
        (service(backend_id="other", sf_replica_type="primary"), "Service Fabric"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """An address or a backend that is none keeps the document from being loaded."""
    assert problem in refusal(xml)


@pytest.mark.parametrize("xml", [service(base_url='@("x")'), service(backend_id='@("nobody")')])
def test_a_computed_backend_that_is_none_fails(xml: str) -> None:
    """The call fails and the request stays as it was."""
    call = a_call()
    assert failure(xml, call).error.source == "set-backend-service"
    assert call.request.url.base == "https://backend.example/api"

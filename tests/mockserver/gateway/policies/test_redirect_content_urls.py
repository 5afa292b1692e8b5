"""Which links does `<redirect-content-urls>` write anew?"""

import pytest

from mockserver.gateway.message import Response
from mockserver.gateway.policies.redirect_content_urls import redirected
from tests.mockserver.gateway.policies.transforming import (
    a_call,
    a_response,
    refusal,
    run,
)

BACKEND = "https://backend.example/api"
GATEWAY = "https://demo.azure-api.net/azureml-demo"
POLICY = "<redirect-content-urls />"


def body_of(response: Response | None) -> bytes | None:
    """Return the body of a response that is there."""
    assert response is not None
    return response.body.content


@pytest.mark.parametrize("rest", ["", "/jobs/7?x=1", "?x=1", "#a", '"', ".", "</a>", "\\n", " "])
def test_a_link_to_the_backend(rest: str) -> None:
    """A link to the backend's address, or to what is below it, leads to the API."""
    call = a_call(response=a_response(f'"{BACKEND}{rest}'.encode()))
    run(POLICY, call, "outbound")
    assert body_of(call.response) == f'"{GATEWAY}{rest}'.encode()


@pytest.mark.parametrize(
    "link",
    [
        "https://backend.example/api2",
        "https://backend.example/api-v2/x",
        "https://backend.example/",
        "http://backend.example/api",
        "https://backend.example.org/api",
        "https://backend.example:8443/api",
        "https://backend.example/API",
        "https://blobs.example/container/out.csv",
    ],
)
def test_other_links_stay(link: str) -> None:
    """What only looks like the backend is left alone, as are links to other places."""
    call = run(POLICY, a_call(response=a_response(link.encode())), "outbound")
    assert body_of(call.response) == link.encode()


@pytest.mark.parametrize(
    "link", ["https://a.example.org/x", "https://a.example:1/x", "https://a.exampleb/"]
)
def test_another_host_is_not_mistaken(link: str) -> None:
    """With a bare host as the backend a longer host, or another port, is another one."""
    assert redirected(link.encode(), "https://a.example", "x") == link.encode()
    assert redirected(b"see https://a.example.", "https://a.example", "x") == b"see x."


def test_scheme_and_host_know_no_case() -> None:
    """A link that writes the host in another way is one to the same host."""
    assert redirected(b"HTTPS://Backend.Example/api/x", BACKEND, GATEWAY) == f"{GATEWAY}/x".encode()


def test_inbound_is_the_other_way_round() -> None:
    """In a request, links to the gateway become links to the backend."""
    call = run(POLICY, a_call(body=f'{{"callback":"{GATEWAY}/x"}}'.encode()))
    assert call.request.body.content == f'{{"callback":"{BACKEND}/x"}}'.encode()


def test_the_backend_is_the_one_that_was_set() -> None:
    """After set-backend-service it is that backend whose links are written anew."""
    call = a_call(response=a_response(b"http://plain.example/x https://backend.example/api/y"))
    run('<set-backend-service backend-id="plain" />', call)
    run(POLICY, call, "outbound")
    assert body_of(call.response) == f"{GATEWAY}/x https://backend.example/api/y".encode()


def test_headers_and_other_bytes_stay() -> None:
    """Location still leads to the backend, and bytes that are no text survive."""
    location = f"{BACKEND}/jobs/7"
    headers = {"Location": location, "Content-Length": "0"}
    content = b"\xff\xfe" + location.encode() + b"\x00"
    call = run(POLICY, a_call(response=a_response(content, headers)), "outbound")
    assert call.response is not None
    assert body_of(call.response) == b"\xff\xfe" + f"{GATEWAY}/jobs/7".encode() + b"\x00"
    assert call.response.headers["Location"] == location
    assert call.response.headers["Content-Length"] == str(len(GATEWAY) + 10)


def test_a_compressed_body_is_left_alone() -> None:
    """A body whose bytes are not its text stays."""
    response = a_response(BACKEND.encode(), {"Content-Encoding": "br"})
    assert body_of(run(POLICY, a_call(response=response), "outbound").response) == BACKEND.encode()


def test_once_in_a_section() -> None:
    """A second one in a section is refused, also within another policy; elsewhere it is not."""
    assert "once in a section" in refusal(POLICY + POLICY)
    nested = f'<choose><when condition="@(true)">{POLICY}</when></choose>'
    assert "once in a section" in refusal(POLICY + nested, "outbound")
    assert "Policy is not allowed" in refusal(POLICY, "backend")
    assert "not declared" in refusal('<redirect-content-urls from="a" />')

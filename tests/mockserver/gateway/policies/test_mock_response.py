"""Does `<mock-response>` answer as the operation is documented?"""

import json
from dataclasses import replace

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.message import Response
from mockserver.gateway.model import DeclaredResponse, Representation
from mockserver.gateway.routing import Route
from tests.mockserver.gateway.policy_calls import API, OPERATION, Stage, body_of, handled, read

JSON, XML = "application/json", "application/xml"
SCHEMAS = {"book": {"type": "object", "properties": {"title": {"type": "string"}}}}


def mocked(text: str, *responses: DeclaredResponse) -> Response:
    """Return the answer of an operation that declares these responses."""
    call = Stage().call()
    operation = replace(OPERATION, responses=responses)
    call.route = Route(replace(API, schemas=SCHEMAS), operation, {}, "/books")
    return handled(call, read(inbound=text, backend="<forward-request />"))


def test_the_example_comes_first() -> None:
    """An example is sent as it is declared, with its content type, and no backend is called."""
    declared = DeclaredResponse(200, (Representation(JSON, "book", '{ "title": "Ü" }'),))
    response = mocked("<mock-response />", declared)
    assert (response.status, body_of(response).decode()) == (200, '{ "title": "Ü" }')
    assert dict(response.headers) == {"Content-Type": JSON}


def test_a_schema_gives_a_sample() -> None:
    """Without an example one is made up from the API's schema."""
    response = mocked("<mock-response />", DeclaredResponse(200, (Representation(JSON, "book"),)))
    assert json.loads(body_of(response)) == {"title": "string"}


def test_without_either_there_is_no_content() -> None:
    """A response that is not documented is an empty one, with the status that was asked for."""
    response = mocked('<mock-response status-code="204" />', DeclaredResponse(200))
    assert (response.status, body_of(response), dict(response.headers)) == (204, b"", {})


def test_status_and_content_type_choose() -> None:
    """The response is that of the status and the media type; parameters do not count."""
    responses = (
        DeclaredResponse(200, (Representation(JSON, None, "{}"),)),
        DeclaredResponse(
            404, (Representation(JSON, None, "[]"), Representation(XML, None, "<gone/>"))
        ),
    )
    chosen = mocked(
        '<mock-response status-code="404" content-type="Application/XML; q=1" />', *responses
    )
    assert (chosen.status, body_of(chosen)) == (404, b"<gone/>")
    assert chosen.headers["Content-Type"] == "Application/XML; q=1"
    first = mocked('<mock-response status-code="404" />', *responses)
    assert body_of(first) == b"[]"
    other = mocked('<mock-response status-code="404" content-type="text/plain" />', *responses)
    assert (body_of(other), other.headers["Content-Type"]) == (b"", "text/plain")


def test_a_schema_gives_no_sample_but_of_json() -> None:
    """No XML is made up."""
    response = mocked("<mock-response />", DeclaredResponse(200, (Representation(XML, "book"),)))
    assert (body_of(response), response.headers["Content-Type"]) == (b"", XML)


def test_what_has_content_is_preferred() -> None:
    """Of several representations the first with an example or a schema is taken."""
    declared = DeclaredResponse(200, (Representation(XML), Representation(JSON, "book")))
    assert json.loads(body_of(mocked("<mock-response />", declared))) == {"title": "string"}


def test_it_replaces_what_a_backend_answered() -> None:
    """In outbound it ends the call with the mocked response."""
    response = handled(
        Stage().call(),
        read(backend="<forward-request />", outbound='<mock-response status-code="@(200 + 1)" />'),
    )
    assert response.status == 201


@pytest.mark.parametrize(
    ("section", "text", "problem"),
    [
        ("backend", "<mock-response />", "not allowed in the specified section"),
        ("inbound", '<mock-response status-code="99" />', "from 200 to 599"),
        ("inbound", "<mock-response>text</mock-response>", "cannot contain text"),
        ("inbound", '<mock-response index="1" />', "'index' attribute is not declared"),
    ],
)
def test_what_is_refused(section: str, text: str, problem: str) -> None:
    """What mock-response does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(**{section: text})

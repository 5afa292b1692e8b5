"""Does `<return-response>` end the call with the response that it describes?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.message import Body, Headers, Response
from tests.mockserver.gateway.policy_calls import Stage, body_of, handled, read


def test_it_is_an_empty_200_by_itself() -> None:
    """Without anything within it ends the call with 200 and no body, and no backend is called."""
    stage = Stage()
    policies = read(inbound="<return-response />", backend="<forward-request />")
    response = handled(stage.call(), policies)
    assert (response.status, body_of(response), dict(response.headers)) == (200, b"", {})
    assert stage.backend.sent == []


def test_its_elements_make_up_the_response() -> None:
    """Status, reason, headers and body are those of its elements, with expressions."""
    call = Stage().call(headers={"X-Asked": "books"})
    text = (
        '<return-response><set-status code="401" reason="Unauthorized" />'
        '<set-header name="WWW-Authenticate"><value>Bearer error="invalid_token"</value>'
        '</set-header><set-header name="X-Path"><value>@(context.Request.Url.Path)</value>'
        '</set-header><set-body>@("no " + context.Request.Headers["X-Asked"][0])</set-body>'
        "</return-response>"
    )
    response = handled(call, read(inbound=text))
    assert (response.status, response.reason, body_of(response)) == (
        401,
        "Unauthorized",
        b"no books",
    )
    assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert response.headers["X-Path"].endswith("/books")
    assert dict(call.request.headers) == {"X-Asked": "books"}


def test_in_outbound_it_forgets_the_backends_response() -> None:
    """Nothing of the backend's response is left but what expressions take from it."""
    stage = Stage()
    stage.backend.answers = [Response(418, "", Headers({"X-Backend": "1"}), Body(b"tea"))]
    body = "<set-body>@(context.Response.StatusCode.ToString())</set-body>"
    text = f"<return-response>{body}</return-response>"
    policies = read(
        backend="<forward-request />",
        outbound=f'{text}<set-header name="X-Late"><value>1</value></set-header>',
    )
    response = handled(stage.call(), policies)
    assert (response.status, body_of(response), dict(response.headers)) == (200, b"418", {})


def test_a_variable_gives_the_response() -> None:
    """A response from a variable is changed by the elements, and the variable keeps its own."""
    call = Stage().call()
    held = Response(503, "Busy", Headers({"X-A": "1", "X-B": "2"}), Body(b"held"))
    call.variables["held"] = held
    text = (
        '<return-response response-variable-name="held">'
        '<set-header name="X-A"><value>changed</value></set-header></return-response>'
    )
    response = handled(call, read(inbound=text))
    assert (response.status, response.reason, body_of(response)) == (503, "Busy", b"held")
    assert dict(response.headers) == {"X-A": "changed", "X-B": "2"}
    assert held.headers["X-A"] == "1"


@pytest.mark.parametrize("held", [None, "a text", ...])
def test_a_variable_without_a_response_fails(held: object) -> None:
    """A variable that is missing, null or something else is an error."""
    call = Stage().call()
    if held is not ...:
        call.variables["held"] = held
    text = '<return-response response-variable-name="held" />'
    assert handled(call, read(inbound=text)).status == 500
    assert call.last_error is not None
    assert call.last_error.source == "return-response"
    assert "'held'" in call.last_error.message


def test_it_ends_on_error_too() -> None:
    """In on-error the answer to a failure is replaced."""
    call = Stage().call()
    failing = (
        '<set-header name="X"><value>@((string)context.Variables["none"])</value></set-header>'
    )
    text = '<return-response><set-status code="503" reason="Later" /></return-response>'
    response = handled(call, read(inbound=failing, on_error=text))
    assert (response.status, body_of(response)) == (503, b"")


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ('<set-body>x</set-body><set-status code="200" />', "<set-status> is twice there, or too"),
        ("<set-body>x</set-body><set-body>y</set-body>", "<set-body> is twice there, or too late"),
        ('<set-status code="200"/><set-status code="201"/>', "<set-status> is twice there"),
        ("<set-method>GET</set-method>", "<set-method> cannot be used here"),
        ("text", "cannot contain text"),
        ('<set-status code="200">text</set-status>', "cannot contain text"),
        ('<set-status code="200" other="1" />', "'other' attribute is not declared"),
        ('<set-status code="200"><value /></set-status>', "cannot contain elements"),
    ],
)
def test_what_is_refused(inner: str, problem: str) -> None:
    """Other elements, another order and text are refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=f"<return-response>{inner}</return-response>")


def test_the_variables_name_is_no_expression() -> None:
    """An expression for the name is refused when the document is read."""
    text = '<return-response response-variable-name="@(context.RequestId.ToString())" />'
    with pytest.raises(DocumentNotUsable, match="an expression cannot be used here"):
        read(inbound=text)

"""Which bodies does `<validate-content>` let pass?"""

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from mockserver.gateway.call import Call
from mockserver.gateway.errors import GatewayFailure
from mockserver.gateway.expressions.json_tokens import JArray
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.model import Api, DeclaredResponse, Operation, Representation
from mockserver.gateway.policy import SectionName
from mockserver.gateway.routing import Route
from mockserver.gateway.templates import UrlTemplate
from tests.mockserver.gateway.policies.accessing import run_section
from tests.mockserver.gateway.policies.transforming import refusal
from tests.mockserver.gateway.policy_calls import FakeBackend, Stage, body_of, handled, read

JSON = "application/json"
SCHEMAS: dict[str, Any] = {
    "Book": {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}, "pages": {"type": "integer"}},
    },
    "Bad": {"$ref": "#/components/schemas/None"},
    "Other": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}},
    "Whole": {"components": {"schemas": {"Inner": {"type": "integer"}}}},
}
OPERATION = Operation(
    "post",
    "Post",
    "POST",
    UrlTemplate("/books"),
    (
        Representation(JSON, "Book"),
        Representation("Application/HAL+JSON; charset=utf-8", "Book"),
        Representation("text/json", "Bad"),
        Representation("text/plain"),
    ),
    (DeclaredResponse(200, (Representation(JSON, "Book"),)), DeclaredResponse(404)),
)
API = Api("shop", "Shop", "shop", "https://b.example", (OPERATION,), schemas=SCHEMAS)
CONTENT = f"<content type='{JSON}' validate-as='json' action='prevent' />"
GOOD, BAD = b'{"title":"Emma"}', b'{"title":null}'
HIDDEN = "The request could not be processed due to an internal error. Contact the API owner."


def policy(
    inner: str = CONTENT, size: str = "prevent", unknown: str = "prevent", most: int = 99
) -> str:
    """Return the policy; its errors go to the variable `errors`."""
    return (
        f"<validate-content unspecified-content-type-action='{unknown}' max-size='{most}'"
        f" size-exceeded-action='{size}' errors-variable-name='errors'>{inner}</validate-content>"
    )


def content(**attributes: str) -> str:
    """Return a content element; underscores stand for hyphens."""
    given = {"type": JSON, "validate_as": "json", "action": "prevent", **attributes}
    written = (f"{name.replace('_', '-')}='{value}'" for name, value in given.items() if value)
    return f"<content {' '.join(written)} />"


def sent(body: bytes | Body = GOOD, content_type: str | None = JSON, **headers: str) -> Call:
    """Return a call that brings a body."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if content_type is not None:
        given["Content-Type"] = content_type
    whole = Body(body) if isinstance(body, bytes) else body
    call = Stage().call("POST", headers=given, body=whole)
    call.route = Route(API, OPERATION, {}, "/books")
    return call


def answered(body: bytes, status: int = 200, content_type: str = JSON) -> Call:
    """Return a call with a response."""
    call = sent()
    call.response = Response(
        status, headers=Headers({"Content-Type": content_type}), body=Body(body)
    )
    return call


def refused(call: Call, text: str, section: SectionName = "inbound") -> GatewayFailure:
    """Return how a body is refused."""
    with pytest.raises(GatewayFailure) as failed:
        run_section(call, text, section)
    assert failed.value.error.source == "validate-content"
    return failed.value


def errors(call: Call) -> list[dict[str, str]]:
    """Return what the variable holds."""
    found = call.variables.get("errors", JArray([]))
    assert isinstance(found, JArray)
    listed: list[dict[str, str]] = found.data
    return listed


def test_a_body_that_fits() -> None:
    """It passes, and is forwarded as it came."""
    stage = Stage(FakeBackend())
    call = sent()
    call.runtime = stage.runtime
    response = handled(call, read(inbound=policy(), backend="<forward-request />"))
    assert (response.status, stage.backend.bodies, errors(call)) == (200, [GOOD], [])


def test_a_body_that_does_not_fit() -> None:
    """The text names the content type, the problem and its place; the backend is not called."""
    call = sent(BAD)
    response = handled(call, read(inbound=policy()))
    text = (
        "Body of the request does not conform to the definition which is associated with the"
        " content type application/json. Invalid type. Expected String but got Null. Line: 1,"
        " Position: 13"
    )
    assert response.status == 400
    assert body_of(response) == f'{{ "statusCode": 400, "message": "{text}" }}'.encode()
    assert errors(call) == [
        {
            "Name": JSON,
            "Type": "RequestBody",
            "ValidationRule": "IncorrectMessage",
            "Details": text,
            "Action": "prevent",
        }
    ]
    assert call.last_error is not None
    assert (call.last_error.reason, call.last_error.message) == ("Bad request", text)


@pytest.mark.parametrize("body", [b"", b"{", b"no JSON", b"\xff\xfe\x00", b"[" * 90])
def test_a_body_that_is_no_json(body: bytes) -> None:
    """It is refused like one that does not fit."""
    failed = refused(sent(body), policy())
    assert failed.status == 400
    assert failed.told.startswith("Body of the request does not conform")


@pytest.mark.parametrize(("action", "is_noted"), [("detect", True), ("ignore", False)])
def test_what_is_not_prevented(action: str, is_noted: bool) -> None:
    """`detect` notes errors and lets the body pass, `ignore` does not look."""
    call = sent(BAD)
    run_section(call, policy(content(action=action)))
    assert [each["Action"] for each in errors(call)] == (["detect"] if is_noted else [])


def test_a_body_that_is_ignored_is_not_read() -> None:
    """It stays the stream that it was."""

    async def pieces() -> AsyncIterator[bytes]:
        yield BAD

    call = sent(Body(None, pieces()))
    run_section(call, policy(content(action="ignore")))
    assert call.request.body.content is None


def test_expressions_read_the_errors() -> None:
    """The variable is JSON."""
    call = sent(BAD)
    run_section(call, policy(content(action="detect")))
    text = (
        '<set-variable name="rule" value=\'@((string)((JArray)context.Variables["errors"])[0]'
        '["ValidationRule"])\' />'
    )
    run_section(call, text)
    assert call.variables["rule"] == "IncorrectMessage"


# --- Responses -----------------------------------------------------------------------------------


def test_a_response_that_does_not_fit() -> None:
    """The client gets 502 and learns nothing; the variable and LastError tell."""
    call = answered(BAD)
    failed = refused(call, policy(), "outbound")
    assert (failed.status, failed.told) == (502, HIDDEN)
    assert failed.error.reason == "Response not allowed"
    assert failed.error.message.startswith("Body of the response does not conform")
    assert errors(call)[0]["Type"] == "ResponseBody"


@pytest.mark.parametrize(
    ("status", "content_type", "expected"),
    [
        (200, "text/html", "Unspecified content type text/html is not allowed."),
        (404, JSON, "Unspecified content type application/json is not allowed."),
        (500, JSON, "Unspecified content type application/json is not allowed."),
    ],
)
def test_a_response_that_is_not_declared(status: int, content_type: str, expected: str) -> None:
    """Content types are declared for each status."""
    failed = refused(answered(GOOD, status, content_type), policy(), "outbound")
    assert (failed.status, failed.error.message) == (502, expected)


@pytest.mark.parametrize(("status", "method"), [(204, "POST"), (304, "POST"), (200, "HEAD")])
def test_a_response_that_has_no_body(status: int, method: str) -> None:
    """There is nothing to check."""
    call = answered(b"", status)
    call.request.method = method
    run_section(call, policy(), "outbound")
    assert errors(call) == []


def test_a_response_whose_body_is_still_to_come() -> None:
    """It is read, checked and sent on whole."""

    async def pieces() -> AsyncIterator[bytes]:
        yield GOOD[:5]
        yield GOOD[5:]

    call = answered(b"")
    assert call.response is not None
    call.response.body = Body(None, pieces())
    run_section(call, policy(), "outbound")
    assert call.response.body.content == GOOD


# --- Size ----------------------------------------------------------------------------------------


def test_a_body_that_is_too_large() -> None:
    """Its announced size is enough to refuse it: nothing of it is read."""

    asked: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        asked.append("read")
        yield BAD

    call = sent(Body(None, pieces(), 100))
    failed = refused(call, policy())
    assert failed.status == 400
    assert asked == []
    assert failed.told == "Request's body is 100 bytes long and it exceeds the limit of 99 bytes."
    assert errors(call)[0]["Details"] == (
        "Request's body is 100 bytes long and it exceeds the configured limit of 99 bytes."
    )
    failed = refused(answered(b" " * 100), policy(), "outbound")
    assert (failed.status, failed.told) == (502, HIDDEN)


@pytest.mark.parametrize(("action", "count"), [("ignore", 0), ("detect", 1)])
def test_a_body_that_is_too_large_may_pass(action: str, count: int) -> None:
    """It is not looked into then."""
    call = sent(BAD + b" " * 100)
    run_section(call, policy(size=action))
    assert len(errors(call)) == count


def test_a_body_whose_size_is_not_announced() -> None:
    """It is measured when it is read for its schema."""

    async def pieces() -> AsyncIterator[bytes]:
        yield BAD + b" " * 100

    failed = refused(sent(Body(None, pieces())), policy())
    assert "exceeds the limit of 99 bytes" in failed.told


@pytest.mark.parametrize("size", [98, 99, 100])
def test_the_limit_itself_is_allowed(size: int) -> None:
    """One byte more is not."""
    body = GOOD + b" " * (size - len(GOOD))
    call = sent(body)
    if size > 99:
        assert refused(call, policy()).status == 400
    else:
        run_section(call, policy())
        assert errors(call) == []


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_compressed_body(encoding: str, pack: Any) -> None:
    """It is checked as what it stands for, and sent on as it came."""
    call = sent(pack(GOOD), Content_Encoding=encoding)
    run_section(call, policy())
    assert call.request.body.content == pack(GOOD)
    assert "Expected String" in refused(sent(pack(BAD), Content_Encoding=encoding), policy()).told


def test_a_body_that_grows() -> None:
    """The size without compression counts, and no more than that is unpacked."""
    bomb = gzip.compress(b" " * 10_000_000, mtime=0)
    failed = refused(sent(bomb, Content_Encoding="gzip"), policy(most=20_000))
    assert "exceeds the limit of 20000 bytes" in failed.told


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (GOOD, "br"),
        (GOOD, "gzip"),
        (gzip.compress(GOOD, mtime=0)[:-3], "gzip"),
        (gzip.compress(GOOD, mtime=0) + gzip.compress(BAD, mtime=0), "gzip"),
        (GOOD, "gzip, gzip"),
    ],
)
def test_a_compression_that_cannot_be_undone(body: bytes, encoding: str) -> None:
    """Nothing passes that was not seen whole."""
    call = sent(body, Content_Encoding=encoding)
    failed = refused(call, policy())
    assert (failed.status, failed.told) == (400, HIDDEN)
    assert errors(call)[0]["ValidationRule"] == "ValidationException"


def test_a_large_body_is_checked_beside_the_event_loop() -> None:
    """It makes no difference to what comes of it."""
    many = {"title": "a", "pages": "no", "x": list(range(30_000))}
    call = sent(json.dumps(many).encode())
    assert "Expected Integer but got String" in refused(call, policy(most=4 << 20)).told


# --- Content types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8"]
)
def test_how_a_content_type_is_written(content_type: str) -> None:
    """Case and parameters make no difference."""
    assert refused(sent(BAD, content_type), policy()).status == 400


def test_a_content_type_that_is_not_declared() -> None:
    """It is refused, noted or ignored, as the policy says."""
    call = sent(b"<a/>", "Application/XML")
    failed = refused(call, policy())
    expected = "Unspecified content type application/xml is not allowed."
    assert (failed.status, failed.told) == (400, expected)
    assert errors(call)[0]["Name"] == "application/xml"
    for action, count in (("detect", 1), ("ignore", 0)):
        call = sent(b"<a/>", "application/xml")
        run_section(call, policy(unknown=action))
        assert len(errors(call)) == count


def test_a_content_type_without_a_content_element() -> None:
    """It is declared, so it passes unchecked."""
    call = sent(BAD, "application/hal+json")
    run_section(call, policy())
    assert errors(call) == []


def test_a_content_element_without_type() -> None:
    """It stands for all that are declared."""
    text = policy(content(type=""))
    assert refused(sent(BAD, "application/hal+json"), text).status == 400
    assert "Unspecified" in refused(sent(BAD, "application/other"), text).told


def test_a_representation_without_schema() -> None:
    """There is nothing to check it against."""
    call = sent(b"anything", "text/plain")
    run_section(call, policy(content(type="text/plain")))
    assert errors(call) == []


def test_a_call_without_body() -> None:
    """Nothing came, nothing is checked."""
    call = sent(b"", None)
    run_section(call, policy())
    assert errors(call) == []


def test_a_body_without_content_type() -> None:
    """It is not declared, and does not slip through for want of a length either."""

    async def pieces() -> AsyncIterator[bytes]:
        yield BAD

    assert "Unspecified content type  is" in refused(sent(BAD, None), policy()).told
    assert (
        "Unspecified content type  is" in refused(sent(Body(None, pieces()), None), policy()).told
    )


@pytest.mark.parametrize(
    ("mapping", "content_type", "expected"),
    [
        ("<content-type-map any-content-type-value='application/json' />", "text/xml", JSON),
        ("<content-type-map any-content-type-value='application/json' />", None, JSON),
        ("<content-type-map missing-content-type-value='application/json' />", None, JSON),
        ("<content-type-map missing-content-type-value='application/json' />", "text/xml", ""),
        (
            (
                "<content-type-map missing-content-type-value='a/b' any-content-type-value='c/d'>"
                "<type from='Text/XML' to='Application/JSON' /></content-type-map>"
            ),
            "text/xml; a=b",
            JSON,
        ),
        (
            (
                "<content-type-map><type when='@(context.Request.Method == \"POST\")'"
                " to='application/json' /></content-type-map>"
            ),
            "text/xml",
            JSON,
        ),
        (
            "<content-type-map><type when='@(false)' to='application/json' /></content-type-map>",
            "text/xml",
            "",
        ),
    ],
)
def test_a_content_type_that_stands_for_another(
    mapping: str, content_type: str | None, expected: str
) -> None:
    """What is mapped is checked as what it is mapped to."""
    told = refused(sent(BAD, content_type), policy(mapping + CONTENT)).told
    assert (f"associated with the content type {JSON}" in told) == (expected == JSON)
    assert ("Unspecified" in told) == (expected == "")


# --- Schemas -------------------------------------------------------------------------------------


def test_another_schema() -> None:
    """schema-id names one of the API's, for content types that it does not declare, too."""
    text = policy(content(schema_id="Other", type="application/x"))
    call = sent(b"[" + GOOD + b"]", "application/x")
    run_section(call, text)
    assert errors(call) == []
    assert "Expected Array" in refused(sent(GOOD, "application/x"), text).told


def test_a_place_within_a_schema() -> None:
    """schema-ref leads into the schema."""
    text = policy(content(schema_id="Whole", schema_ref="#/components/schemas/Inner"))
    assert "Expected Integer" in refused(sent(GOOD), text).told


@pytest.mark.parametrize(
    ("text", "body", "fits"),
    [
        (content(allow_additional_properties="false"), b'{"title":"a","x":1}', False),
        (content(allow_additional_properties="true"), b'{"title":"a","x":1}', True),
        (content(case_insensitive_property_names="true"), b'{"TITLE":"a"}', True),
        (content(case_insensitive_property_names="true"), b'{"TITLE":1}', False),
        (content(case_insensitive_property_names="false"), b'{"TITLE":"a"}', False),
    ],
)
def test_what_overrides_the_schema(text: str, body: bytes, fits: bool) -> None:
    """Additional properties and the case of names."""
    call = sent(body)
    run_section(call, policy(text.replace("prevent", "detect")))
    assert (errors(call) == []) == fits


def test_a_schema_that_cannot_be_applied() -> None:
    """It is an error of the API's owner: the client is told nothing about it."""
    call = sent(GOOD, "text/json")
    failed = refused(call, policy(content(type="text/json")))
    assert (failed.status, failed.told) == (400, HIDDEN)
    assert "cannot be validated for the content type text/json" in failed.error.message


def test_a_schema_that_is_not_there() -> None:
    """It is the API's fault as well."""
    call = sent(GOOD)
    failed = refused(call, policy(content(schema_id="None")))
    assert (failed.status, failed.told) == (400, HIDDEN)
    assert errors(call)[0]["Type"] == "ApiSchema"


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?<=a)b"])
def test_a_pattern_that_is_not_supported(pattern: str) -> None:
    """It is an error of the API's owner, whatever comes."""
    schemas = {"Book": {"properties": {"title": {"pattern": pattern}}}}
    call = sent(GOOD)
    call.route = Route(replace(API, schemas=schemas), OPERATION, {}, "/books")
    failed = refused(call, policy())
    assert (failed.status, failed.told) == (400, HIDDEN)


def test_a_schema_is_compiled_once() -> None:
    """What checks is kept with the emulator."""
    stage = Stage()
    policies = read(inbound=policy())
    for _ in range(3):
        call = sent()
        call.runtime = stage.runtime
        handled(call, policies)
    assert len(stage.runtime.memory[policies["inbound"][0]]) == 1


# --- What is refused when it is loaded -----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<validate-content />", "'unspecified-content-type-action' is missing"),
        (policy(size="block"), "none of ignore, prevent, detect"),
        (policy(most=(4 << 20) + 1), "no whole number from 0 to 4194304"),
        (policy("text"), "cannot contain text"),
        (policy("<other />"), "invalid child element 'other'"),
        (policy(content(validate_as="xml")), "xml is not supported"),
        (policy(content(validate_as="soap")), "soap is not supported"),
        (policy(content(validate_as="")), "'validate-as' is missing"),
        (policy(content(action="")), "'action' is missing"),
        (policy(content(schema_ref="#/a")), "schema-ref needs a schema-id"),
        (policy(content(schema_ref="a", schema_id="b")), "begins with #"),
        (policy(content(unknown="a")), "'unknown' attribute is not declared"),
        (policy(CONTENT.replace(" />", "><a /></content>")), "cannot contain other elements"),
        (policy(CONTENT.replace(" />", ">a</content>")), "cannot contain text"),
        (policy("<content-type-map />" * 2), "is there twice"),
        (policy("<content-type-map><other /></content-type-map>"), "<type from= to= /> only"),
        (policy("<content-type-map><type to='a' /></content-type-map>"), "'from' or 'when'"),
        (policy("<content-type-map><type from='a' /></content-type-map>"), "'to' is missing"),
        (
            policy("<content-type-map><type from='a' when='true' to='a' /></content-type-map>"),
            "'from' or 'when'",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, problem: str) -> None:
    """XML and SOAP are not supported, and nothing is ignored."""
    assert problem in refusal(text)


def test_it_does_not_stand_in_backend() -> None:
    """The sections are those of the documents."""
    assert "not allowed in the" in refusal(policy(), "backend")

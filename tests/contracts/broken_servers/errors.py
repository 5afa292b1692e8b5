"""Faults of refusals: forms, statuses, codes, and what they give away."""

from tests.contracts.broken_servers.faults import (
    fault,
    json_changed,
    refusal,
    replace,
    replies,
    with_error,
)
from tests.contracts.broken_servers.proxy import Answer, Call, Memory, Send

KEY = "wrong_key_is_refused"
MALFORMED = "malformed_body_is_refused"
HTML = (("Content-Type", "text/html"), ("x-ms-request-id", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21"))

replies(
    "a_401_in_html",
    "json_media_type",
    "",
    lambda _: Answer(401, HTML, b"<html>No</html>"),
    KEY,
    status=401,
)
replies(
    "a_401_as_403", "status_code_conformance", "", lambda a: replace(a, status=403), KEY, status=401
)
replies(
    "details_missing",
    "error_envelope",
    "",
    json_changed(lambda c: {"error": {n: c["error"][n] for n in ("code", "message")}}),
    KEY,
    status=401,
)
replies("details_empty", "error_envelope", "", with_error(details=[]), KEY, status=401)
replies(
    "error_is_a_text",
    "error_envelope",
    "",
    json_changed(lambda c: {"error": c["error"]["message"]}),
    KEY,
    status=401,
)
replies(
    "the_frameworks_own_body",
    "error_envelope",
    "",
    json_changed(lambda _: {"detail": "Not Found"}),
    "unknown_job_is_not_found",
    status=404,
)
replies(
    "the_frameworks_own_status",
    "status_code_conformance",
    "execute",
    lambda a: replace(a, status=422),
    MALFORMED,
    status=400,
)
replies(
    "a_400_as_500",
    "no_server_error",
    "execute",
    lambda a: replace(a, status=500),
    MALFORMED,
    status=400,
)
replies(
    "a_refusal_with_200",
    "response_schema_conformance",
    "execute",
    lambda _: replace(refusal(400, "BadArgument", "UnknownError"), status=200),
    "howto_request_is_scored",
)
replies(
    "content_type_missing",
    "json_media_type",
    "",
    lambda a: a.with_header("Content-Type", None),
    KEY,
    status=401,
)
replies(
    "content_type_is_text",
    "json_media_type",
    "execute",
    lambda a: a.with_header("Content-Type", "text/plain"),
    "howto_request_is_scored",
)
replies(
    "a_byte_order_mark",
    "json_media_type",
    "execute",
    lambda a: replace(a, body=b"\xef\xbb\xbf" + a.body),
    "howto_request_is_scored",
)
replies(
    "a_number_that_is_none",
    "json_media_type",
    "execute",
    lambda a: replace(a, body=a.body.replace(b'"0"', b"NaN")),
    "howto_request_is_scored",
)
replies(
    "no_request_id",
    "request_id_on_every_reply",
    "",
    lambda a: a.with_header("x-ms-request-id", None),
    KEY,
    status=None,
)
replies(
    "a_stack_trace",
    "no_leaks",
    "",
    with_error(message='Traceback (most recent call last)\n  File "a.py", line 1'),
    MALFORMED,
    status=400,
)
replies(
    "a_trace_of_dotnet",
    "no_leaks",
    "",
    with_error(message="at Scoring.Run(Table t) in C:\\src\\Run.cs:line 7"),
    MALFORMED,
    status=400,
)
replies(
    "a_trace_of_java",
    "no_leaks",
    "",
    with_error(message="java.lang.Error: No\n\tat com.a.Row.parse(Row.java:12)"),
    MALFORMED,
    status=400,
)
replies(
    "a_path_of_the_server",
    "no_leaks",
    "",
    with_error(message="cannot open /usr/lib/python3/model.bin"),
    MALFORMED,
    status=400,
)
replies(
    "class_of_another_status",
    "error_class_matches_status",
    "",
    with_error(code="NotFound"),
    MALFORMED,
    status=400,
)
replies(
    "code_of_another_class",
    "error_class_matches_status",
    "",
    with_error(details=[{"code": "JobNotFound", "message": "No."}]),
    MALFORMED,
    status=400,
)
replies(
    "another_code_for_a_missing_column",
    "missing_column_is_refused",
    "execute",
    lambda a: replace(a, body=a.body.replace(b"InputMismatchError", b"InputParseError")),
    status=400,
)
replies(
    "an_unknown_service_is_400",
    "unknown_service_is_not_found",
    "execute",
    lambda _: refusal(400, "BadArgument", "WebServiceIdInvalid"),
    status=404,
)
replies(
    "a_wrong_verb_is_404",
    "wrong_verb_is_not_allowed",
    "",
    lambda _: refusal(404, "NotFound", "ResourceNotFound"),
    status=405,
)
replies(
    "no_allow_on_405",
    "allow_header_on_405",
    "",
    lambda a: a.with_header("Allow", None),
    "wrong_verb_is_not_allowed",
    status=405,
)
replies(
    "allow_leaves_methods_out",
    "allow_header_on_405",
    "",
    lambda a: a.with_header("Allow", "PUT"),
    "wrong_verb_is_not_allowed",
    status=405,
)


@fault("no_leaks", "malformed_body_is_refused")
def the_key_is_echoed(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    answer = send(call)
    if answer.status != 400 or answer.json is None:
        return answer
    return with_error(message=f"no: {call.header('Authorization')}")(answer)


@fault("no_server_error", "missing_inputs_are_refused")
def empty_inputs_crash(call: Call, send: Send, memory: Memory) -> Answer:
    del memory
    if (
        call.operation == "execute"
        and isinstance(call.json, dict)
        and call.json.get("Inputs") == {}
    ):
        return Answer(500, (("Content-Type", "text/plain"),), b"Internal Server Error")
    return send(call)

"""Which mistakes do gateways make with a request?"""

import json
import re
import unicodedata
from dataclasses import replace
from urllib.parse import quote, unquote

from contracts.comparison.compare import Verdict
from tests.contracts.comparison.mistakes import (
    as_json,
    mistake,
    request_mistake,
)
from tests.contracts.comparison.passing_proxy import Memory, Message, Send

OTHER = "(no operation)"
MESSAGE = "$.error.details[*].message"
VALUES = "$.Results.output1.value.Values[*][*]"


def with_path(call: Message, path: str) -> Message:
    """Return the call with another path."""
    _, mark, query = call.target.partition("?")
    return call.with_target(path + mark + query)


def with_query(call: Message, query: str) -> Message:
    """Return the call with another query."""
    path, mark, _ = call.target.partition("?")
    return call.with_target(path + mark + query)


def path_of(call: Message) -> str:
    """Return the path of a call."""
    return call.target.partition("?")[0]


def query_of(call: Message) -> str:
    """Return the query of a call."""
    return call.target.partition("?")[2]


# --- its address ---------------------------------------------------------------------------------


@request_mistake((OTHER, "status", "404 to 200"), label="probe: slashes doubled")
def duplicate_slashes_are_merged(call: Message) -> Message:
    """Take `//` for `/`, as nginx does."""
    return with_path(call, re.sub("/+", "/", path_of(call)))


@request_mistake((OTHER, "status", "404 to 200"), label="probe: slash escaped twice")
def escapes_of_the_path_are_decoded(call: Message) -> Message:
    """Decode a path and write it anew."""
    return with_path(call, quote(unquote(path_of(call)), safe="/%;+"))


@request_mistake(
    (OTHER, "header", "x-received-target"), label="probe: slash escaped", needs_echo=True
)
def escaped_slashes_are_decoded(call: Message) -> Message:
    """Take `%2F` for a slash; a backend that does so too shows nothing of it."""
    return with_path(call, re.sub("%2f", "/", path_of(call), flags=re.IGNORECASE))


@request_mistake((OTHER, "status", "404 to 200"), label="probe: dot segment")
def dots_are_taken_out(call: Message) -> Message:
    """Make the shortest path of it."""
    path = path_of(call).replace("/./", "/")
    return with_path(call, re.sub(r"/[^/]+/\.\./", "/", path))


@request_mistake((OTHER, "status", "404 to 200"), label="probe: capitals")
def the_path_is_in_lower_case(call: Message) -> Message:
    """Write the path in small letters."""
    return with_path(call, path_of(call).lower())


@request_mistake((OTHER, "status", "404 to 200"), label="probe: slash at the end")
def a_last_slash_is_cut_off(call: Message) -> Message:
    """Make one address of two."""
    return with_path(call, path_of(call).rstrip("/"))


@request_mistake((OTHER, "status", "404 to 200"), label="probe: path parameter")
def path_parameters_are_cut_off(call: Message) -> Message:
    """Drop what follows a semicolon."""
    return with_path(call, path_of(call).partition(";")[0])


# --- its query -----------------------------------------------------------------------------------


@request_mistake(("execute", "body", "$.Results.output1.value.ColumnNames"))
def a_query_parameter_is_lost(call: Message) -> Message:
    """Pass only what is known: `details` is not."""
    kept = [pair for pair in query_of(call).split("&") if not pair.startswith("details=")]
    return with_query(call, "&".join(kept))


@request_mistake(("execute", "body", MESSAGE), label="probe: value with everything")
def query_values_are_in_lower_case(call: Message) -> Message:
    """Write values in small letters."""
    return with_query(call, query_of(call).lower())


@request_mistake(("execute", "body", MESSAGE), label="probe: value with everything")
def an_escaped_plus_becomes_a_space(call: Message) -> Message:
    """Decode `%2B` and leave the plus as it is."""
    return with_query(call, query_of(call).replace("%2B", "+"))


@request_mistake(
    ("execute", "header", "x-received-target"), label="probe: value with a plus", needs_echo=True
)
def a_plus_is_decoded_as_a_space(call: Message) -> Message:
    """Take `+` for a space and write `%20`."""
    return with_query(call, query_of(call).replace("+", "%20"))


@request_mistake(("execute", "body", MESSAGE), label="probe: two parameters given twice")
def query_parameters_are_sorted(call: Message) -> Message:
    """Keep them in a table and write it."""
    return with_query(call, "&".join(sorted(query_of(call).split("&"), reverse=True)))


@request_mistake(("execute", "status", "400 to 200"), label="probe: parameter given twice")
def of_a_repeated_parameter_one_is_kept(call: Message) -> Message:
    """Keep parameters in a table by their names."""
    return with_query(
        call, "&".join({p.partition("=")[0]: p for p in query_of(call).split("&")}.values())
    )


# --- its headers ---------------------------------------------------------------------------------


@request_mistake(
    ("execute", "status", "200 to 401"),
    ("submit_job", "status", "200 to 401"),
    ("get_job_status", "status", "404 to 401"),
)
def authorization_is_dropped(call: Message) -> Message:
    """Keep the key of the service to itself."""
    return call.with_header("Authorization", None)


@request_mistake(("execute", "status", "200 to 401"), label="probe: key given twice")
def headers_given_twice_are_merged(call: Message) -> Message:
    """Write `a, b` for two headers."""
    return merged(call, ", ")


@request_mistake(
    ("execute", "header", "x-received-x-probe"), label="probe: header given twice", needs_echo=True
)
def of_headers_given_twice_one_is_dropped(call: Message) -> Message:
    """Keep headers in a table by their names."""
    return merged(call, None)


def merged(call: Message, separator: str | None) -> Message:
    """Return the call with each header once."""
    values: dict[str, list[str]] = {}
    for name, value in call.headers:
        values.setdefault(name, []).append(value)
    return replace(
        call,
        headers=tuple(
            (n, v[-1] if separator is None else separator.join(v)) for n, v in values.items()
        ),
    )


@request_mistake(
    ("execute", "header", "x-received-x_probe"),
    label="probe: header with an underscore",
    needs_echo=True,
)
def headers_with_underscores_are_dropped(call: Message) -> Message:
    """Drop what might be meant for a CGI program, as nginx does."""
    return replace(call, headers=tuple(h for h in call.headers if "_" not in h[0]))


@request_mistake(
    ("execute", "header", "x-received-cookie"), label="probe: many cookies", needs_echo=True
)
def cookies_are_dropped(call: Message) -> Message:
    """Keep cookies to itself."""
    return call.with_header("Cookie", None)


@request_mistake(("execute", "header", "x-received-x-forwarded-for"), needs_echo=True)
def the_client_is_told_to_the_backend(call: Message) -> Message:
    """Add who has called."""
    return call.with_header("X-Forwarded-For", "203.0.113.7")


@request_mistake(("execute", "header", "x-received-content-type"), needs_echo=True)
def the_type_of_the_body_is_written_anew(call: Message) -> Message:
    """Add a charset."""
    if not call.header("Content-Type"):
        return call
    return call.with_header("Content-Type", "application/json; charset=utf-8")


@mistake(
    ("execute", "header", "x-received-ocp-apim-subscription-key"),
    ("get_job_status", "header", "x-received-ocp-apim-subscription-key"),
    needs_echo=True,
    is_leak=True,
)
async def the_key_of_the_gateway_is_leaked_to_the_backend(
    call: Message, send: Send, _: Memory
) -> Message:
    """Forget the policy that takes it out; all others of these follow it."""
    return await send(call)


@mistake(("execute", "status", "200 to 405"), label="probe: another method in a header")
async def a_header_names_another_method(call: Message, send: Send, _: Memory) -> Message:
    """Take the method from a header."""
    other = call.header("X-HTTP-Method-Override")
    return await send(replace(call, line=f"{other} {call.target} HTTP/1.1") if other else call)


@mistake(
    ("execute", "refusal", "200 to 400"),
    label="probe: large header",
    verdict=Verdict.GATEWAY_REFUSED,
)
async def large_headers_are_refused(call: Message, send: Send, _: Memory) -> Message:
    """Have room for 8 KiB."""
    if any(len(value) > 8192 for _, value in call.headers):
        page = b"<html><body>Request Header Or Cookie Too Large</body></html>\r\n"
        return html(400, page)
    return await send(call)


@mistake(
    ("execute", "refusal", "200 to 417"),
    label="probe: asks before it sends",
    verdict=Verdict.GATEWAY_REFUSED,
)
async def who_asks_before_it_sends_is_refused(call: Message, send: Send, _: Memory) -> Message:
    """Know nothing of `100 Continue`."""
    return html(417, b"") if call.header("Expect") else await send(call)


def html(status: int, page: bytes) -> Message:
    """Return a page."""
    length = ("content-length", str(len(page)))
    return Message(f"HTTP/1.1 {status} -", (("content-type", "text/html"), length), page)


# --- its body ------------------------------------------------------------------------------------


@mistake(
    ("execute", "refusal", "200 to 413"),
    label="probe: large body",
    verdict=Verdict.GATEWAY_REFUSED,
)
async def large_bodies_are_refused(call: Message, send: Send, _: Memory) -> Message:
    """Take 1 MiB, as nginx does."""
    return html(413, b"<html></html>") if len(call.body) > 1 << 20 else await send(call)


@request_mistake(("execute", "status", "200 to 400"), ("submit_job", "status", "200 to 400"))
def bodies_are_truncated(call: Message) -> Message:
    """Lose the last byte."""
    return call.with_body(call.body[:-1])


@request_mistake(("execute", "status", "200 to 400"), label="probe: body in chunks")
def bodies_in_chunks_are_dropped(call: Message) -> Message:
    """Look for Content-Length only."""
    return replace(call, body=b"") if call.is_chunked else call


@request_mistake(
    ("execute", "header", "x-received-body"), label="probe: newline at the end", needs_echo=True
)
def a_newline_at_the_end_is_trimmed(call: Message) -> Message:
    """Trim what seems empty."""
    return call.with_body(call.body.strip())


@request_mistake(
    ("delete_job", "header", "x-received-body"), label="probe: DELETE with a body", needs_echo=True
)
def the_body_of_delete_is_dropped(call: Message) -> Message:
    """Know that DELETE has none."""
    return call.with_body(b"") if call.method == "DELETE" else call


@request_mistake(("execute", "header", "x-received-body"), needs_echo=True)
def json_of_a_request_is_written_anew(call: Message) -> Message:
    """Read and write it: white space, escapes, members given twice."""
    content = as_json(call.body)
    return call if content is None else call.with_body(json.dumps(content, indent=1).encode())


@request_mistake(("execute", "body", VALUES), label="probe: number 12345678901234567890")
def large_numbers_become_floats(call: Message) -> Message:
    """Read JSON as a browser does."""
    try:
        content = json.loads(call.body, parse_int=float)
    except ValueError:
        return call
    return call.with_body(json.dumps(content).encode())


@request_mistake(("execute", "body", VALUES), label="probe: text as it is")
def bytes_are_read_in_another_encoding(call: Message) -> Message:
    """Take UTF-8 for Latin-1."""
    return call.with_body(call.body.decode("latin-1").encode())


@request_mistake(("execute", "body", VALUES), label="probe: text as it is")
def characters_are_put_together(call: Message) -> Message:
    """Normalise: a letter and its accent become one character."""
    return call.with_body(
        unicodedata.normalize("NFC", call.body.decode("utf-8", "replace")).encode()
    )


# --- whether and how often it is sent ------------------------------------------------------------


@mistake(("start_job", "status", "200 to 400"))
async def calls_are_sent_twice(call: Message, send: Send, _: Memory) -> Message:
    """Try again though the first try has arrived."""
    await send(call)
    return await send(call)


@mistake((OTHER, "status", "405 to 204"), label="probe: OPTIONS execute")
async def options_are_answered_without_the_service(call: Message, send: Send, _: Memory) -> Message:
    """Let every origin in."""
    if call.method != "OPTIONS":
        return await send(call)
    allow = ("Access-Control-Allow-Origin", "*")
    return Message("HTTP/1.1 204 No Content", (allow,))


@mistake((OTHER, "status", "405 to 200"), label="probe: HEAD execute")
async def head_is_answered_without_the_service(call: Message, send: Send, _: Memory) -> Message:
    """Say that all is well."""
    return html(200, b"") if call.method == "HEAD" else await send(call)

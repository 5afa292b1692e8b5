"""Which mistakes do gateways make with a reply?"""

import gzip
import html
import json
import re
from dataclasses import replace
from typing import Any

from azure.storage.blob import BlobClient

from contracts.comparison.compare import Verdict
from tests.contracts.broken_servers.more import ACCOUNT_KEY
from tests.contracts.comparison.mistakes import as_json, mistake, reply_mistake, written
from tests.contracts.comparison.passing_proxy import Memory, Message, Send
from tests.contracts.comparison.requests_changed import OTHER, VALUES

_MEMBER = "$.Results.output1"


# --- its status ----------------------------------------------------------------------------------


@reply_mistake(("execute", "status", "400 to 500"), ("start_job", "status", "400 to 500"))
def refusals_become_errors_of_the_server(_: Message, reply: Message) -> Message:
    """Say 500 for every 4xx."""
    return reply.with_status(500) if 400 <= reply.status < 500 else reply


@reply_mistake(("execute", "status", "400 to 200"))
def refusals_become_successes(_: Message, reply: Message) -> Message:
    """Say 200 and keep the text."""
    return reply.with_status(200) if reply.status == 400 else reply


@reply_mistake(("execute", "status", "503 to 200"), needs_echo=True, label="probe: many cookies")
def a_busy_backend_becomes_a_success(_: Message, reply: Message) -> Message:
    """Say 200 for 503."""
    return reply.with_status(200) if reply.status == 503 else reply


@reply_mistake(("execute", "header", "retry-after"), needs_echo=True, label="probe: many cookies")
def retry_after_is_lost(_: Message, reply: Message) -> Message:
    """Tell nobody when to come again."""
    return reply.with_header("Retry-After", None)


@reply_mistake(("start_job", "status", "200 to 204"), ("delete_job", "status", "200 to 204"))
def nothing_is_no_content(_: Message, reply: Message) -> Message:
    """Say 204 for 200 without a body."""
    if reply.status == 200 and not reply.body:
        return reply.with_status(204).with_header("Content-Length", None)
    return reply


@reply_mistake(("execute", "status", "200 to 301"), ("execute", "header", "location"))
def everybody_is_sent_elsewhere(call: Message, reply: Message) -> Message:
    """Ask for TLS."""
    elsewhere = ("Location", f"https://localhost{call.target}")
    return replace(reply, line="HTTP/1.1 301 -", headers=(*reply.headers, elsewhere))


# --- the gateway speaks for itself ---------------------------------------------------------------


def refused(status: int, said: str) -> Message:
    """Return what API Management says by itself."""
    body = f'{{ "statusCode": {status}, "message": "{said}" }}'.encode()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(body))))
    return Message(f"HTTP/1.1 {status} -", headers, body)


@reply_mistake(
    ("execute", "refusal", "200 to 401"),
    ("submit_job", "refusal", "200 to 401"),
    verdict=Verdict.GATEWAY_REFUSED,
)
def a_good_key_is_refused(*_: Message) -> Message:
    """Know no subscription."""
    return refused(401, "Access denied due to invalid subscription key.")


@mistake(("submit_job", "refusal", "200 to 500"), verdict=Verdict.GATEWAY_REFUSED)
async def a_backend_is_given_up(call: Message, send: Send, _: Memory) -> Message:
    """Have no patience with those calls that write."""
    if call.method == "POST" and call.target.partition("?")[0].endswith("/jobs"):
        return refused(500, "Internal server error")
    return await send(call)


@reply_mistake(
    ("execute", "header", "content-type"),
    (OTHER, "bytes", ""),
    shows={"header", "bytes"},
)
def errors_are_pages(_: Message, reply: Message) -> Message:
    """Show people a page."""
    if reply.status < 400:
        return reply
    page = f"<html><h1>{reply.status}</h1></html>".encode()
    return reply.with_body(page).with_header("Content-Type", "text/html")


# --- its headers ---------------------------------------------------------------------------------


@reply_mistake((OTHER, "header", "allow"), shows={"header"})
def a_header_is_dropped(_: Message, reply: Message) -> Message:
    """Pass on what is known."""
    return reply.with_header("Allow", None)


@reply_mistake(("execute", "header", "x-ms-request-id"), shows={"header"})
def the_id_of_a_request_is_dropped(_: Message, reply: Message) -> Message:
    """Drop a value that varies: that it does must not hide that it is gone."""
    return reply.with_header("x-ms-request-id", None)


@reply_mistake(("execute", "header", "x-ms-request-id"), shows={"header"})
def a_header_is_given_twice(_: Message, reply: Message) -> Message:
    """Add what is there already."""
    return replace(reply, headers=(*reply.headers, ("x-ms-request-id", "again")))


@reply_mistake(("execute", "header", "date"), shows={"header"})
def the_date_is_dropped(_: Message, reply: Message) -> Message:
    """Drop it."""
    return reply.with_header("Date", None)


@reply_mistake(("execute", "header", "content-type"), shows={"header"})
def the_type_becomes_text(_: Message, reply: Message) -> Message:
    """Know nothing of JSON."""
    return reply.with_header("Content-Type", "text/plain") if reply.body else reply


@reply_mistake(("execute", "header", "content-type"), shows={"header"})
def the_charset_is_dropped(_: Message, reply: Message) -> Message:
    """Cut a parameter off."""
    return reply.with_header("Content-Type", "application/json") if reply.body else reply


@reply_mistake(("execute", "header", "set-cookie"), shows={"header"})
def a_cookie_is_set(_: Message, reply: Message) -> Message:
    """Remember where a client went."""
    return replace(reply, headers=(*reply.headers, ("Set-Cookie", "ARRAffinity=1; HttpOnly")))


@reply_mistake(("execute", "header", "server"), shows={"header"})
def the_server_is_named(_: Message, reply: Message) -> Message:
    """Advertise."""
    return replace(reply, headers=(*reply.headers, ("Server", "nginx/1.22.1")))


@reply_mistake(("execute", "header name", "content-type"), shows={"header name"})
def names_of_headers_are_written_anew(_: Message, reply: Message) -> Message:
    """Write them in capitals."""
    return replace(reply, headers=tuple((n.title(), v) for n, v in reply.headers))


@reply_mistake(("execute", "header", "transfer-encoding"), shows={"header"})
def replies_come_in_chunks(call: Message, reply: Message) -> Message:
    """Not know how long a reply will be."""
    if not reply.body or call.method == "HEAD":
        return reply
    left = reply.with_header("Content-Length", None)
    return replace(left, headers=(*left.headers, ("Transfer-Encoding", "chunked")))


@reply_mistake(("execute", "header", "connection"), shows={"header"})
def every_connection_is_closed(_: Message, reply: Message) -> Message:
    """Not be able to keep one."""
    if reply.header("Connection"):
        return reply
    return replace(reply, headers=(*reply.headers, ("Connection", "close")))


# --- its body ------------------------------------------------------------------------------------


@reply_mistake(("execute", "bytes", ""), ("get_job_status", "bytes", ""), shows={"bytes"})
def json_of_a_reply_gets_white_space(_: Message, reply: Message) -> Message:
    """Write it anew, for people."""
    return rewritten(reply, indent=2, ensure_ascii=False)


@reply_mistake(("execute", "bytes", ""), ("get_job_status", "bytes", ""), shows={"bytes"})
def members_are_sorted(_: Message, reply: Message) -> Message:
    """Write it anew, from a table."""
    return rewritten(reply, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@reply_mistake(("execute", "bytes", ""), label="probe: value with everything", shows={"bytes"})
def characters_become_escapes(_: Message, reply: Message) -> Message:
    """Write it anew, in ASCII."""
    return rewritten(reply, separators=(",", ":"))


def rewritten(reply: Message, **how: Any) -> Message:
    """Return a reply whose JSON is written in another way."""
    content = as_json(reply.body)
    return reply if content is None else reply.with_body(json.dumps(content, **how).encode())


@reply_mistake(("execute", "body", VALUES), shows={"body"})
def texts_become_numbers(_: Message, reply: Message) -> Message:
    """Guess types."""
    body = re.sub(rb'"(\d+)"', rb"\1", reply.body)
    return reply.with_body(body) if b"Values" in body else reply


@reply_mistake(
    ("get_job_status", "body", "$.Results"), ("get_job_status", "body", "$.Details"), shows={"body"}
)
def members_without_a_value_are_removed(_: Message, reply: Message) -> Message:
    """Save room."""
    content = as_json(reply.body)
    if not isinstance(content, dict):
        return reply
    return reply.with_body(written({n: v for n, v in content.items() if v is not None}))


@reply_mistake(
    ("execute", "body", "$.Results.output1.value.Values"),
    label="probe: row without a value",
    shows={"body"},
)
def empty_lists_are_removed(_: Message, reply: Message) -> Message:
    """Save room."""
    return reply.with_body(reply.body.replace(b',"Values":[]', b"").replace(b'"Values":[]', b""))


@reply_mistake(("execute", "body", VALUES), label="probe: text as it is", shows={"body"})
def replies_are_read_in_another_encoding(_: Message, reply: Message) -> Message:
    """Take UTF-8 for Latin-1."""
    return reply.with_body(reply.body.decode("latin-1").encode()) if reply.body else reply


@reply_mistake(
    ("get_job_status", "body", f"{_MEMBER}.SasBlobToken"),
    shows={"body", "output"},
)
def texts_are_escaped_for_html(_: Message, reply: Message) -> Message:
    """Make all texts safe for a page."""
    if not reply.body.startswith(b"{"):
        return reply
    return reply.with_body(html.escape(reply.body.decode(), quote=False).encode())


@reply_mistake(
    ("get_job_status", "body", f"{_MEMBER}.BaseLocation"),
    ("get_job_status", "output", "output1"),
    shows={"body", "output"},
)
def addresses_in_bodies_become_those_of_the_gateway(_: Message, reply: Message) -> Message:
    """Redirect what is in a body, so that files are asked from the gateway."""
    return (
        reply.with_body(re.sub(rb"http://127.0.0.1:\d+/", b"http://gateway/", reply.body))
        if b"BaseLocation" in reply.body
        else reply
    )


@reply_mistake(("execute", "bytes", ""), ("get_job_status", "bytes", ""), shows={"bytes"})
def a_newline_is_added(_: Message, reply: Message) -> Message:
    """End every text with a newline."""
    return reply.with_body(reply.body + b"\n") if reply.body else reply


@reply_mistake(("execute", "bytes", ""), ("get_job_status", "bytes", ""), shows={"bytes"})
def the_last_byte_is_cut_off(_: Message, reply: Message) -> Message:
    """Count characters from 0, and tell a length that fits."""
    return reply.with_body(reply.body[:-1])


@reply_mistake(("execute", "bytes", ""), shows={"bytes"})
def bodies_are_compressed_and_nobody_is_told(call: Message, reply: Message) -> Message:
    """Leave Content-Encoding out."""
    return (
        reply.with_body(gzip.compress(reply.body, mtime=0))
        if reply.body and call.method != "HEAD"
        else reply
    )


@reply_mistake(
    ("execute", "header", "content-encoding"),
    label="probe: compressed answers are taken",
    shows={"header"},
)
def bodies_are_compressed_for_whoever_takes_it(call: Message, reply: Message) -> Message:
    """Compress, as was offered."""
    if "gzip" not in call.header("Accept-Encoding") or not reply.body:
        return reply
    packed = reply.with_body(gzip.compress(reply.body, mtime=0))
    return replace(packed, headers=(*packed.headers, ("Content-Encoding", "gzip")))


@reply_mistake(("execute", "transport", ""), verdict=Verdict.TRANSPORT, shows={"transport"})
def bodies_are_called_compressed_and_are_not(call: Message, reply: Message) -> Message:
    """Keep Content-Encoding from before."""
    if not reply.body or call.method == "HEAD":
        return reply
    return replace(reply, headers=(*reply.headers, ("Content-Encoding", "gzip")))


@reply_mistake(("execute", "transport", ""), verdict=Verdict.TRANSPORT, shows={"transport"})
def less_comes_than_was_announced(call: Message, reply: Message) -> Message | bytes:
    """End in the middle of a body."""
    return reply.as_bytes(call.method)[:-5] if reply.body and call.method != "HEAD" else reply


@reply_mistake(("execute", "transport", ""), verdict=Verdict.TRANSPORT, shows={"transport"})
def the_connection_ends_before_a_reply(*_: Message) -> bytes:
    """Hang up."""
    return b""


@reply_mistake(("execute", "transport", ""), verdict=Verdict.TRANSPORT, shows={"transport"})
def what_comes_is_no_http(*_: Message) -> bytes:
    """Speak another language."""
    return b"\x16\x03\x01 hello\r\n\r\n"


# --- caches --------------------------------------------------------------------------------------


@mistake(("get_job_status", "body", "$.StatusCode"))
async def the_state_of_a_job_is_cached(call: Message, send: Send, memory: Memory) -> Message:
    """Keep the first answer to GET."""
    if call.method != "GET":
        return await send(call)
    if call.target not in memory.seen:
        memory.seen[call.target] = await send(call)
    kept: Message = memory.seen[call.target]
    return kept


@mistake(("execute", "body", VALUES))
async def scored_rows_are_cached(call: Message, send: Send, memory: Memory) -> Message:
    """Keep answers by address alone; the body of a call is no part of it."""
    if not call.target.partition("?")[0].endswith("/execute") or call.method != "POST":
        return await send(call)
    kept: Message | None = memory.seen.get(call.target)
    if kept is None:
        kept = await send(call)
        if kept.status == 200:
            memory.seen[call.target] = kept
    return kept


@mistake(("start_job", "status", "200 to 400"))
async def the_id_of_a_job_is_cached(call: Message, send: Send, memory: Memory) -> Message:
    """Give everybody the first job."""
    if not call.target.partition("?")[0].endswith("/jobs") or call.method != "POST":
        return await send(call)
    kept: Message | None = memory.seen.get("job")
    if kept is None or kept.status != 200:
        kept = memory.seen["job"] = await send(call)
    return kept


@reply_mistake(("get_job_status", "output", "output1"))
def a_result_is_tidied_before_it_is_told(_: Message, reply: Message) -> Message:
    """Take the last line end off the file that a finished job has written."""
    status = as_json(reply.body)
    is_finished = isinstance(status, dict) and status.get("StatusCode") == "Finished"
    for place in status["Results"].values() if is_finished else ():
        address = place["BaseLocation"] + place["RelativeLocation"]
        with BlobClient.from_blob_url(address, credential=ACCOUNT_KEY) as blob:
            blob.upload_blob(blob.download_blob().readall().rstrip(), overwrite=True)
    return reply

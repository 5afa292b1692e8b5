"""Do the judges of refusals, headers and statuses tell good from bad?"""

import json
from dataclasses import replace

import pytest

from contracts.exchange import Exchange, Request
from contracts.target import Target
from tests.contracts.checks.replies.made_up import (
    BASE,
    DOCUMENT,
    EXECUTE,
    GATED,
    JOBS,
    JSON,
    KEY,
    REQUEST_ID,
    START,
    STATUS,
    TARGET,
    Case,
    gateway_says,
    refusal,
    said,
    table,
    verdict,
)

HTML = ("Content-Type", "text/html")
STORED = replace(TARGET, storage="AccountName=a;AccountKey=c2VjcmV0IGtleQ==")
ANNOTATED = replace(TARGET, headers=(("X-Team", "scoring"), ("Cookie", "session=0123456789abcdef")))


def saying(text: str, says: str = "", **more: object) -> Case:
    """Return a refusal with a text."""
    case = Case(text[:40].strip() or "nothing", says, 400, refusal(text=text))
    return replace(case, **more)  # type: ignore[arg-type]  # fields by their names


TRACE, PATH, LEAKED_KEY = "400 with a stack trace", "400 with a path", "400 with a key in it"
LEAKS = [
    saying('Traceback (most recent call last):\n  File "/x/a.py", line 1, in run', TRACE),
    saying('  File "model.py", line 12, in score', TRACE),
    saying("Boom\n   at Scoring.Run(Table t) in C:\\src\\Run.cs:line 7", TRACE),
    saying("Boom\n   at System.Text.Json.JsonSerializer.Deserialize[T](String json)\n", TRACE),
    saying("java.lang.NullPointerException\n\tat com.a.Row.parse(Row.java:12)", TRACE),
    saying("java.lang.Error\n\tat java.base/java.lang.Thread.run(Unknown Source)", TRACE),
    saying("TypeError: x\n    at Object.<anonymous> (/srv/a/x.js:10:5)", TRACE),
    saying("TypeError: x\n    at async score (file:///srv/x.mjs:10:5)", TRACE),
    saying("TypeError: x\n    at /srv/a/x.js:10:5", TRACE),
    saying("panic\n\ngoroutine 1 [running]:\nmain.main()", TRACE),
    saying("No such file: '/usr/lib/python3/model.bin'", PATH),
    saying("cannot open /app/main.py.", PATH),
    saying("cannot open D:\\work\\model.bin", PATH),
    saying("/home/a/b.csv is not there, nor is /home/c/d.csv", PATH, body=b'"/home/a/b.csv"'),
    saying(f"no: Bearer {KEY}", LEAKED_KEY),
    saying("signed with c2VjcmV0IGtleQ==", LEAKED_KEY, whom=STORED),
    saying("you sent session=0123456789abcdef", LEAKED_KEY, whom=ANNOTATED),
    Case(
        "escaped", LEAKED_KEY, 400, json.dumps(refusal(text=KEY)).replace("+", "\\u002b").encode()
    ),
    Case("a page", "404 with a stack trace", 404, b'<pre>File "a.py", line 3</pre>'),
]
NO_LEAKS = [
    saying("Invalid argument provided."),
    saying("Row 3 of the table, at line 12, is too wide (see the help page)."),
    saying('File "input.csv", line 3: not as wide as its header'),
    saying("The service is at Scoring.Area (region) in the west"),
    saying("no resource at https://host.invalid/home/docs/index.html"),
    saying("no blob /home/data/my.csv.", body=b'{"Input": "/home/data/my.csv"}'),
    saying("no blob /home/data/my.csv.", body=b'{"Input": "\\/home\\/data\\/my.csv"}'),
    saying("no value /usr/a/b", target=f"{EXECUTE}&details=%2Fusr%2Fa%2Fb"),
    saying(f"unknown account {KEY}", body=json.dumps(KEY).encode()),
    saying("the scoring failed", whom=ANNOTATED),
    Case("a result may hold anything", "", 200, table([["/usr/lib/python3/model.bin", KEY]])),
    Case("nothing", "", 404, b""),
]

SERVER_ERRORS = [
    Case("500", "500 to POST", 500, refusal("InternalError", "UnknownError")),
    Case("501", "501 to PUT", 501, b"", method="PUT"),
    Case("the gateway's own", "500 to POST", 500, gateway_says(500), whom=GATED),
    Case("busy", "", 503, refusal("ServiceUnavailable", "RequestThrottled")),
    Case("refused", "", 400, refusal()),
]

MEDIA_TYPES = [
    Case("html", "401 with Content-Type text/html", 401, b"<p>No</p>", headers=(HTML,)),
    Case("missing", "200 with Content-Type missing", 200, {}, headers=()),
    Case("not JSON", "200 with a body that is no JSON", 200, b"{'a': 1}"),
    Case("cut", "400 with a body that is no JSON", 400, b'{"error": {'),
    Case("a mark", "200 with a body that is no JSON", 200, b"\xef\xbb\xbf{}"),
    Case("too deep", "200 with a body that is no JSON", 200, b"[" * 100_000),
    Case("unknown path", "404 with Content-Type text/html", 404, b"x", BASE, headers=(HTML,)),
    Case("no charset", "", 200, {}, headers=(("content-type", "application/json"),)),
    Case("capitals", "", 200, {}, headers=(("CONTENT-TYPE", "Application/JSON;charset=UTF-8"),)),
    Case("no body", "", 204, b"", START, headers=()),
    Case("the HTTP server's own", "", 431, b"<p>Long</p>", headers=(HTML,)),
    Case("OPTIONS", "", 200, b"OK", method="OPTIONS", headers=(HTML,)),
    Case("OPTIONS refused", "405 with Content", 405, b"No", method="OPTIONS", headers=(HTML,)),
]

REQUEST_IDS = [
    Case("none", "200 without x-ms-request-id", 200, {}, headers=(JSON,)),
    Case("none at 401", "401 without", 401, refusal(), headers=(JSON,)),
    Case("none at a path that is none", "404 without", 404, refusal(), BASE, headers=(JSON,)),
    Case("none at a method that is none", "405 without", 405, {}, method="PUT", headers=(JSON,)),
    Case("a number", "x-ms-request-id is no id", 200, {}, headers=(("x-ms-request-id", "17"),)),
    Case("capitals in it", "is no id", 200, {}, headers=(("x-ms-request-id", "A" * 32),)),
    Case("dashes", "", 200, {}),
    Case("no dashes", "", 200, {}, headers=(("X-Ms-Request-Id", "a" * 32),)),
    Case("gateway", "", 404, gateway_says(404), headers=(JSON,), whom=GATED),
    Case("the HTTP server's own", "", 414, b"", headers=()),
    Case("OPTIONS", "", 204, b"", method="OPTIONS", headers=()),
    Case("another service's", "", 200, b"", "/health", method="GET", headers=()),
]

ERROR = {"code": "BadArgument", "message": "No."}
ENVELOPES = [
    Case("none", "400 without the error envelope", 400, {"detail": "Not Found"}),
    Case("nothing", "404 without the error envelope", 404, b"", BASE),
    Case("text", "400 without the error envelope", 400, {"error": "No."}),
    Case("no details", "400 with an error that lacks details", 400, {"error": ERROR}),
    Case("empty", "400 with empty details", 400, {"error": {**ERROR, "details": []}}),
    Case("half", "400 with a detail that lacks", 400, {"error": {**ERROR, "details": [ERROR, {}]}}),
    Case("null", "lacks its form", 400, {"error": {**ERROR, "message": None, "details": [ERROR]}}),
    Case("words of a gateway", "404 without the error envelope", 404, gateway_says(404)),
    Case("whole", "", 400, refusal()),
    Case("a target", "", 400, {"error": {**ERROR, "details": [{**ERROR, "target": "input1"}]}}),
    Case("gateway", "", 404, gateway_says(404), whom=GATED),
    Case("HEAD", "", 405, b"", method="HEAD"),
    Case("success", "", 200, {}),
    Case("the HTTP server's own", "", 431, b""),
]

OTHERS = "detail code JobNotFound in class BadArgument"
CLASSES = [
    Case("class", "class NotFound with status 400", 400, refusal("NotFound", "JobNotFound")),
    Case("case", "class badArgument with", 400, refusal("badArgument")),
    Case("code", OTHERS, 400, refusal("BadArgument", "JobNotFound")),
    Case("in both classes", "", 400, refusal("BadUserArgument", "UnexpectedParameter")),
    Case("in the other class", "", 400, refusal("BadArgument", "UnexpectedParameter")),
    Case("a module's number", "", 400, refusal("ModuleExecutionError", "3")),
    Case("a status that is none", "", 418, refusal()),
    Case("unknown path", "class BadArgument with status 404", 404, refusal(), BASE),
    Case("no envelope", "", 400, {"detail": "x"}),
    Case("gateway", "", 404, gateway_says(404), whom=GATED),
]


def allowing(*lines: str) -> tuple[tuple[str, str], ...]:
    """Return headers with Allow."""
    return tuple(("Allow", line) for line in lines)


ALLOWED = [
    Case("none", "405 without Allow", 405, method="PUT", headers=()),
    Case("empty", "405 without Allow", 405, method="PUT", headers=allowing("")),
    Case("another", "leaves methods out", 405, method="PUT", headers=allowing("GET")),
    Case("one of two", "leaves methods", 405, b"", STATUS, "PUT", headers=allowing("GET")),
    Case("all", "", 405, method="PUT", headers=allowing("POST")),
    Case("more", "", 405, b"", STATUS, "PUT", headers=allowing("DELETE, GET,HEAD")),
    Case("two lines", "", 405, b"", STATUS, "PUT", headers=allowing("GET", "DELETE")),
    Case("behind a prefix", "leaves", 405, method="PUT", headers=allowing("GET"), whom=GATED),
    Case("an unknown path", "", 405, b"", "/x", "PUT", headers=allowing("GET")),
    Case("a gateway's own", "", 405, gateway_says(405), method="PUT", headers=(), whom=GATED),
    Case("another status", "", 404, method="PUT", headers=()),
]

STATUSES = [
    Case("418", "execute answers 418", 418),
    Case("422", "submit_job answers 422", 422, b"", JOBS),
    Case("201", "submit_job answers 201", 201, b"", JOBS),
    Case("204 of execute", "execute answers 204", 204),
    Case("202 of start", "start_job answers 202", 202, b"", START),
    Case("a redirect", "execute answers 307", 307),
    Case("no such method", "PUT /workspaces", 200, {}, method="PUT"),
    Case("TRACE", "TRACE", 200, b"", DOCUMENT, "TRACE"),
    Case("204 of start", "", 204, b"", START),
    Case("200 of delete", "", 200, b"", STATUS, "DELETE"),
    Case("413", "", 413),
    Case("the HTTP server's own", "", 431),
    Case("HEAD", "", 200, b"", DOCUMENT, "HEAD"),
    Case("OPTIONS", "", 204, b"", method="OPTIONS"),
    Case("no such method, refused", "", 405, method="PUT"),
    Case("a path that is none", "", 200, b"", f"{BASE}/score"),
    Case("a gateway's own", "", 429, gateway_says(429), whom=GATED),
]

TABLE = {
    "no_leaks": LEAKS + NO_LEAKS,
    "no_server_error": SERVER_ERRORS,
    "json_media_type": MEDIA_TYPES,
    "request_id_on_every_reply": REQUEST_IDS,
    "error_envelope": ENVELOPES,
    "error_class_matches_status": CLASSES,
    "allow_header_on_405": ALLOWED,
    "status_code_conformance": STATUSES,
}


@pytest.mark.parametrize(
    ("check", "case"),
    [
        pytest.param(check, case, id=f"{check}-{case.name}")
        for check, cases in TABLE.items()
        for case in cases
    ],
)
def test_a_judge_says(check: str, case: Case) -> None:
    """What is wrong, in words that tell it from another fault, or nothing."""
    found = verdict(check, case)
    assert case.says in found
    assert bool(found) == bool(case.says)


@pytest.mark.parametrize("check", [check for check in TABLE if check != "no_server_error"])
def test_no_reply_is_one_judges_business(check: str) -> None:
    """The others have nothing to look at."""
    silent = Exchange(0, Request("POST", EXECUTE), None, trouble="ReadTimeout: too long")
    assert said(check, silent) == ""
    assert said("no_server_error", silent) == "no answer: ReadTimeout"


@pytest.mark.parametrize("whom", [TARGET, GATED])
def test_a_prefix_changes_nothing(whom: Target) -> None:
    """Operations are known behind it, and judged alike."""
    case = Case("418", "", 418, headers=(REQUEST_ID,), whom=whom)
    assert verdict("status_code_conformance", case) == "execute answers 418"

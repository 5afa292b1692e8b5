"""Does the emulator answer on the wire as every case file says, and as the contract demands?"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import pytest
import requests
import schemathesis
import yaml
from openapi_schema_validator import OAS30Validator
from schemathesis.errors import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mockserver.embedded import running_emulator
from tests.end_to_end.case import (
    CASES,
    FILES,
    TIMEOUT,
    WORLD,
    Answer,
    Case,
    Line,
    Request,
    as_json,
    exchange,
    filled,
    is_expected,
    names_of,
    read_case,
)
from tests.end_to_end.stage import Stage

README = re.findall(
    r"^```yaml\n(.*?)^```$", (CASES / "README.md").read_text(), re.DOTALL | re.MULTILINE
)
CONTRACT = Path(__file__).parents[2] / "openapi.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
ENVELOPE = OAS30Validator({**DOCUMENT, "$ref": "#/components/schemas/Error"})
REQUEST_ID = re.compile(DOCUMENT["components"]["headers"]["RequestId"]["schema"]["pattern"])
JSON_TYPE = "application/json; charset=utf-8"
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def named(file: Path) -> str:
    """Call a case by its file."""
    return file.stem


def read(file: Path) -> Case:
    """Read one case file."""
    return read_case(file.read_text(encoding="utf-8"))


@cache
def contract() -> Any:
    """Load the contract for Schemathesis."""
    return schemathesis.openapi.from_path(CONTRACT)


def operation_of(request: Request) -> tuple[str, str] | None:
    """Return path and verb of the contract's operation that a request means, if there is one."""
    path, verb = unquote(urlsplit(request.target).path), request.method.lower()
    for template, operations in DOCUMENT["paths"].items():
        if verb in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template, verb
    return None


def breaches(case: Case, answer: Answer) -> Iterator[str]:
    """Say what in an answer the contract forbids."""
    operation = operation_of(case.request)
    if operation is None:
        if answer.body:
            yield from (str(error.message) for error in ENVELOPE.iter_errors(_json(answer.body)))
        return
    path, verb = operation
    sent = requests.Request(verb, "http://localhost").prepare()
    headers = {name: [value] for name, value in answer.headers}
    reply = schemathesis.Response(answer.status, headers, answer.body, sent, 0, verify=False)
    parameters = dict.fromkeys(re.findall(r"\{(\w+)\}", path), "0" * 32)
    try:
        contract()[path][verb].Case(path_parameters=parameters).validate_response(reply, CHECKS)
    except FailureGroup as found:
        yield from (str(failure) for failure in found.exceptions)


def findings(case: Case, answer: Answer) -> list[str]:
    """Say in what an answer is not what its case expects, or not what every answer must be."""
    expected = case.expect
    found = [] if answer.status == expected.status else [f"status {answer.status}"]
    if not is_expected(answer.body, _expected_body(case)):
        found.append(f"body {answer.body!r}, not {_expected_body(case)!r}")
    wanted = {"Content-Type": JSON_TYPE, **expected.headers} if answer.body else expected.headers
    for name, value in wanted.items():
        if answer.header(name) != value:
            found.append(f"{name} is {answer.header(name)!r}, not {value!r}")
    found += [f"{name} is there" for name in expected.headers_absent if answer.header(name)]
    if answer.next_status != (None if expected.closes else 200):
        found.append(f"the next request on the connection got {answer.next_status}")
    if not REQUEST_ID.fullmatch(answer.header("x-ms-request-id") or ""):
        found.append(f"x-ms-request-id is {answer.header('x-ms-request-id')!r}")
    if not _is_date(answer.header("Date")):
        found.append(f"Date is {answer.header('Date')!r}")
    return [*found, *breaches(case, answer)]


def _expected_body(case: Case) -> bytes:
    body = case.expect.body
    return as_json(body) if isinstance(body, dict) else (body or "").encode()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _is_date(text: str | None) -> bool:
    try:
        return bool(text and text.endswith(" GMT") and parsedate_to_datetime(text))
    except ValueError:
        return False


def open_gates() -> None:
    """Let every call go on that waits in the Python service of the cases."""
    for gate in import_module("case_functions").GATES.values():
        gate.opened.set()


@pytest.fixture(scope="module")
def stage_of() -> Iterator[Callable[[str], Stage]]:
    """Run one emulator for each world of the cases, once a case asks for it; no log is seen."""
    with ExitStack() as stack:

        @cache
        def stage_of(world: str) -> Stage:
            with redirect_stderr(StringIO()):
                ready = stack.enter_context(running_emulator(CASES / world))
            stack.callback(open_gates)
            return stack.enter_context(Stage(ready, CASES / world))

        yield stage_of


@pytest.mark.parametrize("file", FILES, ids=named)
def test_the_answer_is_the_expected_one(file: Path, stage_of: Callable[[str], Stage]) -> None:
    """A case's request gets the case's answer, to the byte, within the contract."""
    case = read(file)
    stage = stage_of(case.world)
    if file.parent.name == "bes":
        stage.clear()
    case, answer = stage.play(case)
    found = [*findings(case, answer), *stage.surprises(case, answer)]
    assert not found, "\n".join([case.title, *found])


@pytest.mark.parametrize("text", README, ids=range(len(README)))
def test_the_examples_of_the_readme_hold(text: str, stage_of: Callable[[str], Stage]) -> None:
    """What the page about case files shows is what the emulator does."""
    case = read_case(text)
    stage = stage_of(case.world)
    stage.clear()
    case, answer = stage.play(case)
    assert [*findings(case, answer), *stage.surprises(case, answer)] == []


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_case_file_is_complete(file: Path) -> None:
    """A case has the known fields only, a sentence for a title, and every error its whole body."""
    case = read(file)
    assert re.fullmatch(r"\S.*\.", case.title)
    if case.expect.status >= 400 and case.request.method != "HEAD":
        assert isinstance(case.expect.body, dict)
        assert set(case.expect.body) == {"error"}


SOUND = """
title: A call without a body is refused.
evidence: assumed
request:
  method: POST
  target: "{demo}/execute?api-version=2.0"
expect:
  status: 400
  body:
    error: {code: BadArgument, message: "", details: [{code: RequestBodyInvalid, message: ""}]}
"""


@pytest.mark.parametrize(
    ("sound", "wrong"),
    [
        ("title:", "tilte:"),
        ("evidence: assumed", "evidence: guessed"),
        ("evidence: assumed", "evidence: assumed\nauthor: nobody"),
        ("  method: POST\n", ""),
        ("  method: POST", "  method: POST\n  raw: GARBAGE"),
        ("  method: POST", "  method: POST\n  lenght: 5"),
        ("  body:", "  headers: {Allow: 1}\n  body:"),
        ("  body:", "  bodies:"),
        ("status: 400", "status: four hundred"),
        ("request:", "before: [dance]\nrequest:"),
        ("request:", "before: [{advance: soon}]\nrequest:"),
        ("request:", "before: [{}]\nrequest:"),
        ("request:", "before: [{advance: 1, remove: demo/in.csv}]\nrequest:"),
        ("request:", "before: [{submit: {endpoint: demo}}]\nrequest:"),
        ("status: 400", "status: 400\n  blobs: [demo/in.csv]"),
    ],
)
def test_a_wrong_case_file_is_noticed(sound: str, wrong: str) -> None:
    """A field that is missing, unknown or of the wrong kind is refused."""
    read_case(SOUND)
    assert sound in SOUND
    with pytest.raises(msgspec.ValidationError):
        read_case(SOUND.replace(sound, wrong))


CASE = read_case(SOUND)
CASE = msgspec.structs.replace(CASE, request=filled(CASE.request, names_of(WORLD)))
ANSWER = Answer(
    400,
    [
        ("Content-Type", JSON_TYPE),
        ("x-ms-request-id", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21"),
        ("Date", "Sun, 22 Nov 2026 23:53:12 GMT"),
    ],
    as_json(CASE.expect.body),
    200,
)


def changed(**fields: Any) -> Case:
    """Return the sound case with another expectation."""
    return msgspec.structs.replace(CASE, expect=msgspec.structs.replace(CASE.expect, **fields))


@pytest.mark.parametrize(
    ("case", "finding"),
    [
        (changed(status=404), "status 400"),
        (changed(body={"error": {}}), "body b'"),
        (changed(body=None), "body b'"),
        (changed(headers={"Allow": "POST"}), "Allow is None"),
        (changed(headers={"Date": "today"}), "Date is 'Sun"),
        (changed(headers_absent=["date"]), "date is there"),
        (changed(closes=True), "the next request on the connection got 200"),
    ],
)
def test_a_wrong_expectation_is_reported(case: Case, finding: str) -> None:
    """What a case expects and does not get is said, and nothing else is."""
    assert findings(CASE, ANSWER) == []
    (found,) = findings(case, ANSWER)
    assert found.startswith(finding)


WINDOW = "&st=2017-03-01T09%3A56%3A12Z&se=2017-03-02T10%3A01%3A12Z&sp=r"


@pytest.mark.parametrize(
    ("expected", "body", "fits"),
    [
        ('"{a hex id}"', '"86da71e06f3945a9b770d83181f2ed68"', True),
        ('"{a hex id}"', '"86da71e06f3945a9b770d83181f2ed6"', False),
        ('"{a hex id}"', '"86da71e06f3945a9b770d83181f2ed68"\n', False),
        ('"{a hex id}"', '"86DA71E06F3945A9B770D83181F2ED68"', False),
        ("{a guid}.csv", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21.csv", True),
        ("{a guid}.csv", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21_csv", False),
        ('"{any text}: row 3{any text}"', r'"a \" b: row 3"', True),
        ('"{any text}: row 3{any text}"', '"a": "b: row 3"', False),
        (
            "{a token}",
            f"?sv=2015-02-21&sr=b&sig={'x' * 41}%2F%2B%3D" + WINDOW,
            True,
        ),
        (
            "{a token}",
            f"?sv=2015-02-21&sr=b&sig={'x' * 43}=" + WINDOW,
            False,
        ),
    ],
)
def test_a_pattern_stands_for_one_form(expected: str, body: str, fits: bool) -> None:
    """What no case can know is checked for its form, and all around it to the byte."""
    assert is_expected(body.encode(), expected.encode()) is fits


def test_a_name_that_nothing_has_is_refused() -> None:
    """A name is filled in at any depth; a misspelt one is an error, a pattern stays."""
    request = Request("POST", "{demo}", body={"a": [{"b": "{demo id} {a guid}"}], "c": None})
    names = {"demo": "/demo", "demo id": "7"}
    assert filled(request, names) == Request(
        "POST", "/demo", body={"a": [{"b": "7 {a guid}"}], "c": None}
    )
    with pytest.raises(KeyError):
        filled(request, {"demo": "/demo"})


def without(name: str, **instead: str) -> list[tuple[str, str]]:
    """Return the sound answer's headers without one of them, or with another value of it."""
    rest = [header for header in ANSWER.headers if header[0] != name]
    return rest + [(name, value) for value in instead.values()]


BARE = b'{"error":{"code":"BadArgument","message":"","details":[]}}'


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"headers": without("x-ms-request-id")}, "x-ms-request-id is None"),
        ({"headers": without("x-ms-request-id", value="7")}, "x-ms-request-id is '7'"),
        ({"headers": without("Date")}, "Date is None"),
        ({"headers": without("Date", value="now")}, "Date is 'now'"),
        ({"headers": without("Content-Type", value="text/html")}, "Undocumented Content-Type"),
        ({"status": 418}, "Undocumented status code"),
        ({"status": 200}, "Response violates schema"),
        ({"status": 401}, "Response violates schema"),
        ({"body": BARE}, "Response violates schema"),
        ({"body": b"<html>"}, "JSON deserialization error"),
        ({"next_status": None}, "the next request on the connection got None"),
    ],
)
def test_a_breach_of_the_contract_is_reported(changes: dict[str, Any], finding: str) -> None:
    """An answer that no case may get is reported, whatever else the case expects."""
    found = findings(CASE, msgspec.structs.replace(ANSWER, **changes))
    assert [text for text in found if text.startswith(finding)]


@pytest.mark.parametrize("body", [BARE, b"<html>", b'{"detail":"Not Found"}'])
def test_a_breach_of_the_envelope_is_reported(body: bytes) -> None:
    """An answer under a path that the contract does not have must be an error envelope."""
    elsewhere = msgspec.structs.replace(CASE, request=Request("GET", "/"))
    assert list(breaches(elsewhere, ANSWER)) == []
    assert list(breaches(elsewhere, msgspec.structs.replace(ANSWER, body=body))) != []


FINISHED = """
title: A job writes its output.
evidence: assumed
before:
  - put: {demo/in.csv: "Text\\na\\n"}
  - submit:
      endpoint: words
      body:
        Input: {ConnectionString: UseDevelopmentStorage=true, RelativeLocation: demo/in.csv}
        Output: {ConnectionString: UseDevelopmentStorage=true, RelativeLocation: demo/out.csv}
  - start
  - wait
request:
  method: GET
  target: '{words}/jobs/{job}?api-version=2.0'
  headers: {Authorization: 'Bearer {words key}'}
expect:
  status: 200
  body: null
  blobs:
    demo/out.csv: "Text,Text_HashingFeature.0,Text_HashingFeature.1\\r\\na,1,0\\r\\n"
  downloads: {output1: "Text,Text_HashingFeature.0,Text_HashingFeature.1\\r\\na,1,0\\r\\n"}
"""


@pytest.mark.parametrize(
    ("expected", "finding"),
    [
        ({}, ""),
        ({"blobs": {"demo/out.csv": "Text\r\n"}}, "demo/out.csv holds b'Text,"),
        ({"blobs": {"demo/out.csv": None}}, "demo/out.csv holds b'Text,"),
        ({"blobs": {"demo/other.csv": ""}}, "demo/other.csv holds None, not b''"),
        ({"downloads": {"output1": "Text\r\n"}}, "output1 holds b'Text,"),
        ({"downloads": {"output1": None}}, "output1 holds b'Text,"),
        ({"downloads": {"output2": None}}, "output2 is not in the results"),
    ],
)
def test_a_wrong_expectation_of_storage_is_reported(
    expected: dict[str, Any], finding: str, stage_of: Callable[[str], Stage]
) -> None:
    """What a case expects in storage and does not find is said, and nothing else is."""
    stage = stage_of(WORLD.name)
    stage.clear()
    case = read_case(FINISHED)
    case, answer = stage.play(
        msgspec.structs.replace(case, expect=msgspec.structs.replace(case.expect, **expected))
    )
    found = list(stage.surprises(case, answer))
    assert len(found) == bool(finding)
    assert "".join(found).startswith(finding)


def test_a_step_that_fails_is_an_error(stage_of: Callable[[str], Stage]) -> None:
    """A case whose past cannot be made is not played on."""
    stage = stage_of(WORLD.name)
    stage.clear()
    case = read_case(FINISHED.replace("RelativeLocation: demo/in.csv", "RelativeLocation: demo"))
    with pytest.raises(AssertionError, match="POST /jobs got 400"):
        stage.play(case)


def test_a_call_above_the_limit_is_throttled() -> None:
    """While an endpoint's one place is taken, a further call is 503; afterwards it is served."""
    rows = {"input1": {"ColumnNames": ["Gate"], "Values": [["throttling"]]}}
    headers = {"Authorization": "Bearer {gate single key}"}
    target = "{gate single}/execute?api-version=2.0"
    call = filled(Request("POST", target, headers, {"Inputs": rows}), names_of(WORLD))
    throttled = as_json(
        {
            "error": {
                "code": "ServiceUnavailable",
                "message": "Service is temporarily unavailable.",
                "details": [
                    {
                        "code": "RequestThrottled",
                        "message": "Request was throttled for single endpoint."
                        " The maximum concurrency for the endpoint is 1.",
                    }
                ],
            }
        }
    )
    with redirect_stderr(StringIO()), running_emulator(WORLD, score_timeout_seconds=60) as ready:
        url = ready["services"]["url"]
        gate = import_module("case_functions").GATES["throttling"]
        with Line(url) as first:
            first.send(call)
            assert gate.entered.wait(TIMEOUT)
            refused = exchange(url, call)
            gate.opened.set()
            assert first.receive("POST")[0] == 200
        assert (refused.status, refused.body) == (503, throttled)
        assert refused.header("Retry-After") is None
        assert list(breaches(msgspec.structs.replace(CASE, request=call), refused)) == []
        assert exchange(url, call).status == 200

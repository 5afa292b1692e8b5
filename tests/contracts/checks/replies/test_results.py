"""Do the judges of results, jobs and documents tell good from bad?"""

from typing import Any

import pytest

from tests.contracts.checks.replies.made_up import (
    BASE,
    DETAILS,
    DOCUMENT,
    EXECUTE,
    GATED,
    JOB,
    JOBS,
    START,
    STATUS,
    SWAGGER,
    Case,
    gateway_says,
    refusal,
    table,
    verdict,
)

NAMES: dict[str, Any] = {"ColumnNames": ["a", "b"], "ColumnTypes": ["String", "Int32"]}
RECORDS = {"Results": {"output1": [{"a": "x", "b": None}]}}
NO_TABLE = {"Results": {"output1": {"type": "table", "value": {}}}}
OTHER_TYPE = {"Results": {"output1": {"type": "DataTable", "value": {"Values": []}}}}
TWO = {"Results": {**table([["1"]])["Results"], "output2": table([[2]])["Results"]["output1"]}}

CELLS = [
    Case("number", "a cell is a int", 200, table([["1", 1]])),
    Case("truth", "a cell is a bool", 200, table([[True]])),
    Case("fraction", "a cell is a float", 200, {"Results": {"o": [{"a": 0.5}]}}, SWAGGER),
    Case("object", "a cell is a dict", 200, table([[{}]])),
    Case("second output", "a cell is a int", 200, TWO),
    Case("texts", "", 200, table([["1", None, ""], []])),
    Case("records", "", 200, RECORDS, SWAGGER),
    Case("another form", "", 200, {"Results": [1]}),
    Case("no JSON", "", 200, b"{"),
    Case("a row that is none", "", 200, table([[]], Values=["x"])),
    Case("another operation", "", 200, table([[1]]), STATUS, "GET"),
]

DETAILED = [
    Case("no names", "without ColumnNames or", 200, table([["1"]]), DETAILS),
    Case("no types", "without ColumnNames or", 200, table([["1"]], ColumnNames=["a"]), DETAILS),
    Case("no table", "details=true gives no table", 200, RECORDS, DETAILS),
    Case("types", "not as many", 200, table([], **{**NAMES, "ColumnTypes": []}), DETAILS),
    Case("width", "not as wide", 200, table([["1", "2"], ["1"]], **NAMES), DETAILS),
    Case("whole", "", 200, table([["1", "2"]], **NAMES), DETAILS),
    Case("no rows", "", 200, table([], **NAMES), DETAILS),
    Case("other order of the query", "", 200, table([]), f"{BASE}/execute?details=false"),
    Case("not asked for", "", 200, table([["1"]])),
    Case("records with details", "", 200, RECORDS, f"{DETAILS}&format=swagger"),
    Case("asked for twice", "", 200, table([["1"]]), f"{DETAILS}&details=false"),
    Case("refused", "", 400, refusal(), DETAILS),
]

PLAIN = [
    Case("names", "ColumnNames without details=true", 200, table([], ColumnNames=[])),
    Case("types", "ColumnNames, ColumnTypes without", 200, table([], **NAMES)),
    Case("details=false", "without details", 200, table([], **NAMES), f"{EXECUTE}&details=false"),
    Case("no values", "no table of Values", 200, NO_TABLE),
    Case("records", "no table of Values", 200, RECORDS),
    Case("type", "no table of Values", 200, OTHER_TYPE),
    Case("values", "", 200, table([["1"]])),
    Case("details", "", 200, table([], **NAMES), DETAILS),
    Case("format", "", 200, RECORDS, SWAGGER),
    Case("unclear", "", 200, RECORDS, f"{SWAGGER}&format=x"),
]

IN_RECORDS = [
    Case("table", "format=swagger gives no records", 200, table([["1"]]), SWAGGER),
    Case("lists", "gives no records", 200, {"Results": {"output1": [["1"]]}}, SWAGGER),
    Case("with details", "gives no", 200, table([], **NAMES), f"{DETAILS}&format=swagger"),
    Case("records", "", 200, RECORDS, SWAGGER),
    Case("none", "", 200, {"Results": {"output1": []}}, SWAGGER),
    Case("not asked for", "", 200, table([])),
    Case("refused", "", 400, refusal(), SWAGGER),
]

NOT_BARE = "submit answers no bare id in quotes"
IDS = [
    Case("newline", NOT_BARE, 200, f'"{JOB}"\n'.encode(), JOBS),
    Case("object", NOT_BARE, 200, {"JobId": JOB}, JOBS),
    Case("no quotes", NOT_BARE, 200, JOB.encode(), JOBS),
    Case("capitals", NOT_BARE, 200, JOB.upper(), JOBS),
    Case("dashes", NOT_BARE, 200, "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21", JOBS),
    Case("nothing", NOT_BARE, 200, b"", JOBS),
    Case("bare", "", 200, JOB, JOBS),
    Case("refused", "", 400, refusal(), JOBS),
]

VOID = [
    Case("start", "start_job answers with a body", 200, "Started", START),
    Case("null", "start_job answers with a body", 200, b"null", START),
    Case("delete", "delete_job answers with a body", 200, b"{}", STATUS, "DELETE"),
    Case("started", "", 200, b"", START),
    Case("deleted", "", 204, b"", STATUS, "DELETE"),
    Case("refused", "", 400, refusal(), START),
    Case("another operation", "", 200, {}, STATUS, "GET"),
]

PLACE = {
    "ConnectionString": None,
    "RelativeLocation": "demo/a.csv",
    "BaseLocation": "http://blobs.invalid/account/",
    "SasBlobToken": "?sig=x",
}


def job(state: object, results: object = None, details: object = None, **more: object) -> Any:
    """Return the status of a job."""
    return {"StatusCode": state, "Results": results, "Details": details, **more}


def polled(name: str, says: str, content: object) -> Case:
    """Return a poll."""
    return Case(name, says, 200, content, STATUS, "GET")


MEMBERS = [
    polled("no object", "a status that is no object", "Running"),
    polled(
        "a member less", "with the members Results, StatusCode", {"StatusCode": 1, "Results": 0}
    ),
    polled("a member more", "with the members CreatedAt", job("Running", CreatedAt="now")),
    polled("number", "StatusCode is 1", job(1)),
    polled("list", "StatusCode is []", job([])),
    polled("one l", "StatusCode is 'Canceled'", job("Canceled")),
    polled("early", "Results of a job that is Running: dict", job("Running", {"o": PLACE})),
    polled("late", "Results of a job that is Finished: NoneType", job("Finished")),
    polled("silent", "a failed job without Details", job("Failed")),
    polled("as silent", "a failed job without Details", job("Failed", details="")),
    *(polled(state, "", job(state)) for state in ("NotStarted", "Running", "Cancelled")),
    polled("failed", "", job("Failed", details="why")),
    polled("finished", "", job("Finished", {"o": PLACE})),
    polled("finished without outputs", "", job("Finished", {})),
    Case("unknown", "", 404, refusal("NotFound", "JobNotFound"), STATUS, "GET"),
]


def placed(name: str, says: str, **changes: object) -> Case:
    """Return a poll of a finished job, its place changed."""
    return polled(name, says, job("Finished", {"output1": PLACE, "output2": {**PLACE, **changes}}))


PLACES = [
    placed("slash", "RelativeLocation begins with a slash", RelativeLocation="/demo/a.csv"),
    placed("empty", "RelativeLocation begins with a slash, or is", RelativeLocation=""),
    placed("null", "a part that is no string", RelativeLocation=None),
    placed("base", "BaseLocation is no address", BaseLocation="http://blobs.invalid/account"),
    placed("another base", "BaseLocation is no address", BaseLocation="blobs.invalid/"),
    placed("token", "SasBlobToken begins with no ?", SasBlobToken="sig=x"),
    placed("no token", "SasBlobToken begins with no ?", SasBlobToken="?"),
    placed("account", "tells a connection string", ConnectionString="AccountKey=x"),
    placed("more", "without its four members", Extra=1),
    polled("text", "without its four members", job("Finished", {"output1": "demo/a.csv"})),
    placed("whole", ""),
    placed("secured", "", BaseLocation="https://blobs.invalid/"),
    polled("none", "", job("Running")),
    polled("no object", "", []),
    Case("another operation", "", 200, {"Results": {"o": 1}}, EXECUTE),
]

PATHS: dict[str, Any] = {
    "/swagger.json": {},
    "/execute?api-version=2.0&format=swagger": {},
    "/jobs?api-version=2.0": {},
    "/jobs/{jobId}?api-version=2.0": {},
    "/jobs/{jobId}/start?api-version=2.0": {},
}
FRAME = {"swagger": "2.0", "basePath": BASE, "paths": PATHS}
OTHER = BASE.replace("b" * 32, "d" * 32)


def document(name: str, says: str, content: object, target: str = DOCUMENT, **more: Any) -> Case:
    """Return a call for swagger.json."""
    return Case(name, says, 200, content, target, "GET", **more)


DOCUMENTS = [
    document("no JSON", "is no Swagger 2.0 document", b"swagger: 2.0"),
    document("version", "is no Swagger 2.0 document", {**FRAME, "swagger": 2.0}),
    document("openapi", "is no Swagger 2.0 document", {"openapi": "3.0.3"}),
    document("no paths", "lacks paths", {**FRAME, "paths": None}),
    document("a path", "lacks paths", {**FRAME, "paths": {"/swagger.json": {}}}),
    document("base", "another basePath", {**FRAME, "basePath": "/"}),
    document("another service", "another basePath", FRAME, f"{OTHER}/swagger.json"),
    document("whole", "", FRAME),
    document("more", "", {**FRAME, "paths": {**PATHS, "/more": {}}, "tags": []}),
    document("a prefix", "", FRAME, whom=GATED),
    document("of another", "", {**FRAME, "basePath": OTHER}, f"{OTHER}/swagger.json"),
    Case("unknown", "", 404, refusal("NotFound", "WebServiceNotFound"), DOCUMENT, "GET"),
]

SCHEMAS = [
    Case("cell", "execute 200: ", 200, table([["1"], [1]])),
    Case("member", "execute 200: ", 200, {**table([["1"]]), "Took": 1}),
    Case("type", "execute 200: ", 200, OTHER_TYPE),
    Case("no outputs", "execute 200: ", 200, {"Results": {}}),
    Case("member of an error", "execute 400: ", 400, {**refusal(), "status": 400}),
    polled("state", "get_job_status 200: ", job("Running", {})),
    Case("whole", "", 200, table([["1", None]])),
    Case("refused", "", 400, refusal()),
    Case("unknown path", "", 404, {}, f"{BASE}/more"),
    Case("a status that is none", "", 418, {}),
    Case("gateway", "", 404, gateway_says(404), whom=GATED),
    Case("void", "", 200, b"", START),
]

TABLE = {
    "cells_are_strings": CELLS,
    "details_name_columns": DETAILED,
    "plain_table_has_values_only": PLAIN,
    "records_in_swagger_form": IN_RECORDS,
    "job_id_is_bare": IDS,
    "start_and_delete_have_no_body": VOID,
    "status_members": MEMBERS,
    "result_reference_form": PLACES,
    "swagger_document_frame": DOCUMENTS,
    "response_schema_conformance": SCHEMAS,
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

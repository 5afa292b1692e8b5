"""What might a team put in the place of the service that was switched off? One way, in Starlette.

It counts words and word pairs as the how-to's service did.
"""

import json
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .jobs import get_or_delete_job, start_job, submit_job
from .rows import read_records, read_table, score, write_records, write_table
from .wire import Refused, check_call, on_error, read_object, reply

SWAGGER = json.loads(Path(__file__).with_name("swagger.json").read_text(encoding="utf-8"))


async def execute(request: Request) -> Response:
    """RRS: rows in, scored rows out."""
    check_call(request)
    query = request.query_params
    for name, allowed in (("details", {"true", "false"}), ("format", {"swagger"})):
        if len(values := set(query.getlist(name))) > 1 or values - allowed:
            raise Refused("BadArgument", "InvalidQueryParameter", f"No value of '{name}'.")
    inputs = read_object(await request.body()).get("Inputs") or {}
    if not isinstance(inputs, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", "Inputs is no object.")
    if inputs.keys() - {"input1"}:
        raise Refused("BadArgument", "InvalidInputNames", "The service has input1 only.")
    if not inputs:
        raise Refused("BadArgument", "MissingRequestInput", "There is no input1.")
    is_swagger = "format" in query
    texts = (read_records if is_swagger else read_table)(inputs["input1"])
    rows = await run_in_threadpool(score, texts)
    details = query.get("details") == "true"
    output = write_records(rows) if is_swagger else write_table(rows, details=details)
    return reply({"Results": {"output1": output}})


async def get_swagger_document(request: Request) -> Response:
    check_call(request, key=False, version=False)
    return reply({**SWAGGER, "host": request.headers.get("host", "localhost")})


BASE = "/workspaces/{workspace}/services/{service}"
app = Starlette(
    routes=[
        Route(f"{BASE}/execute", execute, methods=["POST"]),
        Route(f"{BASE}/swagger.json", get_swagger_document, methods=["GET"]),
        Route(f"{BASE}/jobs", submit_job, methods=["POST"]),
        Route(f"{BASE}/jobs/{{job}}/start", start_job, methods=["POST"]),
        Route(f"{BASE}/jobs/{{job}}", get_or_delete_job, methods=["GET", "DELETE"]),
    ],
    exception_handlers={Refused: on_error, HTTPException: on_error, Exception: on_error},
)
app.router.redirect_slashes = False

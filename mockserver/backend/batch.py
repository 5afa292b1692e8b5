"""How is each of the four calls about a job answered: submit, start, status, delete?"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from mockserver.backend.failures import RequestBodyNotUsable
from mockserver.backend.payload import read_json
from mockserver.backend.query import check_version, read_query
from mockserver.backend.reply import Reply
from mockserver.backend.request_body import check_length, check_media_type, read_body
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.clock import Clock
from mockserver.evidence import Evidence, Fact
from mockserver.jobs.failures import JobIdMissing
from mockserver.jobs.input_check import InputCheck
from mockserver.jobs.request import read_request
from mockserver.jobs.rules import Job, State
from mockserver.jobs.runner import JobRunner
from mockserver.storage.accounts import Accounts
from mockserver.storage.references import BlobReference
from mockserver.storage.tokens import CAPTURED_VERSION, NEXT_VERSION, read_token

FACTS = (
    Fact(
        "The reply to a submit call is the job's id, 32 lower-case hex digits, as a JSON string of"
        " 34 bytes.",
        Evidence.CAPTURED,
        "clients cut off the first and the last character",
    ),
    Fact(
        "StatusCode is a string; Results and Details are always there, null if there is nothing.",
        Evidence.CAPTURED,
        "azmlclient and azuremlps fail on anything else",
    ),
    Fact(
        "RelativeLocation comes back without its slash, BaseLocation ends in one.",
        Evidence.CAPTURED,
        "two outputs of one run, March 2017",
    ),
    Fact(
        "RelativeLocation is the blob's name as it is, without escapes: a client that puts a URL"
        " together has to escape blanks and letters beyond ASCII itself.",
        Evidence.ASSUMED,
        "the captured names need none; .NET escapes by itself what it is given",
    ),
    Fact(
        "Results come in the order in which the service declares its outputs.",
        Evidence.ASSUMED,
        "the one printout went through a dictionary without order",
    ),
    Fact(
        "Start and delete answer 200 with an empty body; `bes.void_status: 204` is the other"
        " reading.",
        Evidence.ASSUMED,
        "the how-to declares 200, the services' own swagger.json no content; neither was captured",
    ),
    Fact(
        "Start needs neither a body nor a Content-Type, delete no api-version.",
        Evidence.CAPTURED,
        "Java, Node and C# clients send such calls",
    ),
    Fact(
        "An unknown job, and one of another endpoint, is 404 NotFound/JobNotFound; an address"
        " without an id is BadArgument/MissingJobId.",
        Evidence.ASSUMED,
        "the second text is published; the first code is not",
    ),
    Fact(
        "Where an output's account is not known by its key, Results repeat the client's own token.",
        Evidence.ASSUMED,
        "nothing else would open the blob; a captured reply would settle it",
    ),
)

_SCALARS = (str, int, float, bool, type(None))
_encode = msgspec.json.Encoder().encode

Find = Callable[[Request], ServedEndpoint]


class BatchCalls:
    """BES over HTTP."""

    def __init__(
        self,
        runner: JobRunner,
        accounts: Accounts,
        check_inputs: InputCheck,
        clock: Clock,
        options: "BatchOptions",
    ) -> None:
        self._runner = runner
        self._accounts = accounts
        self._check_inputs = check_inputs
        self._clock = clock
        self._options = options
        self._void = Reply(options.void_status, b"")

    def add_routes(self, api: FastAPI, path: str, find: Find) -> None:
        """Serve the four operations below `path`; `find` knows which endpoint a request means."""

        async def submit_job(request: Request) -> Response:
            """Keep a job; nothing runs yet."""
            endpoint = _admit(request, find)
            return (await self._submit(endpoint, request)).as_response()

        async def start_job(request: Request) -> Response:
            """Queue a job."""
            endpoint = _admit(request, find)
            await self._runner.start(endpoint.id, _job_id(request))
            return self._void.as_response()

        async def get_job_status(request: Request) -> Response:
            """Say how far a job is."""
            endpoint = _admit(request, find)
            job = await self._runner.poll(endpoint.id, _job_id(request))
            return Reply(200, _encode(self._status(job))).as_response()

        async def delete_job(request: Request) -> Response:
            """Cancel a job, if it has not ended."""
            endpoint = _admit(request, find, needs_version=False)
            await self._runner.cancel(endpoint.id, _job_id(request))
            return self._void.as_response()

        api.post(f"{path}/jobs", operation_id="submit_job")(submit_job)
        # An empty id is matched too, so that what is missing can be said.
        for job in ("/{job}", "/"):
            api.post(f"{path}/jobs{job}/start", operation_id=f"start_job{job}")(start_job)
            api.get(f"{path}/jobs{job}", operation_id=f"get_job_status{job}")(get_job_status)
            api.delete(f"{path}/jobs{job}", operation_id=f"delete_job{job}")(delete_job)

    async def _submit(self, endpoint: ServedEndpoint, request: Request) -> Reply:
        content = await self._read(request)
        wanted = read_request(
            content, endpoint.experiment, self._accounts, self._options.default_container
        )
        for reference in wanted.inputs.values():
            await self._check_inputs(reference)
        job = await self._runner.submit(endpoint.id, wanted)
        return Reply(200, _encode(job.id))

    async def _read(self, request: Request) -> dict[str, Any]:
        headers = dict(request.scope["headers"])
        check_media_type(headers.get(b"content-type"))
        check_length(headers.get(b"content-length"), self._options.most_bytes)
        first = await request.receive()
        body = await read_body(first, request.receive, self._options.most_bytes)
        content = {name.lower(): value for name, value in read_json(body).items()}
        _check_form(content)
        return content

    def _status(self, job: Job) -> dict[str, object]:
        results = None
        if job.state is State.FINISHED:
            results = {name: self._result(blob) for name, blob in job.outputs.items()}
        return {"StatusCode": job.state.value, "Results": results, "Details": job.details}

    def _result(self, blob: BlobReference) -> dict[str, object]:
        place = blob.place
        known = None if place.url else self._accounts.find(place.account)
        key = known.key if known else place.key
        if key:
            version = CAPTURED_VERSION if known and known.is_embedded else NEXT_VERSION
            token = read_token(place.account, key, blob.location, self._clock.now(), version)
        else:
            token = f"?{place.token}"
        return {
            "ConnectionString": None,
            "RelativeLocation": blob.location,
            "BaseLocation": f"{self._accounts.address(place, '', '').url}/",
            "SasBlobToken": token,
        }


class BatchOptions(msgspec.Struct, frozen=True):
    """What can be chosen about BES: see `bes`, `storage` and `settings` in mockserver.yaml."""

    void_status: int
    default_container: str
    most_bytes: int


def _admit(request: Request, find: Find, *, needs_version: bool = True) -> ServedEndpoint:
    """Check address, key and version, in this order."""
    endpoint = find(request)
    headers = dict(request.scope["headers"])
    endpoint.authenticate(headers.get(b"authorization"))
    values = read_query(request.scope["query_string"])
    if needs_version or "api-version" in values:
        check_version(values)
    return endpoint


def _job_id(request: Request) -> str:
    job: str = request.path_params.get("job", "")
    if not job:
        raise JobIdMissing
    return job.lower().replace("-", "")


def _check_form(content: Mapping[str, Any]) -> None:
    """Refuse members that are of another kind than a submit call has."""
    references = {name: content.get(name) for name in ("input", "output")}
    for name in ("inputs", "outputs"):
        several = content.get(name)
        if several is not None and not isinstance(several, dict):
            raise RequestBodyNotUsable(reason=f"{name} is not an object")
        references |= {f"{name}.{key}"[:100]: value for key, value in (several or {}).items()}
    for name, reference in references.items():
        if reference is not None and not _is_reference(reference):
            raise RequestBodyNotUsable(reason=f"{name} is not a reference to a blob")
    parameters = content.get("globalparameters")
    if parameters is not None and not _is_flat(parameters):
        raise RequestBodyNotUsable(reason="GlobalParameters is not an object of plain values")


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(member, (str, type(None))) for member in value.values()
    )


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(member, _SCALARS) for member in value.values()
    )

"""What may a test do to the emulator? Move its clock, look into its jobs, set scripts, reset it.

Served at `/__admin` beside RRS and BES, with an OpenAPI document of its own at
`/__admin/openapi.json`. Switched off by the setting `admin: false`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from mockserver.backend.app import verbs_of
from mockserver.clock import Clock, Mode, write_moment
from mockserver.control.reports import ClockReport, JobReport, JobSummary, report_job, summarise
from mockserver.failures import Failure
from mockserver.jobs.failures import JobNotFound, StateNotSaved
from mockserver.jobs.runner import JobRunner
from mockserver.journal import Journal
from mockserver.workspace.job_script import JobScript, JobScriptChange
from mockserver.workspace.model import Directory, ServiceNotFound

PREFIX = "/__admin"
TRACES = f"{PREFIX}/gateway/traces/"
"""Where a trace of the gateway is found by its id."""

_FIRST_MOMENT = datetime(1971, 1, 1, tzinfo=UTC).timestamp()
_LAST_MOMENT = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
_MOST_JOBS = 10_000
_STATUS = {JobNotFound: 404, ServiceNotFound: 404, StateNotSaved: 503}
_logger = logging.getLogger("mockserver.admin")


class ClockChange(BaseModel):
    """How the clock shall go. `now` sets it; left out, it goes on from where it is.

    With mode `system` and no `now` it shows the system's time again.
    """

    model_config = ConfigDict(extra="forbid")

    mode: Literal["system", "frozen", "scaled"]
    now: AwareDatetime | None = None
    rate: Annotated[float, Field(gt=0, le=10**6)] | None = None


class Advance(BaseModel):
    """How far the clock shall be moved."""

    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(ge=0, le=10**9, allow_inf_nan=False)]


class JobList(BaseModel):
    """The jobs that were submitted last, the newest first."""

    jobs: list[JobSummary]


class ErrorText(BaseModel):
    """What is wrong: a word for programs, a sentence for people."""

    code: str
    message: str


class ErrorReport(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorText


class Problem(Exception):
    """A request that cannot be done; the text says why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def admin_app(
    clock: Clock,
    runner: JobRunner,
    directory: Directory,
    reset: Callable[[], Awaitable[None]],
    journal: Journal | None = None,
    addresses: Mapping[str, str] | None = None,
) -> FastAPI:
    """Return the ASGI app. `reset` brings the whole emulator back to its start state.

    `journal` has the calls of the surfaces that are at `addresses`.
    """
    app = FastAPI(
        title="mockserver /__admin",
        description="What a test may do to the emulator. No part of the emulated system.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses={"4XX": {"model": ErrorReport}, "5XX": {"model": ErrorReport}},
    )
    _add_clock(app, clock, runner)
    _add_jobs(app, runner, directory)
    _add_journal(app, journal, addresses or {})

    @app.post(f"{PREFIX}/reset", status_code=204, summary="Return to the start state")
    async def reset_all() -> None:
        """No jobs, no blobs (declared containers are there again), system clock, no overrides.

        The journal is empty.
        """
        await reset()

    for kind, handler in (
        (RequestValidationError, _on_invalid),
        (HTTPException, _on_http_exception),
        (Problem, _on_problem),
        (Failure, _on_failure),
        (Exception, _on_defect),
    ):
        app.add_exception_handler(kind, handler)
    return app


def _add_clock(app: FastAPI, clock: Clock, runner: JobRunner) -> None:
    def report() -> ClockReport:
        return ClockReport(
            now=write_moment(clock.now()),
            mode=clock.mode.value,
            offset_seconds=round(clock.offset_seconds, 6),
            rate=clock.rate,
        )

    @app.get(f"{PREFIX}/clock", summary="Read the clock")
    async def read_clock() -> ClockReport:
        return report()

    @app.put(f"{PREFIX}/clock", summary="Stop, set or speed up the clock")
    async def change_clock(change: ClockChange) -> ClockReport:
        """Everything that is due on the way to a later moment happens, in order."""
        if change.rate is not None and change.mode != "scaled":
            raise Problem(400, "InvalidRequest", "rate goes with mode scaled only")
        now = change.now.timestamp() if change.now else None
        if now is not None and not _FIRST_MOMENT <= now <= _LAST_MOMENT:
            raise Problem(400, "InvalidRequest", "now is not within the years 1971 to 9000")
        await runner.set_clock(Mode(change.mode), now, change.rate)
        return report()

    @app.post(f"{PREFIX}/clock/advance", summary="Move the clock ahead")
    async def advance_clock(advance: Advance) -> ClockReport:
        """Jobs begin and end on the way; real scorings that are due are waited for, up to 30 s."""
        if clock.now() + advance.seconds > _LAST_MOMENT:
            raise Problem(400, "InvalidRequest", "the clock would go beyond the year 9000")
        await runner.advance(advance.seconds)
        return report()


def _add_jobs(app: FastAPI, runner: JobRunner, directory: Directory) -> None:
    workspaces = {p.endpoint.id: p.workspace.id for p in directory.published}

    @app.get(f"{PREFIX}/jobs", summary="List the jobs")
    async def list_jobs(limit: Annotated[int, Field(ge=1, le=_MOST_JOBS)] = 100) -> JobList:
        jobs = await runner.last(limit)
        return JobList(jobs=[summarise(job, workspaces.get(job.endpoint, "")) for job in jobs])

    @app.get(f"{PREFIX}/jobs/{{job}}", summary="Look into a job")
    async def read_job(job: str) -> JobReport:
        found = await runner.find(job)
        return report_job(found, workspaces.get(found.endpoint, ""))

    @app.put(f"{PREFIX}/jobs/{{job}}", summary="Give one job another timing or ending")
    async def change_job(job: str, change: JobScriptChange) -> JobReport:
        changed = await runner.change_script(job, change)
        return report_job(changed, workspaces.get(changed.endpoint, ""))

    @app.get(f"{PREFIX}/services/{{service}}", summary="Read how the jobs of a service go")
    async def read_script(service: str) -> JobScript:
        return runner.script(_known(service))

    @app.put(f"{PREFIX}/services/{{service}}", summary="Decide how the jobs of a service go")
    async def change_script(service: str, change: JobScriptChange) -> JobScript:
        """For jobs that are submitted from now on. `service` is the id in the service's address."""
        return await runner.set_script(_known(service), change)

    def _known(service: str) -> str:
        if service not in workspaces:
            raise ServiceNotFound(reason=f"no endpoint {service[:64]!r}")
        return service


def _add_journal(app: FastAPI, journal: Journal | None, addresses: Mapping[str, str]) -> None:
    def kept() -> Journal:
        if journal is None:
            raise Problem(404, "NotKept", "no journal is kept: the setting journal_megabytes is 0")
        return journal

    @app.get(
        f"{PREFIX}/journal",
        summary="Read the last calls, as an HTTP archive (HAR 1.2)",
        response_class=Response,
        responses={200: {"content": {"application/json": {}}}},
    )
    def read_journal(surface: Literal["services", "gateway"] = "services") -> Response:
        """Return the calls of one surface with their bodies, oldest first, without any key.

        `services` has what the gateway forwarded as well. Calls of `/__admin` are not in it.
        """
        archive = kept().as_har(surface, addresses.get(surface, ""))
        return Response(msgspec.json.encode(archive), media_type="application/json")

    @app.delete(f"{PREFIX}/journal", status_code=204, summary="Forget the calls")
    async def clear_journal() -> None:
        kept().clear()


def _refuse(status: int, code: str, message: str, **headers: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)


async def _on_invalid(request: Request, error: Any) -> Response:
    del request
    told = [
        f"{'.'.join(map(str, item['loc'][1:])) or 'the body'}: {item['msg']}"
        for item in error.errors()
    ]
    return _refuse(400, "InvalidRequest", "; ".join(dict.fromkeys(told))[:2000])


async def _on_http_exception(request: Request, error: Any) -> Response:
    code = {404: "NotFound", 405: "MethodNotAllowed"}.get(error.status_code, "InvalidRequest")
    message = f"{request.method} {request.url.path[:200]}: {error.detail}"
    verbs = verbs_of(request)
    allow = {"Allow": ", ".join(verbs)} if verbs else {}
    return _refuse(error.status_code, code, message, **allow)


async def _on_problem(request: Request, problem: Any) -> Response:
    del request
    return _refuse(problem.status, problem.code, str(problem))


async def _on_failure(request: Request, failure: Any) -> Response:
    del request
    kind = type(failure)
    return _refuse(_STATUS.get(kind, 400), kind.__name__, failure.reason or kind.__doc__ or "")


async def _on_defect(request: Request, defect: Any) -> Response:
    del request
    _logger.error("defect in /__admin", exc_info=defect)
    return _refuse(500, "InternalError", "a defect of the emulator; its log says more")

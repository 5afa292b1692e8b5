"""How does an operator get calls traced, and read their traces?

As in API Management: a token for an API, a call with it, the trace by the id in the answer.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mockserver.control.app import PREFIX, TRACES, Problem
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.traces import LONGEST_SECONDS, Traces

_PLACES = (f"{PREFIX}/gateway", f"{PREFIX}/gateway/gateways/managed")
"""The second one is what follows the id of the service in Azure's management plane."""


def _duration(value: object) -> object:
    if not isinstance(value, str) or not value.startswith("P"):
        raise ValueError("not an ISO 8601 duration, such as PT1H")
    return value


class CredentialsRequest(BaseModel):
    """For which API a token is asked for, and for how long; `apiId` may be the whole resource id.

    Without `credentialsExpireAfter` it is good for an hour, the longest that there is.
    """

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    credentials_expire_after: Annotated[
        timedelta,
        BeforeValidator(_duration),
        Field(gt=timedelta(0), le=timedelta(seconds=LONGEST_SECONDS)),
    ] = timedelta(seconds=LONGEST_SECONDS)
    api_id: Annotated[str, Field(min_length=1, max_length=2000)]
    purposes: Annotated[list[str], Field(min_length=1, max_length=10)]


class Credentials(BaseModel):
    """What to send as Apim-Debug-Authorization."""

    token: str


class TraceRequest(BaseModel):
    """Which trace: what came as Apim-Trace-Id."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    trace_id: Annotated[str, Field(max_length=200)]


class TraceEntry(BaseModel):
    """One thing that happened to a call."""

    source: str
    timestamp: str
    elapsed: str
    data: Any


class TraceReport(BaseModel):
    """The trace of a call; entries by section: inbound, backend, outbound, on-error."""

    model_config = ConfigDict(alias_generator=to_camel)

    service_name: str
    trace_id: str
    trace_entries: dict[str, list[TraceEntry]]


def add_traces(app: FastAPI, gateway: GatewaySurface) -> None:
    """Add the routes of traces and their tokens."""
    for place in _PLACES:
        _add_credentials(app, gateway, place)
        _add_list(app, gateway.traces, place)

    @app.get(
        f"{TRACES}{{trace}}", summary="Read a trace by its address", response_model=TraceReport
    )
    async def read_trace(trace: str) -> Response:
        """Give the trace of a call that was answered with Ocp-Apim-Trace-Location."""
        return _found(gateway.traces, trace)


def _add_credentials(app: FastAPI, gateway: GatewaySurface, place: str) -> None:
    apis = {api.id for api in gateway.plan.model.apis}

    @app.post(f"{place}/listDebugCredentials", summary="Get a token that lets calls be traced")
    async def list_debug_credentials(request: CredentialsRequest) -> Credentials:
        """Let calls to an API be traced: those with the token in Apim-Debug-Authorization."""
        if request.purposes != ["tracing"]:
            raise Problem(400, "InvalidRequest", "purposes: only ['tracing'] is supported")
        api = request.api_id.rstrip("/").rpartition("/")[2]
        if api not in apis:
            raise Problem(404, "ApiNotFound", f"there is no API {api[:64]!r}")
        seconds = request.credentials_expire_after.total_seconds()
        return Credentials(token=gateway.traces.token(api, seconds))


def _add_list(app: FastAPI, traces: Traces, place: str) -> None:
    @app.post(f"{place}/listTrace", summary="Read a trace", response_model=TraceReport)
    async def list_trace(request: TraceRequest) -> Response:
        """Give the trace of a call, one of the latest. It holds the call's keys and tokens."""
        return _found(traces, request.trace_id)


def _found(traces: Traces, trace: str) -> Response:
    found = traces.find(trace)
    if found is None:
        message = f"there is no trace {trace[:64]!r}, or not any more"
        raise Problem(404, "TraceNotFound", message)
    return Response(found, media_type="application/json")

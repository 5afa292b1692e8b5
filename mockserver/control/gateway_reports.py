"""How does an operator ask for API Management's reports?

They are computed from the rows of the gateway's log that are kept: `droppedRows` says how many are
not, and so are missing in the counts.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from mockserver.control.app import PREFIX, Problem
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.log import LogRow
from mockserver.gateway.reports.query import (
    Filter,
    QueryNotUsable,
    read_filter,
    read_interval,
    read_order,
)
from mockserver.gateway.reports.reports import (
    ENTITIES,
    ReportRecord,
    RequestRecord,
    by_entity,
    by_place,
    by_request,
    by_time,
    ordered,
    request_record,
)

_REPORTS = f"{PREFIX}/gateway/reports"
_MOST_RECORDS = 1000
"""Of one page: the next one is at `nextLink`."""
_ORDER_FIELDS = tuple(to_camel(name) for name in ReportRecord.model_fields)
_FILTER_TEXT = (
    "timestamp ge datetime'2026-11-23T00:00:00', timestamp le datetime'…', and apiId, operationId,"
    " productId, userId, subscriptionId or apiRegion with eq '…', joined by `and`"
)

FilterText = Annotated[str, Query(alias="$filter", max_length=4000, description=_FILTER_TEXT)]
Top = Annotated[int, Query(alias="$top", ge=1, le=_MOST_RECORDS)]
Skip = Annotated[int, Query(alias="$skip", ge=0, le=10**9)]
OrderText = Annotated[
    str | None,
    Query(alias="$orderby", max_length=1000, description="fields, with asc or desc, and commas"),
]
Rows = Sequence[LogRow]
Result = TypeVar("Result")
Route = TypeVar("Route", bound=Callable[..., object])


class ReportCollection(BaseModel):
    """A page of a report. `count` is of all pages; an empty `nextLink`: this is the last one."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    value: list[ReportRecord]
    count: int
    next_link: str
    dropped_rows: int


class RequestReportCollection(BaseModel):
    """A page of calls. `count` is of all pages; an empty `nextLink`: this is the last one."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    value: list[RequestRecord]
    count: int
    next_link: str
    dropped_rows: int


def add_reports(app: FastAPI, gateway: GatewaySurface) -> None:
    """Add the routes of the reports."""
    for kind in ENTITIES:
        _add_by_entity(app, gateway, kind)
    _add_by_time(app, gateway)
    _add_by_geo(app, gateway)
    _add_by_request(app, gateway)


def _add_by_entity(app: FastAPI, gateway: GatewaySurface, kind: str) -> None:
    async def list_report(
        request: Request,
        wanted: FilterText,
        top: Top = _MOST_RECORDS,
        skip: Skip = 0,
        orderby: OrderText = None,
    ) -> ReportCollection:
        def compute(rows: Rows) -> list[ReportRecord]:
            records = by_entity(kind, rows, _filter(wanted), gateway.plan.model)
            return ordered(records, _order(orderby))

        return await _report(gateway, request, compute, top, skip)

    _get(app, kind)(list_report)


def _add_by_time(app: FastAPI, gateway: GatewaySurface) -> None:
    @_get(app, "byTime")
    async def list_by_time(
        request: Request,
        wanted: FilterText,
        interval: Annotated[str, Query(max_length=100)],
        top: Top = _MOST_RECORDS,
        skip: Skip = 0,
        orderby: OrderText = None,
    ) -> ReportCollection:
        """`interval` is an ISO 8601 duration, a multiple of 15 minutes."""
        seconds = _read(read_interval, interval)

        def compute(rows: Rows) -> list[ReportRecord]:
            records = by_time(rows, _filter(wanted), seconds, interval)
            return ordered(records, _order(orderby))

        return await _report(gateway, request, compute, top, skip)


def _add_by_geo(app: FastAPI, gateway: GatewaySurface) -> None:
    @_get(app, "byGeo")
    async def list_by_geo(
        request: Request, wanted: FilterText, top: Top = _MOST_RECORDS, skip: Skip = 0
    ) -> ReportCollection:
        """Nothing is known of where calls come from: there is one record at most."""

        def compute(rows: Rows) -> list[ReportRecord]:
            return by_place(rows, _filter(wanted))

        return await _report(gateway, request, compute, top, skip)


def _add_by_request(app: FastAPI, gateway: GatewaySurface) -> None:
    @_get(app, "byRequest")
    async def list_by_request(
        request: Request, wanted: FilterText, top: Top = _MOST_RECORDS, skip: Skip = 0
    ) -> RequestReportCollection:
        """Give the calls one by one, the oldest first."""
        rows = await asyncio.to_thread(by_request, tuple(gateway.log), _filter(wanted))
        return RequestReportCollection(
            value=[request_record(row) for row in rows[skip : skip + top]],
            count=len(rows),
            next_link=_next_link(request, skip + top, len(rows)),
            dropped_rows=gateway.log.dropped,
        )


def _get(app: FastAPI, kind: str) -> Callable[[Route], Route]:
    """Return what adds a route; fields that a kind of report does not have are left out."""
    return app.get(
        f"{_REPORTS}/{kind}",
        name=f"list_{kind}",
        summary=f"Read the report {kind}",
        response_model_exclude_none=True,
    )


async def _report(
    gateway: GatewaySurface,
    request: Request,
    compute: Callable[[Rows], list[ReportRecord]],
    top: int,
    skip: int,
) -> ReportCollection:
    # A million rows take seconds; calls do not wait for that.
    records = await asyncio.to_thread(compute, tuple(gateway.log))
    return ReportCollection(
        value=records[skip : skip + top],
        count=len(records),
        next_link=_next_link(request, skip + top, len(records)),
        dropped_rows=gateway.log.dropped,
    )


def _next_link(request: Request, skip: int, count: int) -> str:
    if skip >= count:
        return ""
    return str(request.url.include_query_params(**{"$skip": skip}))


def _filter(text: str) -> Filter:
    return _read(read_filter, text)


def _order(text: str | None) -> list[tuple[str, bool]]:
    if text is None:
        return []
    return _read(lambda given: read_order(given, _ORDER_FIELDS), text)


def _read(reader: Callable[[str], Result], text: str) -> Result:
    try:
        return reader(text)
    except QueryNotUsable as error:
        raise Problem(400, "InvalidRequest", str(error)) from error

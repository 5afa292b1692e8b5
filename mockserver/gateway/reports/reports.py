"""How many calls were made, by whom, of what, and how long did they take?

API Management's reports, computed from the rows of the gateway's log that are kept.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from mockserver.clock import write_moment
from mockserver.evidence import Evidence, Fact
from mockserver.gateway.log import LogRow
from mockserver.gateway.model import GatewayModel
from mockserver.gateway.reports.query import Filter

FACTS = (
    Fact(
        "Calls count as success up to 301, and with 304 and 307; as blocked with 401, 403 and 429;"
        " as failed with 400 and from 500 to 599; as other else, 404 among them.",
        Evidence.PUBLISHED,
        "the SDK's descriptions of the counts",
    ),
    Fact(
        "A report has a record for every API, operation, product, user or subscription, with zeros"
        " for one that was not called; ids are written as `/apis/…`, `-` for none.",
        Evidence.PUBLISHED,
        "the examples in the REST specification",
    ),
    Fact(
        "Times are in milliseconds, the service's that of the backend; calls that were blocked do"
        " not count for them.",
        Evidence.PUBLISHED,
        "the examples: their averages have 13 as divisor where 14 calls count and 1 was blocked",
    ),
    Fact(
        "A call that the client broke off is other; bandwidth is the bytes of the bodies, both"
        " ways; intervals are counted from 1970.",
        Evidence.ASSUMED,
        "nothing was recorded of these",
    ),
)

REGION = "local"
"""Where the gateway is: there is but one."""
_NONE = "-"
_LAST_SUCCESS, _FURTHER_SUCCESSES = 301, (304, 307)
_BLOCKED = (401, 403, 429)
_BAD_REQUEST, _FIRST_FAULT, _LAST_FAULT = 400, 500, 599


class _Reported(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class ReportRecord(_Reported):
    """Calls that belong together. Times are in milliseconds, `bandwidth` in bytes."""

    name: str | None = None
    timestamp: str | None = None
    interval: str | None = None
    country: str | None = None
    region: str | None = None
    zip: str | None = None
    user_id: str | None = None
    product_id: str | None = None
    api_id: str | None = None
    operation_id: str | None = None
    api_region: str | None = None
    subscription_id: str | None = None
    call_count_success: int = 0
    call_count_blocked: int = 0
    call_count_failed: int = 0
    call_count_other: int = 0
    call_count_total: int = 0
    bandwidth: int = 0
    cache_hit_count: int = 0
    cache_miss_count: int = 0
    api_time_avg: float = 0.0
    api_time_min: float = 0.0
    api_time_max: float = 0.0
    service_time_avg: float = 0.0
    service_time_min: float = 0.0
    service_time_max: float = 0.0


class RequestRecord(_Reported):
    """One call. Times are in milliseconds, sizes in bytes."""

    api_id: str
    operation_id: str
    product_id: str
    user_id: str
    method: str
    url: str
    ip_address: str
    backend_response_code: str | None = None
    response_code: int
    response_size: int
    timestamp: str
    cache: str
    api_time: float
    service_time: float
    api_region: str
    subscription_id: str
    request_id: str
    request_size: int


@dataclass(slots=True)
class _Times:
    """Durations, in microseconds."""

    count: int = 0
    total: int = 0
    least: int = 0
    most: int = 0

    def add(self, microseconds: int) -> None:
        self.least = min(self.least, microseconds) if self.count else microseconds
        self.most = max(self.most, microseconds)
        self.count += 1
        self.total += microseconds

    def told(self, name: str) -> dict[str, float]:
        """Return average, least and most in milliseconds."""
        average = self.total / self.count if self.count else 0.0
        values = {"avg": average, "min": self.least, "max": self.most}
        return {f"{name}_time_{kind}": round(value / 1000, 4) for kind, value in values.items()}


@dataclass(slots=True)
class _Sum:
    """What calls that belong together come to."""

    facts: Mapping[str, str]
    calls: dict[str, int] = field(default_factory=dict)
    bandwidth: int = 0
    caches: dict[str, int] = field(default_factory=dict)
    api: _Times = field(default_factory=_Times)
    service: _Times = field(default_factory=_Times)

    def add(self, row: LogRow) -> None:
        kind = bucket(row.response_code)
        self.calls[kind] = self.calls.get(kind, 0) + 1
        self.bandwidth += row.request_size + row.response_size
        self.caches[row.cache] = self.caches.get(row.cache, 0) + 1
        if kind != "blocked":
            self.api.add(row.total_microseconds)
            self.service.add(row.backend_microseconds)

    def record(self) -> ReportRecord:
        counts = {f"call_count_{kind}": count for kind, count in self.calls.items()}
        return ReportRecord.model_validate(
            {
                **self.facts,
                **counts,
                "call_count_total": sum(self.calls.values()),
                "bandwidth": self.bandwidth,
                "cache_hit_count": self.caches.get("hit", 0),
                "cache_miss_count": self.caches.get("miss", 0),
                **self.api.told("api"),
                **self.service.told("service"),
            }
        )


def bucket(status: int) -> str:
    """Return how a call counts: success, blocked, failed or other. 0: it was broken off."""
    if 0 < status <= _LAST_SUCCESS or status in _FURTHER_SUCCESSES:
        return "success"
    if status in _BLOCKED:
        return "blocked"
    if status == _BAD_REQUEST or _FIRST_FAULT <= status <= _LAST_FAULT:
        return "failed"
    return "other"


_Groups = dict[Hashable, dict[str, str]]


def _apis(model: GatewayModel) -> _Groups:
    return {api.id: {"name": api.name, "apiId": f"/apis/{api.id}"} for api in model.apis}


def _operations(model: GatewayModel) -> _Groups:
    return {
        (api.id, operation.id): {
            "name": operation.name,
            "apiId": f"/apis/{api.id}",
            "operationId": f"/apis/{api.id}/operations/{operation.id}",
        }
        for api in model.apis
        for operation in api.operations
    }


def _products(model: GatewayModel) -> _Groups:
    return {
        product.id: {"name": product.name, "productId": f"/products/{product.id}"}
        for product in model.products.values()
    }


def _users(model: GatewayModel) -> _Groups:
    users = {each.user.id: each.user for each in model.subscriptions if each.user}
    return {
        user.id: {
            "name": f"{user.first_name} {user.last_name}".strip() or user.id,
            "userId": f"/users/{user.id}",
        }
        for user in users.values()
    }


def _subscriptions(model: GatewayModel) -> _Groups:
    return {
        each.id: {
            "name": each.name,
            "userId": f"/users/{each.user.id if each.user else _NONE}",
            "productId": f"/products/{each.product or _NONE}",
            "subscriptionId": f"/subscriptions/{each.id}",
        }
        for each in model.subscriptions
    }


_BY: dict[str, tuple[Callable[[LogRow], Hashable], Callable[[GatewayModel], _Groups]]] = {
    "byApi": (attrgetter("api_id"), _apis),
    "byOperation": (attrgetter("api_id", "operation_id"), _operations),
    "byProduct": (attrgetter("product_id"), _products),
    "byUser": (attrgetter("user_id"), _users),
    "bySubscription": (attrgetter("apim_subscription_id"), _subscriptions),
}
ENTITIES = tuple(_BY)
"""The reports that have a record for each thing of a kind."""


def by_entity(
    kind: str, rows: Iterable[LogRow], wanted: Filter, model: GatewayModel
) -> list[ReportRecord]:
    """Return one of the reports that `ENTITIES` names."""
    key, groups = _BY[kind]
    sums = {
        group: _Sum(facts)
        for group, facts in groups(model).items()
        if all(wanted.allows(name, value) for name, value in facts.items() if name != "name")
    }
    for row in rows:
        if _is_wanted(row, wanted):
            group = key(row)
            if group not in sums:  # a call without a key, or to an address that means nothing
                sums[group] = _Sum(_nothing(kind, row))
            sums[group].add(row)
    return [each.record() for each in sums.values()]


def by_time(
    rows: Iterable[LogRow], wanted: Filter, seconds: int, interval: str
) -> list[ReportRecord]:
    """Return a record for each interval with calls; `interval` says the seconds in ISO 8601."""
    sums: dict[int, _Sum] = {}
    for row in rows:
        if _is_wanted(row, wanted):
            start = int(row.timestamp // seconds) * seconds
            if start not in sums:
                told = f"{write_moment(start)[:19]}Z"
                sums[start] = _Sum({"timestamp": told, "interval": interval})
            sums[start].add(row)
    return [sums[start].record() for start in sorted(sums)]


def by_place(rows: Iterable[LogRow], wanted: Filter) -> list[ReportRecord]:
    """Return the calls by where they come from. Nothing is known of that: it is one record."""
    total = _Sum({"country": _NONE, "region": _NONE, "zip": _NONE})
    for row in rows:
        if _is_wanted(row, wanted):
            total.add(row)
    return [total.record()] if total.calls else []


def by_request(rows: Iterable[LogRow], wanted: Filter) -> list[LogRow]:
    """Return the calls one by one, the oldest first; `request_record` tells each."""
    return [row for row in rows if _is_wanted(row, wanted)]


def request_record(row: LogRow) -> RequestRecord:
    """Tell one call."""
    backend = row.backend_response_code
    return RequestRecord(
        **{_FIELDS[name]: value for name, value in _ids(row).items()},
        method=row.method,
        url=row.url,
        ip_address=row.caller_ip_address,
        backend_response_code=None if backend is None else str(backend),
        response_code=row.response_code,
        response_size=row.response_size,
        timestamp=f"{write_moment(row.timestamp)[:-1]}0Z",
        cache=row.cache,
        api_time=row.total_microseconds / 1000,
        service_time=row.backend_microseconds / 1000,
        request_id=row.correlation_id,
        request_size=row.request_size,
    )


def ordered(records: list[ReportRecord], order: Sequence[tuple[str, bool]]) -> list[ReportRecord]:
    """Sort records by fields as they are called in JSON, each upwards or downwards."""
    names = {to_camel(name): name for name in ReportRecord.model_fields}
    for name, is_downwards in reversed(order):
        key = partial(_sortable, name=names[name])
        records = sorted(records, key=key, reverse=is_downwards)
    return records


def _sortable(record: ReportRecord, name: str) -> tuple[bool, object]:
    value = getattr(record, name)
    return value is not None, value


def _ids(row: LogRow) -> dict[str, str]:
    """Return all ids of a call, as they are written."""
    api = f"/apis/{row.api_id or _NONE}"
    return {
        "apiId": api,
        "operationId": f"{api}/operations/{row.operation_id or _NONE}",
        "productId": f"/products/{row.product_id or _NONE}",
        "userId": f"/users/{row.user_id or _NONE}",
        "subscriptionId": f"/subscriptions/{row.apim_subscription_id or _NONE}",
        "apiRegion": REGION,
    }


_FIELDS = {to_camel(name): name for name in RequestRecord.model_fields}


def _is_wanted(row: LogRow, wanted: Filter) -> bool:
    if not wanted.least <= row.timestamp <= wanted.most:
        return False
    if not wanted.ids:
        return True
    return all(wanted.allows(name, value) for name, value in _ids(row).items())


def _nothing(kind: str, row: LogRow) -> dict[str, str]:
    """Return what a record says of calls that belong to nothing of its kind."""
    named = {
        "byApi": ("apiId",),
        "byOperation": ("apiId", "operationId"),
        "byProduct": ("productId",),
        "byUser": ("userId",),
        "bySubscription": ("userId", "productId", "subscriptionId"),
    }
    name = "Anonymous" if kind == "byUser" else _NONE
    ids = _ids(row)
    return {"name": name, **{field_name: ids[field_name] for field_name in named[kind]}}

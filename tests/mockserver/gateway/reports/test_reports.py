"""Do the reports count each call once, in its bucket, under what it belongs to?"""

import math
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.log import LogRow
from mockserver.gateway.model import Api, GatewayModel, Operation, Product, Subscription, User
from mockserver.gateway.reports.query import Filter, read_filter
from mockserver.gateway.reports.reports import (
    ENTITIES,
    ReportRecord,
    bucket,
    by_entity,
    by_place,
    by_request,
    by_time,
    ordered,
    request_record,
)
from mockserver.gateway.templates import UrlTemplate

NOON = datetime.fromisoformat("2026-11-23T12:00:00Z").timestamp()
ADA, BOB = User("ada", "Ada", "Lovelace"), User("bob")
MODEL = GatewayModel(
    "demo",
    (
        Api("echo", "Echo", "echo", "https://a", (Operation("get", "G", "GET", UrlTemplate("/")),)),
        Api("quiet", "Quiet", "quiet", "https://b", ()),
    ),
    {"starter": Product("starter", "Starter", frozenset({"echo"}))},
    (
        Subscription("one", "One", "1", "2", product="starter", user=ADA),
        Subscription("two", "Two", "3", "4", user=BOB),
        Subscription("three", "Three", "5", "6"),
    ),
)
OF_ADA: dict[str, Any] = {
    "api_id": "echo",
    "operation_id": "get",
    "product_id": "starter",
    "user_id": "ada",
    "apim_subscription_id": "one",
}


def row(status: int = 200, milliseconds: float = 10, **values: Any) -> LogRow:
    return LogRow(
        **{
            "correlation_id": "id",
            "timestamp": NOON,
            "is_request_success": True,
            "total_time": 0,
            "cache_time": 0,
            "backend_time": 0,
            "client_time": 0,
            "caller_ip_address": "10.0.0.1",
            "method": "GET",
            "url": "http://a/b",
            "response_code": status,
            "response_size": 5,
            "request_size": 2,
            "total_microseconds": int(milliseconds * 1000),
            "backend_microseconds": int(milliseconds * 500),
            **values,
        }
    )


def told(record: ReportRecord) -> dict[str, Any]:
    """Return a record as it is in JSON."""
    return record.model_dump(by_alias=True, exclude_none=True)


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("success", (100, 200, 204, 300, 301, 304, 307)),
        ("blocked", (401, 403, 429)),
        ("failed", (400, 500, 503, 599)),
        ("other", (0, 302, 303, 305, 308, 402, 404, 405, 499, 600)),
    ],
)
def test_buckets(name: str, statuses: tuple[int, ...]) -> None:
    """A call that is not found is other, as is one that was broken off."""
    assert {bucket(status) for status in statuses} == {name}


def test_a_record_in_full() -> None:
    """Fields are called as in API Management; times are in milliseconds, without blocked calls."""
    rows = [
        row(200, 10, cache="miss", **OF_ADA),
        row(500, 31, cache="hit", **OF_ADA),
        row(429, 1000, **OF_ADA),
        row(404, 4, **OF_ADA),
    ]
    assert told(by_entity("byApi", rows, Filter(), MODEL)[0]) == {
        "name": "Echo",
        "apiId": "/apis/echo",
        "callCountSuccess": 1,
        "callCountBlocked": 1,
        "callCountFailed": 1,
        "callCountOther": 1,
        "callCountTotal": 4,
        "bandwidth": 28,
        "cacheHitCount": 1,
        "cacheMissCount": 1,
        "apiTimeAvg": 15.0,
        "apiTimeMin": 4.0,
        "apiTimeMax": 31.0,
        "serviceTimeAvg": 7.5,
        "serviceTimeMin": 2.0,
        "serviceTimeMax": 15.5,
    }


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (
            "byApi",
            [
                {"name": "Echo", "apiId": "/apis/echo"},
                {"name": "Quiet", "apiId": "/apis/quiet"},
                {"name": "-", "apiId": "/apis/-"},
            ],
        ),
        (
            "byOperation",
            [
                {"name": "G", "apiId": "/apis/echo", "operationId": "/apis/echo/operations/get"},
                {"name": "-", "apiId": "/apis/-", "operationId": "/apis/-/operations/-"},
            ],
        ),
        (
            "byProduct",
            [
                {"name": "Starter", "productId": "/products/starter"},
                {"name": "-", "productId": "/products/-"},
            ],
        ),
        (
            "byUser",
            [
                {"name": "Ada Lovelace", "userId": "/users/ada"},
                {"name": "bob", "userId": "/users/bob"},
                {"name": "Anonymous", "userId": "/users/-"},
            ],
        ),
        (
            "bySubscription",
            [
                {
                    "name": name,
                    "userId": f"/users/{user}",
                    "productId": f"/products/{product}",
                    "subscriptionId": f"/subscriptions/{subscription}",
                }
                for name, user, product, subscription in (
                    ("One", "ada", "starter", "one"),
                    ("Two", "bob", "-", "two"),
                    ("Three", "-", "-", "three"),
                    ("-", "-", "-", "-"),
                )
            ],
        ),
    ],
)
def test_what_is_called_and_what_is_not(kind: str, facts: list[dict[str, str]]) -> None:
    """Each thing has its record, with zeros if nothing was called; the rest has one together."""
    records = [told(each) for each in by_entity(kind, [row(**OF_ADA), row(404)], Filter(), MODEL)]
    shown = [{name: each[name] for name in each if name in facts[0]} for each in records]
    assert shown == facts
    counts = [each["callCountTotal"] for each in records]
    assert counts == [1, *[0] * (len(facts) - 2), 1]


def test_a_filter_leaves_out_things_too() -> None:
    """A thing whose id is not asked for has no record, not even one of zeros."""
    rows = [row(**OF_ADA), row(404)]
    records = by_entity("byApi", rows, read_filter("apiId eq 'quiet'"), MODEL)
    assert [told(each)["apiId"] for each in records] == ["/apis/quiet"]
    assert records[0].call_count_total == 0
    wanted = read_filter("userId eq 'ada'")
    assert [each.call_count_total for each in by_entity("byApi", rows, wanted, MODEL)] == [1, 0]


def test_a_filter_by_time_has_both_its_ends() -> None:
    """Calls at the very first and last moment count."""
    rows = [row(timestamp=NOON + offset) for offset in (-1, 0, 1, 2)]
    text = (
        "timestamp ge datetime'2026-11-23T12:00:00' and timestamp le datetime'2026-11-23T12:00:01Z'"
    )
    assert by_request(rows, read_filter(text)) == rows[1:3]


def test_intervals_with_calls() -> None:
    """They begin at full quarters of an hour, in order; those without a call are left out."""
    rows = [row(timestamp=NOON + minutes * 60) for minutes in (46, 0, 14.9, 15)]
    records = [told(each) for each in by_time(rows, Filter(), 900, "PT15M")]
    shown = [(each["timestamp"], each["interval"], each["callCountTotal"]) for each in records]
    assert shown == [
        ("2026-11-23T12:00:00Z", "PT15M", 2),
        ("2026-11-23T12:15:00Z", "PT15M", 1),
        ("2026-11-23T12:45:00Z", "PT15M", 1),
    ]


def test_where_calls_come_from_is_not_known() -> None:
    """There is one record, and none without a call."""
    assert by_place([], Filter()) == []
    record = told(by_place([row(), row(500)], Filter())[0])
    assert (record["country"], record["region"], record["zip"]) == ("-", "-", "-")
    assert record["callCountTotal"] == 2


def test_a_call_by_itself() -> None:
    """With what the client got, what the backend said, and both times."""
    made = row(200, 2.5, backend_response_code=503, **OF_ADA)
    assert request_record(made).model_dump(by_alias=True) == {
        "apiId": "/apis/echo",
        "operationId": "/apis/echo/operations/get",
        "productId": "/products/starter",
        "userId": "/users/ada",
        "method": "GET",
        "url": "http://a/b",
        "ipAddress": "10.0.0.1",
        "backendResponseCode": "503",
        "responseCode": 200,
        "responseSize": 5,
        "timestamp": "2026-11-23T12:00:00.0000000Z",
        "cache": "none",
        "apiTime": 2.5,
        "serviceTime": 1.25,
        "apiRegion": "local",
        "subscriptionId": "/subscriptions/one",
        "requestId": "id",
        "requestSize": 2,
    }
    assert request_record(row(429)).backend_response_code is None


def test_records_are_sorted_by_several_fields() -> None:
    """The first field counts most; what is equal keeps its order."""
    records = [
        ReportRecord(name=name, bandwidth=size)
        for name, size in zip("abab", (1, 2, 3, 2), strict=True)
    ]
    by_size = ordered(records, [("bandwidth", True), ("name", False)])
    assert [(each.name, each.bandwidth) for each in by_size] == [
        ("a", 3),
        ("b", 2),
        ("b", 2),
        ("a", 1),
    ]
    assert by_size[1] is records[1]
    assert ordered(records, []) == records
    assert ordered(records, [("zip", False)]) == records


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from([0, 200, 302, 400, 401, 404, 429, 500]),
        st.integers(0, 1000),
        api_id=st.sampled_from(["echo", "quiet", None]),
        timestamp=st.floats(NOON, NOON + 10_000),
    ),
    max_size=30,
)


@given(ROWS)
def test_every_report_counts_every_call_once(rows: list[LogRow]) -> None:
    """Whatever calls are grouped by, they add up to the same."""
    reports = [by_entity(kind, rows, Filter(), MODEL) for kind in ENTITIES]
    reports += [by_time(rows, Filter(), 900, "PT15M"), by_place(rows, Filter())]
    blocked = sum(each.response_code in (401, 429) for each in rows)
    for records in reports:
        assert sum(each.call_count_total for each in records) == len(rows)
        assert sum(each.call_count_blocked for each in records) == blocked
        assert sum(each.bandwidth for each in records) == 7 * len(rows)
        for each in records:
            assert each.api_time_min <= each.api_time_avg + 0.0001
            assert each.api_time_avg <= each.api_time_max + 0.0001
    times = [each.total_microseconds for each in rows if each.response_code not in (401, 429)]
    if times:
        average = sum(times) / len(times) / 1000
        assert math.isclose(by_place(rows, Filter())[0].api_time_avg, average, abs_tol=0.0001)

"""What is kept about each call, and for how long?

One row per call, with the fields of API Management's table `ApiManagementGatewayLogs`. Rows are
kept in memory, the latest ones; how many were dropped is counted. They can be written to a file.
"""

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import msgspec

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call

FACTS = (
    Fact(
        "A row per call holds responseCode beside backendResponseCode: the gateway itself answered"
        " if they differ, or if the latter is missing.",
        Evidence.PUBLISHED,
        "the page on the gateway log's schema; an article on errors",
    ),
    Fact(
        "A call whose client went away has the responseCode 0.",
        Evidence.ASSUMED,
        "an inference from the documents on ClientConnectionFailure",
    ),
)


_SUCCESS = 200
_FIRST_ERROR = 400


class LogRow(msgspec.Struct, rename="camel", gc=False, omit_defaults=False):
    """One call. Times are in milliseconds, sizes in bytes, `timestamp` in seconds since 1970."""

    correlation_id: str
    timestamp: float
    is_request_success: bool
    total_time: int
    cache_time: int
    backend_time: int
    client_time: int
    caller_ip_address: str
    method: str
    url: str
    response_code: int
    response_size: int
    request_size: int
    cache: str = "none"
    backend_method: str | None = None
    backend_url: str | None = None
    backend_response_code: int | None = None
    backend_protocol: str | None = None
    api_id: str | None = None
    operation_id: str | None = None
    product_id: str | None = None
    user_id: str | None = None
    apim_subscription_id: str | None = None
    backend_id: str | None = None
    last_error_source: str | None = None
    last_error_section: str | None = None
    last_error_reason: str | None = None
    last_error_message: str | None = None
    last_error_scope: str | None = None
    last_error_elapsed: int | None = None
    total_microseconds: int = 0
    backend_microseconds: int = 0


def row_of(call: Call, method: str, status: int, request_size: int, size: int) -> LogRow:
    """Return the row of a call that was answered, or broken off with status 0."""
    seconds = perf_counter() - call.begun
    error = call.last_error
    route, caller = call.route, call.caller
    subscription = caller.subscription
    row = LogRow(
        correlation_id=call.id,
        timestamp=call.now,
        is_request_success=_SUCCESS <= status < _FIRST_ERROR,
        total_time=round(seconds * 1000),
        cache_time=0,
        backend_time=round(call.backend_seconds * 1000),
        client_time=0,
        caller_ip_address=call.request.ip_address,
        method=method,
        url=without_key(call),
        response_code=status,
        response_size=size,
        request_size=request_size,
        cache=call.cache,
        total_microseconds=round(seconds * 1e6),
        backend_microseconds=round(call.backend_seconds * 1e6),
    )
    if route.api.id:
        row.api_id, row.operation_id = route.api.id, route.operation.id
    if caller.product is not None:
        row.product_id = caller.product.id
    if subscription is not None:
        row.apim_subscription_id = subscription.id
        row.user_id = subscription.user.id if subscription.user else None
    if call.backend_url:
        row.backend_method, row.backend_url = call.backend_method, call.backend_url
        row.backend_response_code = call.backend_status
        row.backend_protocol = "HTTP/1.1"
        row.backend_id = call.backend_id or None
    if error is not None:
        row.last_error_source, row.last_error_section = error.source, error.section
        row.last_error_reason, row.last_error_message = error.reason, error.message
        row.last_error_scope = error.scope
        row.last_error_elapsed = row.total_time
    return row


def without_key(call: Call) -> str:
    """Return the address that was called, its subscription key masked: logs hold no keys."""
    url = str(call.original_url)
    name = call.route.api.key_names.query
    if name.lower() not in url.lower():
        return url
    return re.sub(rf"([?&]{re.escape(name)}=)[^&]*", r"\1***", url, flags=re.IGNORECASE)


class GatewayLog:
    """Keeps the last `most` rows and, if there is a `file`, writes each row as a line of JSON."""

    def __init__(self, most: int, file: Path | None = None) -> None:
        self._rows: deque[LogRow] = deque(maxlen=most)
        self._file = file
        self.dropped = 0
        """How many rows were kept once and are not any more."""

    def add(self, row: LogRow) -> None:
        """Keep a row."""
        if len(self._rows) == self._rows.maxlen:
            self.dropped += 1
        self._rows.append(row)

    def __iter__(self) -> Iterator[LogRow]:
        return iter(tuple(self._rows))

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()
        self.dropped = 0

"""What is kept about each call, and for how long?

One row per call, with the fields of API Management's table `ApiManagementGatewayLogs`. Rows are
kept in memory, the latest ones; how many were dropped is counted. They can be written to a file.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from urllib.parse import unquote_plus

import msgspec

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.request_log import FLUSH_SECONDS

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
_LONGEST_URL = 4 << 10
"""So much is kept of an address: a client must not fill the memory."""
_REMEMBERED = 256
_ENCODER = msgspec.json.Encoder()
_logger = logging.getLogger("mockserver.gateway.log")


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
    subscription, key_name = caller.subscription, route.api.key_names.query
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
        url=without_key(str(call.original_url), key_name),
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
        row.backend_method = _encodable(call.backend_method)
        row.backend_url = _encodable(without_key(call.backend_url, key_name))
        row.backend_response_code = call.backend_status
        row.backend_protocol = "HTTP/1.1"
        row.backend_id = call.backend_id or None
    if error is not None:
        row.last_error_source, row.last_error_section = error.source, error.section
        row.last_error_reason, row.last_error_message = error.reason, _encodable(error.message)
        row.last_error_scope = error.scope
        row.last_error_elapsed = row.total_time
    return row


def without_key(url: str, name: str) -> str:
    """Return an address with its subscription key masked: logs hold no keys.

    `name` is that of the query parameter.
    """
    return _masked(url[:_LONGEST_URL], name)


@lru_cache(_REMEMBERED)  # clients call the same few addresses again and again
def _masked(url: str, name: str) -> str:
    address, _, query = url.partition("?")
    if name.lower() not in query.lower() and "%" not in query:
        return url
    pieces = []
    for piece in query.split("&"):
        written, _, value = piece.partition("=")
        is_key = value and unquote_plus(written).lower() == name.lower()
        pieces.append(f"{written}=***" if is_key else piece)
    return f"{address}?{'&'.join(pieces)}" if query else url


def _encodable(text: str) -> str:
    """Return a text that can be written; a policy may have put half a surrogate pair in it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


class GatewayLog:
    """Keeps the last `most` rows and, if there is a `file`, writes each row as a line of JSON.

    Lines are collected and written a few times a second, so that no call waits for the disk. What
    the disk refuses is lost; the event log says so, once until it is well again.
    """

    def __init__(self, most: int, file: Path | None = None) -> None:
        self._rows: deque[LogRow] = deque(maxlen=most)
        self._file = file
        self._unwritten: list[LogRow] = []
        self._has_failed = False
        self.dropped = 0
        """How many rows were kept once and are not any more."""

    def add(self, row: LogRow) -> None:
        """Keep a row. With a file call it on the event loop."""
        if len(self._rows) == self._rows.maxlen:
            self.dropped += 1
        self._rows.append(row)
        if self._file is not None:
            if not self._unwritten:
                asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
            self._unwritten.append(row)

    def flush(self) -> None:
        """Write what was collected for the file."""
        rows, self._unwritten = self._unwritten, []
        if self._file is None or not rows:
            return
        try:
            with self._file.open("ab") as file:
                file.write(_ENCODER.encode_lines(rows))
        except (OSError, ValueError) as error:
            if not self._has_failed:
                problem = getattr(error, "strerror", None) or error
                _logger.warning("rows are lost: %s: %s", self._file, problem)
            self._has_failed = True
        else:
            self._has_failed = False

    def __iter__(self) -> Iterator[LogRow]:
        return iter(tuple(self._rows))

    def __reversed__(self) -> Iterator[LogRow]:
        return reversed(tuple(self._rows))

    def clear(self) -> None:
        """Forget everything. What was written stays written."""
        self._rows.clear()
        self.dropped = 0

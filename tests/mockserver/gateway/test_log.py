"""What does the gateway's log say of a call, and what does it never say?"""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.errors import LastError
from mockserver.gateway.keys import NOBODY, Caller
from mockserver.gateway.log import GatewayLog, LogRow, row_of, without_key
from mockserver.gateway.message import Url
from mockserver.gateway.model import Product
from mockserver.gateway.routing import NOWHERE
from tests.mockserver.gateway.policy_calls import SUBSCRIPTION, Stage

STARTER = Product("starter", "Starter", frozenset({"shop"}))


def call_of_ada() -> Call:
    """Return a call in a product's name that a backend has answered."""
    call = Stage().call("POST", query="a=1&subscription-key=k1")
    call.caller = Caller(SUBSCRIPTION, STARTER, "k1")
    call.backend_url = "https://backend.example/books?a=1&subscription-key=k1"
    call.backend_method, call.backend_status, call.backend_seconds = "GET", 503, 0.25
    return call


def row(number: int = 0, **values: Any) -> LogRow:
    call = Stage().call()
    call.id = str(number)
    made = row_of(call, "GET", 200, 0, 0)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_a_row_tells_of_both_sides() -> None:
    """What the client got stands beside what the backend said; ids say whose call it was."""
    call = call_of_ada()
    made = row_of(call, "POST", 200, 7, 9)
    assert (made.response_code, made.backend_response_code) == (200, 503)
    assert (made.method, made.backend_method) == ("POST", "GET")
    assert (made.request_size, made.response_size) == (7, 9)
    assert (made.backend_time, made.backend_microseconds) == (250, 250_000)
    assert made.total_time <= made.total_microseconds
    assert (made.api_id, made.operation_id, made.product_id) == ("shop", "books", "starter")
    assert (made.apim_subscription_id, made.user_id) == ("ada-1", "ada")
    assert (made.timestamp, made.caller_ip_address) == (call.now, "10.0.0.1")
    assert made.is_request_success
    assert made.last_error_source is None


@pytest.mark.parametrize(
    ("status", "is_success"), [(0, False), (199, False), (200, True), (399, True), (400, False)]
)
def test_success_is_a_status_from_200_to_399(status: int, is_success: bool) -> None:
    """A call that was broken off has status 0 and is none."""
    assert row_of(Stage().call(), "GET", status, 0, 0).is_request_success is is_success


def test_a_row_tells_why_a_call_failed() -> None:
    """LastError is spread over the row's fields."""
    call = call_of_ada()
    call.last_error = LastError("quota", "QuotaExceeded", "Out of \ud800", "product", "inbound")
    made = row_of(call, "GET", 403, 0, 0)
    assert (made.last_error_source, made.last_error_reason) == ("quota", "QuotaExceeded")
    assert (made.last_error_scope, made.last_error_section) == ("product", "inbound")
    assert made.last_error_message == "Out of \\ud800"
    assert made.last_error_elapsed == made.total_time


def test_a_call_that_means_nothing_has_no_ids() -> None:
    """Neither API nor operation, and no backend."""
    call = Stage().call()
    call.route, call.caller = NOWHERE, NOBODY
    made = row_of(call, "GET", 404, 0, 0)
    assert (made.api_id, made.operation_id, made.user_id, made.backend_url) == (None,) * 4


def test_no_row_holds_a_key() -> None:
    """Neither the address that was called nor the backend's shows it."""
    made = row_of(call_of_ada(), "POST", 200, 0, 0)
    assert made.url == "https://demo.azure-api.net/shop/books?a=1&subscription-key=***"
    assert made.backend_url == "https://backend.example/books?a=1&subscription-key=***"


def test_a_key_of_another_name_is_masked() -> None:
    """An API may call its key otherwise."""
    call = call_of_ada()
    names = replace(call.route.api.key_names, query="code")
    call.route = replace(call.route, api=replace(call.route.api, key_names=names))
    call.original_url = Url("http://a", "/b", "Code=k1&subscription-key=x")
    assert row_of(call, "GET", 200, 0, 0).url == "http://a/b?Code=***&subscription-key=x"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a/subscription-key", "http://a/subscription-key"),
        ("http://a/b?subscription%2Dkey=k&c=%41", "http://a/b?subscription%2Dkey=***&c=%41"),
        ("http://a/b?SUBSCRIPTION-key=k", "http://a/b?SUBSCRIPTION-key=***"),
        ("http://a/b?subscription-key=", "http://a/b?subscription-key="),
        ("http://a/b?subscription-key=1&subscription-key=2", "http://a/b?{0}=***&{0}=***"),
        ("http://a/b%20?", "http://a/b%20?"),
    ],
)
def test_a_key_is_masked_however_it_is_written(url: str, expected: str) -> None:
    """Everything else stays as it was on the wire."""
    assert without_key(url, "subscription-key") == expected.format("subscription-key")


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_the_latest_rows_are_kept(numbers: list[int], most: int) -> None:
    """As many as are allowed, in their order; the others are counted."""
    log = GatewayLog(most)
    for number in numbers:
        log.add(row(number))
    ids = [str(number) for number in numbers]
    assert [each.correlation_id for each in log] == ids[-most:]
    assert [each.correlation_id for each in reversed(log)] == ids[-most:][::-1]
    assert log.dropped == max(0, len(numbers) - most)
    log.clear()
    assert (list(log), log.dropped) == ([], 0)


class Signalling(GatewayLog):
    """A log that tells when it has written."""

    def __init__(self, most: int, file: Path) -> None:
        super().__init__(most, file)
        self.flushed = asyncio.Event()

    @override
    def flush(self) -> None:
        super().flush()
        self.flushed.set()


def test_rows_are_written_a_moment_later(tmp_path: Path) -> None:
    """A line of JSON each, behind what is in the file; a call does not wait for it."""
    file = tmp_path / "calls.jsonl"
    file.write_text('{"older": 1}\n', encoding="utf-8")

    async def play() -> None:
        log = Signalling(1, file)
        log.add(row(1))
        log.add(row(2, url="http://a/\u00e9"))
        assert file.read_text(encoding="utf-8").count("\n") == 1
        await asyncio.wait_for(log.flushed.wait(), 30)

    asyncio.run(play())
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line.get("correlationId") for line in lines] == [None, "1", "2"]
    assert lines[2]["url"] == "http://a/\u00e9"


def test_the_rest_is_written_at_the_end(tmp_path: Path) -> None:
    """A flush writes what is collected, and a second one nothing twice."""
    file = tmp_path / "calls.jsonl"
    log = GatewayLog(10, file)

    async def play() -> None:
        log.add(row(1))

    asyncio.run(play())
    log.flush()
    log.flush()
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1


def test_a_disk_that_refuses_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Rows are lost and calls are not; when the disk is well again and fails anew, it is told."""
    folder = tmp_path / "missing"
    log = GatewayLog(10, folder / "calls.jsonl")

    async def play(number: int) -> None:
        log.add(row(number))
        log.flush()

    with caplog.at_level(logging.WARNING, "mockserver.gateway.log"):
        asyncio.run(play(1))
        asyncio.run(play(2))
        assert len(caplog.messages) == 1
        folder.mkdir()
        asyncio.run(play(3))
        (folder / "calls.jsonl").unlink()
        folder.rmdir()
        asyncio.run(play(4))
    assert len(caplog.messages) == 2
    assert "rows are lost" in caplog.messages[0]
    assert "calls.jsonl" in caplog.messages[0]
    assert len(list(log)) == 4


def test_nothing_is_written_without_a_file() -> None:
    """A row may then be added outside of an event loop."""
    log = GatewayLog(10)
    log.add(row(1))
    log.flush()
    assert len(list(log)) == 1

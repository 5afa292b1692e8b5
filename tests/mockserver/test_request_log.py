"""What does the log say of a request, and what does it never say?"""

import asyncio
import io
import json
import logging
import re
import sys
import time

import pytest

from mockserver.request_log import LogFormat, RequestLine, RequestLog, configure_event_log

FIELDS = (0.5, "services", b"id-1", "POST", b"/a%20b")
LINE = RequestLine(*FIELDS, 200, 0.00123456, "")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine's clock stand still."""
    monkeypatch.setattr(time, "time", lambda: 1763851579.0)
    monkeypatch.setattr(time, "perf_counter", lambda: 10.0)


def written(form: LogFormat, *lines: RequestLine) -> list[str]:
    stream = io.StringIO()
    log = RequestLog(form, stream)

    async def add() -> None:
        for line in lines:
            log.add(line)

    asyncio.run(add())
    assert stream.getvalue() == ""
    log.flush()
    return stream.getvalue().splitlines()


def test_a_line_of_text() -> None:
    """Time, surface, request id, verb, path, status, duration and, if it failed, why."""
    failed = RequestLine(*FIELDS, 400, 0.5, "no body")
    assert written("text", LINE, failed) == [
        "2025-11-22T22:46:09.500Z services id-1 POST /a%20b 200 1.23ms",
        "2025-11-22T22:46:09.500Z services id-1 POST /a%20b 400 500.00ms  no body",
    ]


def test_a_line_of_json() -> None:
    """The same as members of one object per line."""
    failed = RequestLine(*FIELDS, 400, 0.5, "no body")
    assert [json.loads(line) for line in written("json", LINE, failed)] == [
        {
            "time": "2025-11-22T22:46:09.500Z",
            "level": "info",
            "event": "request",
            "surface": "services",
            "id": "id-1",
            "method": "POST",
            "path": "/a%20b",
            "status": status,
            "ms": ms,
            **reason,
        }
        for status, ms, reason in ((200, 1.235, {}), (400, 500.0, {"reason": "no body"}))
    ]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_client_cannot_write_a_line_of_its_own(form: LogFormat) -> None:
    """Control characters in what a client chose stay within their line."""
    evil = RequestLine(0.5, "services", b"id", "POST", b"/a", 400, 0.1, "x\n2025 fake\x1b[31m")
    (line,) = written(form, evil)
    assert "\x1b" not in line


def test_lines_are_written_by_themselves() -> None:
    """Without any further call, a line is out a moment later."""
    stream = io.StringIO()

    async def wait() -> None:
        RequestLog("text", stream).add(LINE)
        for _ in range(100):
            if stream.getvalue():
                return
            await asyncio.sleep(0.02)

    asyncio.run(wait())
    assert stream.getvalue().count("\n") == 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_other_events_have_the_same_form(
    form: LogFormat, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect is logged with its traceback, in the chosen form."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    configure_event_log(form)
    logger = logging.getLogger("mockserver.services")
    logger.error("defect in request x", exc_info=ValueError("oh"))
    told = capsys.readouterr().err
    assert "ValueError: oh" in told
    if form == "json":
        event = json.loads(told)
        assert (event["level"], event["event"]) == ("error", "defect in request x")
    else:
        assert re.match(r"\S+Z error mockserver.services: defect in request x\n", told)


def test_the_default_stream_is_standard_error() -> None:
    """Standard output belongs to the banner."""
    assert RequestLog("text")._stream is sys.stderr

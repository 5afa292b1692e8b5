"""What is written about each request, and how is that kept cheap?

One line per request, text or JSON. Lines are collected and written a few times a second: the
request does not wait for the disk, and what a line costs is paid outside of it. No line holds a
header, a query string or a body, so none can hold a key or a signature.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Literal, TextIO
from uuid import uuid4

import msgspec
from typing_extensions import override

LogFormat = Literal["text", "json"]

FLUSH_SECONDS = 0.1


class RequestLine(msgspec.Struct, gc=False):
    """One answered request. `ended` is a reading of `time.perf_counter`, `duration` in seconds.

    `id` and `path` are as they were on the wire; the path as it was sent, so in ASCII.
    """

    ended: float
    surface: str
    id: bytes
    method: str
    path: bytes
    status: int
    duration: float
    reason: str


def request_ids() -> Iterator[bytes]:
    """Yield ids that no other surface gives: a random beginning, then a number."""
    start = str(uuid4())[:24].encode()
    return (b"%b%012x" % (start, number) for number in count(1))


def _moment(seconds: float) -> str:
    return _millisecond(int(seconds * 1000))


@lru_cache(maxsize=4)
def _millisecond(number: int) -> str:
    moment = datetime.fromtimestamp(number // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{number % 1000:03d}Z"


def _as_json(level: str, event: str, seconds: float, **fields: object) -> str:
    line = {"time": _moment(seconds), "level": level, "event": event, **fields}
    return msgspec.json.encode(line).decode()


def _request_as_json(line: RequestLine, seconds: float) -> str:
    reason = {"reason": line.reason} if line.reason else {}
    return _as_json(
        "info",
        "request",
        seconds,
        surface=line.surface,
        id=line.id.decode(),
        method=line.method,
        path=line.path.decode("latin-1"),
        status=line.status,
        ms=round(line.duration * 1000, 3),
        **reason,
    )


def _request_as_text(line: RequestLine, seconds: float) -> str:
    # A path that was read as HTTP is printable; what a client chose otherwise may not be, and must
    # not start a line of its own.
    reason = f"  {line.reason.encode('unicode_escape').decode()}" if line.reason else ""
    return (
        f"{_moment(seconds)} {line.surface} {line.id.decode()} {line.method}"
        f" {line.path.decode()} {line.status} {line.duration * 1000:.2f}ms{reason}"
    )


_WRITERS: dict[LogFormat, Callable[[RequestLine, float], str]] = {
    "text": _request_as_text,
    "json": _request_as_json,
}


class RequestLog:
    """Collects lines; `flush` writes them. One per emulator."""

    def __init__(self, form: LogFormat, stream: TextIO | None = None) -> None:
        self._write = _WRITERS[form]
        self._stream = stream or sys.stderr
        self._lines: list[RequestLine] = []

    def add(self, line: RequestLine) -> None:
        """Note an answered request. Call it on the event loop."""
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
        self._lines.append(line)

    def flush(self) -> None:
        """Write what was collected."""
        lines, self._lines = self._lines, []
        if lines:
            # The machine's clock, whatever the emulated one says.
            start = time.time() - time.perf_counter()
            texts = [self._write(line, start + line.ended) for line in lines]
            self._stream.write("\n".join([*texts, ""]))
            self._stream.flush()


class _EventFormatter(logging.Formatter):
    """Writes what else happens (start, stop, a defect) in the same form as the requests."""

    def __init__(self, form: LogFormat) -> None:
        super().__init__()
        self._form = form

    @override
    def format(self, record: logging.LogRecord) -> str:
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        message, level = record.getMessage(), record.levelname.lower()
        if self._form == "json":
            trace_field = {"trace": trace} if trace else {}
            return _as_json(level, message, record.created, logger=record.name, **trace_field)
        line = f"{_moment(record.created)} {level} {record.name}: {message}"
        return f"{line}\n{trace}" if trace else line


def configure_event_log(form: LogFormat) -> None:
    """Send the events of this process to standard error. For a process that is an emulator."""
    handler = logging.StreamHandler()
    handler.setFormatter(_EventFormatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mockserver").setLevel(logging.INFO)
    # uvicorn warns of each malformed request; the request log has a line for it.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)

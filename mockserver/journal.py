"""What was called last, and what was answered? Whole calls, for an HTTP archive (HAR 1.2).

Kept only if asked for, and never more than so many megabytes: the oldest calls go first, and the
archive says how many have gone. No key that the emulator knows is in an archive, wherever it stood,
nor what stands where keys stand.
"""

import base64
import re
import time
from asyncio import timeout
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

_OVERHEAD = 1000
"""Bytes that a call takes beside its bodies, its headers and its address."""
_PATIENCE = 0.05
"""Seconds that an answer is held back for the rest of a body that nobody has read."""
_MASK = "[key]"
_KEY_HEADERS = {"authorization", "ocp-apim-subscription-key"}
_PLACES_OF_KEYS = (
    r"(?<=AccountKey=)[^;\"&\s]+"
    r"|(?:(?<=[?&\"]sig=)|(?<=u0026sig=))[^&\"\s]+"  # as .NET writes an ampersand in JSON
    r"|(?<=[?&]subscription-key=)[^&\s]+"
)


class JournalCall(msgspec.Struct):
    """One call. `started` is in seconds since the epoch, `duration` in seconds."""

    surface: str
    started: float
    method: str
    target: bytes
    version: str
    headers: Headers
    body: bytes
    status: int = 0
    """0 where no answer came."""
    reply_headers: Headers = []
    reply_body: bytes = b""
    duration: float = 0.0

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        headers = sum(len(name) + len(value) for name, value in self.headers + self.reply_headers)
        return _OVERHEAD + len(self.target) + len(self.body) + len(self.reply_body) + headers


class Journal:
    """The last calls, `limit` bytes of them at most."""

    def __init__(self, limit: int, keys: Iterable[str] = ()) -> None:
        """`keys` are those that no archive may hold."""
        self.limit = limit
        known = {form for key in keys for form in (key, quote(key, safe=""), quote(key))}
        secrets = sorted(map(re.escape, filter(None, known)), key=len, reverse=True)
        self._keys = re.compile("|".join((*secrets, _PLACES_OF_KEYS)), re.IGNORECASE)
        self.forgotten = 0
        """Calls that are kept no longer, or were too large to be kept at all."""
        self._calls: deque[JournalCall] = deque()
        self._size = 0

    def clear(self) -> None:
        """Forget every call."""
        self._calls.clear()
        self._size = self.forgotten = 0

    def add(self, call: JournalCall) -> None:
        """Keep a call, and forget old ones for it."""
        size = call.size
        if size > self.limit:
            self.forgotten += 1
            return
        self._calls.append(call)
        self._size += size
        while self._size > self.limit:
            self._size -= self._calls.popleft().size
            self.forgotten += 1

    def as_har(self, surface: str, address: str) -> dict[str, Any]:
        """Return what was called on one surface, whose address is `address`, oldest first."""
        calls = [call for call in tuple(self._calls) if call.surface == surface]
        log: dict[str, Any] = {
            "version": "1.2",
            "creator": {"name": "mockserver", "version": "1"},
            "entries": [_entry(call, address, self._keys) for call in calls],
        }
        if self.forgotten:
            log["comment"] = f"{self.forgotten} more calls, of all surfaces, are not kept any more"
        return {"log": log}


def journal_of(megabytes: int, keys: Iterable[str]) -> Journal | None:
    """Return a journal of this size, or none at all for 0."""
    return Journal(megabytes << 20, keys) if megabytes else None


class Journalled:
    """The ASGI app of a surface, with every call written down but those below `left_out`."""

    def __init__(self, app: ASGIApp, name: str, journal: Journal, left_out: str) -> None:
        self._app = app
        self._name = name
        self._journal = journal
        self._left_out = left_out

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._left_out):
            await self._app(scope, receive, send)
            return
        call = _call(self._name, scope)
        listener = _Listener(call, receive, send, self._journal.limit)
        begun = time.perf_counter()
        try:
            await self._app(scope, listener.receive, listener.send)
        finally:
            call.duration = time.perf_counter() - begun
            call.body, call.reply_body = bytes(listener.asked), bytes(listener.answered)
            self._journal.add(call)


def _call(surface: str, scope: Scope) -> JournalCall:
    """Return a call as far as its head says it."""
    query = scope["query_string"]
    return JournalCall(
        surface,
        time.time(),
        scope["method"],
        scope["raw_path"] + (b"?" + query if query else b""),
        scope["http_version"],
        list(scope["headers"]),
        b"",
    )


class _Listener:
    """Hears what an app is told and what it answers, one call long."""

    def __init__(self, call: JournalCall, receive: Receive, send: Send, limit: int) -> None:
        self.asked, self.answered = bytearray(), bytearray()
        self._call = call
        self._receive, self._send = receive, send
        self._limit = limit
        self._unread: deque[Message] = deque()
        self._is_whole = False

    async def receive(self) -> Message:
        """Return what the app has not been told yet."""
        return self._unread.popleft() if self._unread else await self._next()

    async def send(self, message: Message) -> None:
        """Pass on what the app answers."""
        if message["type"] == "http.response.start":
            await self._hear_the_rest()
            self._call.status = message["status"]
            # A copy: whoever passes the message on may still add to it.
            self._call.reply_headers = [(bytes(n), bytes(v)) for n, v in message["headers"]]
        self._keep(self.answered, message)
        await self._send(message)

    async def _hear_the_rest(self) -> None:
        """Hear the body of a call that is refused for its head: mostly it is there already."""
        if self._is_whole or _awaits_consent(self._call):
            return
        with suppress(TimeoutError):
            async with timeout(_PATIENCE):
                while not self._is_whole:
                    self._unread.append(await self._next())

    async def _next(self) -> Message:
        message = await self._receive()
        self._is_whole = not message.get("more_body", False)
        self._keep(self.asked, message)
        return message

    def _keep(self, body: bytearray, message: Message) -> None:
        # One that is too large already is not kept, so there is no need for the rest.
        if len(body) <= self._limit:
            body.extend(message.get("body", b""))


def _awaits_consent(call: JournalCall) -> bool:
    """Whether a client sends its body only if it is asked to; then we must not ask."""
    return any(name == b"expect" for name, _ in call.headers)


def _entry(call: JournalCall, address: str, keys: re.Pattern[str]) -> dict[str, Any]:
    target = keys.sub(_MASK, call.target.decode("latin-1"))
    took = round(call.duration * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(call.started, UTC).isoformat(
            timespec="milliseconds"
        ),
        "time": took,
        "request": {
            "method": call.method,
            "url": address + target,
            "httpVersion": f"HTTP/{call.version}",
            "cookies": [],
            "headers": list(_headers(call.headers, keys)),
            "queryString": [
                {"name": name, "value": value}
                for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True)
            ],
            "headersSize": -1,
            "bodySize": len(call.body),
            **({"postData": _content(call.headers, call.body, keys)} if call.body else {}),
        },
        "response": {
            "status": call.status,
            "statusText": _phrase(call.status),
            "httpVersion": f"HTTP/{call.version}",
            "cookies": [],
            "headers": list(_headers(call.reply_headers, keys)),
            "content": {
                "size": len(call.reply_body),
                **_content(call.reply_headers, call.reply_body, keys),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(call.reply_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
    }


def _headers(headers: Headers, keys: re.Pattern[str]) -> Iterator[dict[str, str]]:
    for name, value in headers:
        written = name.decode("latin-1")
        is_key = written.lower() in _KEY_HEADERS
        shown = _MASK if is_key else keys.sub(_MASK, value.decode("latin-1"))
        yield {"name": written, "value": shown}


def _content(headers: Headers, body: bytes, keys: re.Pattern[str]) -> dict[str, str]:
    """Return a body as an archive writes it: as text, or in base64 where it is none."""
    types = (value.decode("latin-1") for name, value in headers if name.lower() == b"content-type")
    kind = {"mimeType": next(types, "")}
    try:
        return {**kind, "text": keys.sub(_MASK, body.decode())}
    except UnicodeDecodeError:
        return {**kind, "text": base64.b64encode(body).decode(), "encoding": "base64"}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""

"""How does the blob service answer a request?

Address, operation, authorization, answer: each refusal on the way becomes Azure's XML.
"""

import errno
import logging
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import perf_counter
from typing import cast

from starlette.types import Receive, Scope, Send

from mockserver.blobserver.authorization import authorize
from mockserver.blobserver.errors import CallerGone, Refusal
from mockserver.blobserver.operations import find_operation
from mockserver.blobserver.reply import Header, Reply, Stream, refuse
from mockserver.blobserver.request import is_version, read_request
from mockserver.blobserver.store import BlobStore
from mockserver.blobserver.transfer import Service
from mockserver.request_log import RequestLine, RequestLog, request_ids

_THREADS = 16
_LATEST_VERSION = b"2025-11-05"
_NOT_MODIFIED = 304
_FIRST_ERROR = 400
_CLOSED_BY_CALLER = 499
_LONGEST_CLIENT_ID = 1024
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_logger = logging.getLogger("mockserver.blobs")


class BlobSurface:
    """The ASGI app of the storage surface. `keys` are the accounts and their Base64 keys."""

    writes_date = False
    half_closed_seconds: float | None = None

    def __init__(
        self,
        store: BlobStore,
        keys: Mapping[str, str],
        now: Callable[[], float],
        log: RequestLog,
    ) -> None:
        self._keys = keys
        self._now = now
        self._log = log
        self.threads = ThreadPoolExecutor(_THREADS, "blobs")
        self._service = Service(store, self.threads)
        self._request_ids = request_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = perf_counter()
        request_id = next(self._request_ids)
        status, reason = await self._respond(scope, receive, send, request_id)
        ended = perf_counter()
        self._log.add(
            RequestLine(
                ended,
                "storage",
                request_id,
                scope["method"],
                scope["raw_path"],
                status,
                ended - started,
                reason,
            )
        )

    def refuse_unreadable(self) -> tuple[list[Header], bytes]:
        """Return headers and body for bytes that are no HTTP request, and log them."""
        request_id = next(self._request_ids)
        reply = refuse(Refusal("InvalidUri"), request_id, self._now())
        self._log.add(
            RequestLine(perf_counter(), "storage", request_id, "-", b"-", 400, 0.0, "not HTTP")
        )
        return [*reply.headers, (b"x-ms-request-id", request_id)], cast("bytes", reply.body)

    async def _respond(
        self, scope: Scope, receive: Receive, send: Send, request_id: bytes
    ) -> tuple[int, str]:
        """Answer a request; return the status and, if it was refused, why."""
        reason = ""
        try:
            reply = await self._answer(scope, receive)
        except CallerGone:
            return _CLOSED_BY_CALLER, "the connection was closed within the request"
        except (Exception, CancelledError) as error:  # noqa: BLE001  the client gets Azure's XML
            refusal = _as_refusal(error, request_id)
            with_body = scope["method"] != "HEAD"
            reply = refuse(refusal, request_id, self._now(), with_body=with_body)
            reason = refusal.reason
        try:
            await self._send(scope, reply, request_id, receive, send)
        except Exception:
            # The head is out: all that is left is to return, and the connection is closed.
            _logger.exception("the answer to %s broke off", request_id.decode())
            reason = "the answer broke off"
        return reply.status, reason

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        request = read_request(scope, receive, self._keys.__contains__)
        operation = find_operation(request)
        authorize(request, self._keys, operation.need, self._now())
        return await operation.answer(self._service, request)

    async def _send(
        self, scope: Scope, reply: Reply, request_id: bytes, receive: Receive, send: Send
    ) -> None:
        sent = dict(scope["headers"])
        headers = [
            *reply.headers,
            (b"x-ms-request-id", request_id),
            (b"x-ms-version", _version(sent.get(b"x-ms-version", b""))),
        ]
        if client_id := sent.get(b"x-ms-client-request-id"):
            headers.append((b"x-ms-client-request-id", client_id[:_LONGEST_CLIENT_ID]))
        if b"expect" in sent and reply.status >= _FIRST_ERROR:
            # The client may now leave out the body that it announced: nobody knows where the next
            # request would begin.
            headers.append((b"connection", b"close"))
        body = reply.body
        start = {"type": "http.response.start", "status": reply.status, "headers": headers}
        if isinstance(body, Stream):
            with closing(body.file):
                await send(start)
                await self._service.send_stream(body, receive, send)
            return
        if reply.status != _NOT_MODIFIED and not _has_length(reply):
            headers.append((b"content-length", b"%d" % len(body)))
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _has_length(reply: Reply) -> bool:
    return any(name == b"content-length" for name, _ in reply.headers)


def _version(sent: bytes) -> bytes:
    """Return the version that an answer names: the one that was asked for."""
    return sent if is_version(sent.decode("latin-1")) else _LATEST_VERSION


def _as_refusal(error: BaseException, request_id: bytes) -> Refusal:
    """Word what went wrong; a mistake of ours is logged with its traceback."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, CancelledError):
        return Refusal("ServerBusy", reason="the emulator was stopped")
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return Refusal("InsufficientStorage", reason=str(error))
    if isinstance(error, OSError):
        _logger.error("request %s: %s", request_id.decode(), error)
        return Refusal("InternalError", reason=str(error))
    _logger.error("defect in request %s", request_id.decode(), exc_info=error)
    return Refusal("InternalError", reason="a defect of the emulator")

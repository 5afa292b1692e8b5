"""How does a request find its handler, and how does every answer leave? The whole order.

FastAPI carries the surface. One path is shorter: an RRS call to a known address is looked up in a
table made at start and goes straight to its handler, past FastAPI's middleware and router
(ADR 0007 has the figures). Everything leaves through `ServicesSurface`: with a request id, as an
envelope if it failed, and with a line in the log.
"""

import logging
import re
from asyncio import CancelledError
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import cast

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockserver.backend.batch import BatchCalls
from mockserver.backend.execute import Executor
from mockserver.backend.failures import (
    InternalFault,
    RequestNotReadable,
    ServiceIdNotValid,
    ServiceStopping,
    UnknownPath,
    VerbNotSupported,
)
from mockserver.backend.query import check_version, read_query
from mockserver.backend.reply import JSON_TYPE, Reply, refuse
from mockserver.backend.served_endpoint import ServedEndpoint
from mockserver.backend.swagger import swagger_document
from mockserver.failures import Failure
from mockserver.request_log import RequestLine, RequestLog, request_ids
from mockserver.settings import Settings
from mockserver.workspace.model import Directory

SERVICE_PATH = "/workspaces/{workspace}/services/{service}"
_ADMIN_PATH = "/__admin/"
_GUID = re.compile("[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTENT_TYPE = (b"content-type", JSON_TYPE)
_logger = logging.getLogger("mockserver.services")


class ServicesSurface:
    """The ASGI app of the services surface."""

    writes_date = False
    half_closed_seconds: float | None = None

    def __init__(
        self,
        directory: Directory,
        settings: Settings,
        log: RequestLog,
        batch: BatchCalls,
        admin: ASGIApp | None = None,
    ) -> None:
        self._directory = directory
        self._batch = batch
        self._admin = admin
        self._log = log
        self._endpoints = [ServedEndpoint(published) for published in directory.published]
        self._by_id = {served.published.endpoint.id: served for served in self._endpoints}
        self._execute_paths = {f"{served.path}/execute": served for served in self._endpoints}
        limits = (served.published.endpoint.max_concurrent_calls for served in self._endpoints)
        self.threads = ThreadPoolExecutor(sum(limits), "scoring")
        self._executor = Executor(settings, self.threads)
        self._request_ids = request_ids()
        self.api = self._build_api()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = perf_counter()
        request_id = next(self._request_ids)
        reason = ""
        endpoint = self._execute_paths.get(scope["path"])
        if endpoint is not None and scope["method"] == "POST":
            try:
                reply = await self._executor.execute(endpoint, scope, receive)
            except Failure as refusal:
                reply = refuse(refusal)
                reason = refusal.reason
            except CancelledError:
                reply = refuse(ServiceStopping())
                reason = "the emulator was stopped"
            except Exception as defect:  # noqa: BLE001  whatever it is, the client gets an envelope
                reply = _refuse_defect(defect, request_id)
            status = reply.status
            headers = [
                _CONTENT_TYPE,
                (b"content-length", b"%d" % len(reply.body)),
                (b"x-ms-request-id", request_id),
                *reply.headers,
            ]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body})
        else:
            status = await self._through_fastapi(scope, receive, send, request_id)
            reason = scope["failure"].reason if "failure" in scope else ""
        ended = perf_counter()
        self._log.add(
            RequestLine(
                ended,
                "services",
                request_id,
                scope["method"],
                scope["raw_path"],
                status,
                ended - started,
                reason,
            )
        )

    def refuse_unreadable(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Return headers and body for bytes that are no HTTP request, and log them."""
        request_id = next(self._request_ids)
        reply = refuse(RequestNotReadable())
        line = RequestLine(
            perf_counter(), "services", request_id, "-", b"-", reply.status, 0.0, "not HTTP"
        )
        self._log.add(line)
        return [_CONTENT_TYPE, (b"x-ms-request-id", request_id)], reply.body

    async def _through_fastapi(
        self, scope: Scope, receive: Receive, send: Send, request_id: bytes
    ) -> int:
        """Let FastAPI answer; return the status."""
        status, has_begun = 500, False

        async def send_with_id(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                message["headers"].append((b"x-ms-request-id", request_id))
            await send(message)

        scope["request_id"] = request_id
        is_admin = self._admin is not None and scope["path"].startswith(_ADMIN_PATH)
        api = self._admin if is_admin and self._admin else self.api
        try:
            await api(scope, receive, send_with_id)
        except CancelledError:
            if not has_begun:
                scope["failure"] = ServiceStopping()
                await refuse(ServiceStopping()).as_response()(scope, receive, send_with_id)
        except Exception:  # noqa: BLE001, S110  `_on_defect` has logged and answered it already
            pass
        return status

    def _build_api(self) -> FastAPI:
        api = FastAPI(openapi_url=None, redirect_slashes=False)

        async def execute(request: Request) -> Response:
            """RRS: an address that the table of known ones does not hold as it is written."""
            endpoint = self._find(request)
            reply = await self._executor.execute(endpoint, request.scope, request.receive)
            return reply.as_response()

        async def get_swagger_document(request: Request) -> Response:
            """Describe one endpoint to code generators; no key is asked for."""
            values = read_query(request.scope["query_string"])
            if "api-version" in values:
                check_version(values)
            host = request.headers.get("host", "localhost")
            document = swagger_document(self._find(request).published, host)
            return Reply(200, msgspec.json.encode(document)).as_response()

        api.post(f"{SERVICE_PATH}/execute", operation_id="execute")(execute)
        api.get(f"{SERVICE_PATH}/swagger.json", operation_id="get_swagger_document")(
            get_swagger_document
        )
        self._batch.add_routes(api, SERVICE_PATH, self._find)
        api.add_exception_handler(Failure, _on_failure)
        api.add_exception_handler(HTTPException, _on_http_exception)
        api.add_exception_handler(Exception, _on_defect)
        return api

    def _find(self, request: Request) -> ServedEndpoint:
        workspace, service = (request.path_params[name] for name in ("workspace", "service"))
        if not _GUID.fullmatch(service):
            raise ServiceIdNotValid(reason=f"{service[:64]!r} is not a GUID")
        published = self._directory.find(_plain_guid(workspace), _plain_guid(service))
        return self._by_id[published.endpoint.id]


def _plain_guid(text: str) -> str:
    """Return a GUID as it stands in addresses: 32 lower-case hex digits."""
    return text.lower().replace("-", "")


async def _on_failure(request: Request, failure: Exception) -> Response:
    refusal = cast("Failure", failure)
    request.scope["failure"] = refusal
    return refuse(refusal).as_response()


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the router itself refuses: an unknown path, a wrong verb."""
    del error
    verbs = verbs_of(request)
    failure = VerbNotSupported(request.method, verbs) if verbs else UnknownPath()
    return await _on_failure(request, failure)


def verbs_of(request: Request) -> tuple[str, ...]:
    """Return every verb that some route has for this path: a router knows only one route's."""
    routes = request.app.routes
    found = (route for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return tuple(sorted({verb for route in found for verb in route.methods}))


async def _on_defect(request: Request, defect: Exception) -> Response:
    return _refuse_defect(defect, request.scope["request_id"]).as_response()


def _refuse_defect(defect: Exception, request_id: bytes) -> Reply:
    """Log a mistake of ours with its traceback; the client learns that there was one."""
    _logger.error("defect in request %s", request_id.decode(), exc_info=defect)
    return refuse(InternalFault())

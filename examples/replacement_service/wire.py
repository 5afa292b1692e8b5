"""What does every reply look like, and which calls may pass?"""

import json
import os
import re
from typing import Any
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

WORKSPACE, SERVICE = "a2b5c8d1e4f7a0b3c6d9e2f5a8b1c4d7", "f1e2d3c4b5a697880796a5b4c3d2e1f0"
KEY = os.environ.get("API_KEY", "replacement-key")
CLASSES = {
    "BadArgument": (400, "Invalid argument provided."),
    "BadUserArgument": (400, "Invalid user argument provided."),
    "InvalidOperation": (400, "The request is invalid in the current context."),
    "Unauthorized": (401, "Request is unauthorized to access resource."),
    "NotFound": (404, "Resource not found."),
    "MethodNotAllowed": (405, "The requested resource does not support this HTTP method."),
    "InternalError": (500, "Execution encountered an internal error."),
}


class Refused(Exception):
    """A call that gets an error: its class, its detail code, and what to say."""


def reply(content: Any = None, status: int = 200, headers: Any = None) -> Response:
    """Answer in JSON, or with nothing, and always under a request id."""
    body = b"" if content is None else json.dumps(content, separators=(",", ":")).encode()
    media_type = "application/json; charset=utf-8" if body else None
    return Response(body, status, {"x-ms-request-id": str(uuid4()), **(headers or {})}, media_type)


async def on_error(_: Request, error: Exception) -> Response:
    """Word an error as the service did, be it ours, Starlette's, or nobody's intention."""
    kind, code, text = "InternalError", "UnknownError", ""
    if isinstance(error, Refused):
        kind, code, text = error.args
    elif isinstance(error, HTTPException):
        kind, code = ("NotFound", "ResourceNotFound")
        if error.status_code == 405:
            kind = code = "MethodNotAllowed"
    status, message = CLASSES[kind]
    details = [{"code": code, "message": text}]
    content = {"error": {"code": kind, "message": message, "details": details}}
    return reply(content, status, getattr(error, "headers", None))


def check_call(request: Request, *, key: bool = True, version: bool = True) -> None:
    """Refuse a call to a wrong address, without the key, or to another version."""
    if not re.fullmatch("[0-9a-f]{32}", request.path_params["service"]):
        raise Refused("BadArgument", "WebServiceIdInvalid", "The service's id is no GUID.")
    if request.path_params["workspace"] != WORKSPACE:
        raise Refused("NotFound", "WorkspaceNotFound", "There is no such workspace.")
    if request.path_params["service"] != SERVICE:
        raise Refused("NotFound", "WebServiceNotFound", "There is no such service.")
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if key and (scheme.lower() != "bearer" or given.strip() != KEY):
        raise Refused("Unauthorized", "ScoreRequestUnauthorized", "Invalid credentials provided.")
    versions = set(request.query_params.getlist("api-version"))
    if versions != {"2.0"} and (version or versions):
        raise Refused("BadArgument", "BadVersionCall", "The api-version is not 2.0.")


def read_object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body.decode("utf-8-sig"))
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("GlobalParameters") or {}, dict):
        raise Refused("BadArgument", "RequestBodyInvalid", "The body is not what it must be.")
    if content.get("GlobalParameters"):
        raise Refused("BadUserArgument", "UnexpectedParameter", "The service has no parameters.")
    return content

"""`<set-backend-service>`: the call goes to another backend."""

import re
from dataclasses import replace
from typing import Self
from urllib.parse import urlsplit

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.message import Request
from mockserver.gateway.model import Backend
from mockserver.gateway.policies.set_query_parameter import changed
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "set-backend-service replaces the service URL by another one, or by that of a backend;"
        " path and query stay.",
        Evidence.PUBLISHED,
        "the page on set-backend-service",
    ),
    Fact(
        "Once a backend-id is set, a base-url has no effect any more; another backend-id has.",
        Evidence.ASSUMED,
        "the page says so of an inherited backend-id; of one in the same document it says nothing",
    ),
    Fact(
        "Headers and query parameters of a backend replace those of the request.",
        Evidence.ASSUMED,
        "a request with the same header on a live gateway would settle it",
    ),
)

_FABRIC = (
    *("sf-resolve-condition", "sf-service-instance-name", "sf-partition-key"),
    *("sf-replica-type", "sf-listener-name"),
)
_BASE = re.compile(r"https?://[^\s/?#@\\]+(/[^\s?#\\]*)?", re.IGNORECASE)


class SetBackendService(Policy):
    """Says where the request goes. Whether it may go there is decided when it is forwarded."""

    sections = ("inbound", "backend")
    attributes = tuple(
        Attribute(name=name, expressions=True) for name in ("base-url", "backend-id", *_FABRIC)
    )

    def __init__(self, where: Value, *, is_backend: bool) -> None:
        self._where, self._is_backend = where, is_backend

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        for name in _FABRIC:
            if given.get(name) is not None:
                raise PolicyNotUsable(f"'{name}': Service Fabric is not supported")
        base, backend = given.get("base-url"), given.get("backend-id")
        if (base is None) == (backend is None):
            raise PolicyNotUsable("either 'base-url' or 'backend-id' is needed, and not both")
        if base is not None and base.fixed is not None and not _is_base(base.fixed):
            raise PolicyNotUsable(_no_base(base.fixed))
        known = reader.library.backends
        if backend is not None and backend.fixed is not None and backend.fixed not in known:
            raise PolicyNotUsable(_no_backend(backend.fixed))
        return cls(base or given["backend-id"], is_backend=base is None)

    @override
    async def run(self, call: Call) -> None:
        where = await self._where.text(call)
        if self._is_backend:
            backend = call.runtime.backends.get(where)
            if backend is None:
                raise ExpressionFailed(_no_backend(where))
            call.backend_id, call.request.url.base = where, backend.url.rstrip("/")
            return
        if not _is_base(where):
            raise ExpressionFailed(_no_base(where))
        if not call.backend_id:
            call.request.url.base = where.rstrip("/")


def with_credentials(request: Request, backend: Backend) -> Request:
    """Return a request with the headers and the query that its backend asks for.

    It is another one, so policies do not see them, and the next backend does not get them.
    """
    headers, url = request.headers.copy(), replace(request.url)
    for name, value in backend.headers.items():
        headers.popall(name, None)
        headers.add(name, value)
    for name, value in backend.query.items():
        url.query = changed(url.query, name, [value], "override")
    return replace(request, headers=headers, url=url)


def _is_base(text: str) -> bool:
    if not _BASE.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _no_base(text: str) -> str:
    return f"base-url: {text[:100]!r} is no http or https address without query"


def _no_backend(name: str) -> str:
    return f"there is no backend '{name[:80]}'"


POLICY = SetBackendService

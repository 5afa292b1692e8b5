"""How does the gateway handle a call? The whole order.

Address, key, policies, answer; then a line in the log and a row in the gateway's own. It is a plain
ASGI app: API Management's way to match addresses is its own, so no framework's router would do
(ADR 0014).
"""

import re
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache
from itertools import count
from time import perf_counter
from typing import cast
from uuid import uuid4

from starlette.types import Receive, Scope, Send

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.answers import answer, envelope, key_invalid, key_missing, not_found
from mockserver.gateway.build import Plan
from mockserver.gateway.call import Call
from mockserver.gateway.errors import BackendFault, GatewayFailure, LastError, internal
from mockserver.gateway.incoming import ClientGone, Incoming
from mockserver.gateway.keys import NOBODY, KeyInvalid, KeyMissing, KeyRing
from mockserver.gateway.log import GatewayLog, row_of
from mockserver.gateway.message import HOP_BY_HOP, Body, Headers, Response
from mockserver.gateway.pipeline import handle
from mockserver.gateway.policy import SECTIONS
from mockserver.gateway.routing import NOWHERE, Route, Router
from mockserver.gateway.runtime import Runtime
from mockserver.gateway.sections import Effective
from mockserver.gateway.traces import Traces
from mockserver.request_log import RequestLine, RequestLog

FACTS = (
    Fact(
        "The address is matched before the key is looked at, and the key before any policy runs.",
        Evidence.ASSUMED,
        "a public probe got 404 without a key; the order of key and policies was not recorded",
    ),
    Fact(
        "on-error runs for the gateway's own refusals: that of the operation for a key, the global"
        " one for an address that matches nothing. What a backend answers does not enter it.",
        Evidence.ASSUMED,
        "the table of predefined errors names both; which scopes run was not recorded",
    ),
    Fact(
        "A browser's preflight request is answered by the cors policy of the operation that it asks"
        " for, without a key; nothing else runs.",
        Evidence.PUBLISHED,
        "the page on cors",
    ),
    Fact(
        "Bytes that are no HTTP are answered 400 in the gateway's envelope.",
        Evidence.ASSUMED,
        "malformed requests to a live gateway would settle it",
    ),
)

_GONE = 499
_JSON = (b"content-type", b"application/json")
_PREFLIGHT = {"origin", "access-control-request-method"}
_BODILESS = (204, 304)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OF_THE_CONNECTION = HOP_BY_HOP | {"content-length"}
_CLIENT_GONE = LastError("client", "ClientConnectionFailure", "The client closed its connection.")
_STOPPED = internal("gateway", "ServiceStopping", "The emulator was stopped.")


class Refused(Exception):
    """A call that does not get as far as its policies; those of on-error still run."""

    def __init__(self, failure: GatewayFailure, policies: Effective) -> None:
        super().__init__(failure.told)
        self.failure, self.policies = failure, policies


def _call_ids() -> Iterator[str]:
    """Yield GUIDs: a random beginning, then a number."""
    start = str(uuid4())[:24]
    return (f"{start}{number:012x}" for number in count(1))


class GatewaySurface:
    """The ASGI app of the gateway surface."""

    writes_date = True
    half_closed_seconds: float | None = 2.0

    def __init__(
        self, plan: Plan, runtime: Runtime, log: RequestLog, gateway_log: GatewayLog
    ) -> None:
        self.plan = plan
        self._runtime = runtime
        self._router = Router(plan.model)
        self.keys = KeyRing(plan.model)
        self._request_log = log
        self.log = gateway_log
        self.traces = Traces(plan.declaration, runtime.now)
        self._ids = _call_ids()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        incoming = Incoming(scope, receive)
        call = Call(
            next(self._ids),
            self._runtime,
            NOWHERE,
            NOBODY,
            incoming.request,
            incoming.original_url,
            self._runtime.now(),
        )
        status = size = 0
        incoming.watch(self._runtime.deadlines)
        try:
            response = await self._respond(call, incoming, scope)
            status = response.status
            size = await _send(call, response, incoming.method, send)
        except CancelledError:
            call.last_error = _CLIENT_GONE if incoming.is_gone else _STOPPED.error
            if not incoming.is_gone and not status:  # a stop does not wait longer
                status, response = 500, answer(_STOPPED, call.id)
                size = await _send(call, response, incoming.method, send)
        except ClientGone:
            call.last_error = _CLIENT_GONE
        finally:
            incoming.unwatch()
            call.received, call.sent = incoming.received, max(call.sent, size)
            for done in call.at_end:
                done()
            self._note(call, incoming, 0 if incoming.is_gone else status)

    def reset(self) -> None:
        """Forget every count and every row."""
        self._runtime.memory.clear()
        self._runtime.quotas.reset()
        self.keys.reset()
        self.log.clear()
        self.traces.clear()

    def close(self) -> None:
        """Close the connections to backends, and write out what is still to be written."""
        self._runtime.close()
        self._runtime.quotas.close()
        self.log.flush()

    def refuse_unreadable(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Return headers and body for bytes that are no HTTP request, and log them."""
        ended, number = perf_counter(), next(self._ids).encode()
        self._request_log.add(
            RequestLine(ended, "gateway", number, "-", b"-", 400, 0.0, "not HTTP")
        )
        date = _date(int(self._runtime.now()))
        return [_JSON, (b"date", date)], envelope(400, "Bad Request")

    async def _respond(self, call: Call, incoming: Incoming, scope: Scope) -> Response:
        """Return the answer to a call. Raises ClientGone."""
        refused: GatewayFailure | None = None
        try:
            policies = self._route(call, scope)
        except Refused as refusal:
            refused, policies = refusal.failure, refusal.policies
        else:
            await incoming.take_body()
        self.traces.begin(call)
        response = await handle(call, policies, refused)
        if incoming.is_gone:
            raise ClientGone
        if _has_control(response.headers):
            failure = internal("gateway", "HeaderNotValid", "A header holds a control character.")
            call.last_error, response = failure.error, answer(failure, call.id)
        return response

    def _route(self, call: Call, scope: Scope) -> Effective:
        """Find the operation and see who calls; return the policies. Raises GatewayFailure."""
        request = call.request
        query = scope["query_string"]
        raw_path = scope["raw_path"]
        route = self._router.find(request.method, raw_path, query)
        if route is None:
            if request.method == "OPTIONS" and request.headers.keys() >= _PREFLIGHT:
                policies = self._preflight(call, raw_path, query)
                if policies is not None:
                    return policies
            raise Refused(not_found(), self.plan.everywhere)
        self._enter(call, route)
        without_product = self.plan.policies[route.api.id, route.operation.id, None]
        try:
            call.caller = self.keys.admit(route.api, request.headers, query)
        except (KeyMissing, KeyInvalid) as error:
            address = f"https://{request.headers.get('host', '')}/{route.api.path}"
            word = key_missing if isinstance(error, KeyMissing) else key_invalid
            raise Refused(word(address, route.api.key_names.header), without_product) from None
        product = call.caller.product
        if product is None:
            return without_product
        return self.plan.policies[route.api.id, route.operation.id, product.id]

    def _preflight(self, call: Call, raw_path: bytes, query: bytes) -> Effective | None:
        """Return the cors policies for what a browser wants to send, None if there are none."""
        wanted = call.request.headers["access-control-request-method"]
        route = self._router.find(wanted, raw_path, query)
        if route is None:
            return None
        product = None
        with suppress(KeyMissing, KeyInvalid):  # a browser sends the header later, but a query now
            product = self.keys.admit(route.api, call.request.headers, query).product
        identifier = product.id if product is not None else None
        policies = self.plan.policies[route.api.id, route.operation.id, identifier]
        cors = tuple(policy for policy in policies["inbound"] if policy.name == "cors")
        if not cors:
            return None
        self._enter(call, route)
        return {**dict.fromkeys(SECTIONS, ()), "inbound": cors}

    def _enter(self, call: Call, route: Route) -> None:
        call.route = route
        call.request.url.base = route.api.service_url
        call.request.url.path = route.rest

    def _note(self, call: Call, incoming: Incoming, status: int) -> None:
        """Write the call down, in both logs."""
        ended = perf_counter()
        error = call.last_error
        self._request_log.add(
            RequestLine(
                ended,
                "gateway",
                call.id.encode(),
                incoming.method,
                incoming.original_url.path.encode("latin-1"),
                status or _GONE,
                ended - call.begun,
                "" if error is None else f"{error.source}: {error.reason}",
            )
        )
        self.log.add(row_of(call, incoming.method, status, incoming.received, call.sent))


def _has_control(headers: Headers) -> bool:
    """Say whether a header holds a control character; nearly always it is clear that none does."""
    text = "".join([*headers.keys(), *headers.values()])
    return not text.isprintable() and _CONTROL.search(text) is not None


async def _send(call: Call, response: Response, method: str, send: Send) -> int:
    """Send a response; return how many bytes its body had."""
    body, status = response.body, response.status
    has_body = method != "HEAD" and status not in _BODILESS
    headers = _headers(response, call.runtime.now, has_body=has_body, method=method)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if has_body and body.content is None:
        return await _send_stream(call, body, send)
    content = body.content or b"" if has_body else b""
    await send({"type": "http.response.body", "body": content})
    return len(content)


def _headers(
    response: Response, now: Callable[[], float], *, has_body: bool, method: str
) -> list[tuple[bytes, bytes]]:
    headers = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
        if name.lower() not in _OF_THE_CONNECTION
    ]
    if "date" not in response.headers:
        headers.append((b"date", _date(int(now()))))
    body = response.body
    length = body.length if body.content is None else len(body.content)
    if has_body and length is not None:
        headers.append((b"content-length", b"%d" % length))
    elif method == "HEAD":
        # The length is that of the body which is left out.
        told = response.headers.get("content-length") or str(length or "")
        if told:
            headers.append((b"content-length", told.encode("latin-1", "replace")))
    return headers


async def _send_stream(call: Call, body: Body, send: Send) -> int:
    size = 0
    try:
        async for piece in cast("AsyncIterator[bytes]", body.stream):
            size += len(piece)
            call.sent = size
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except BackendFault as fault:
        # The head is out: all that is left is to return, and the connection is closed.
        call.last_error = LastError("forward-request", fault.reason, str(fault))
        return size
    await send({"type": "http.response.body", "body": b""})
    return size


@lru_cache(maxsize=4)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()

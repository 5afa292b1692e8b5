"""`<forward-request>`: the call goes to the backend. Without it, none is called."""

from time import perf_counter
from typing import Self
from urllib.parse import urljoin, urlsplit

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import (
    INTERNAL,
    BackendFault,
    GatewayFailure,
    LastError,
    internal,
)
from mockserver.gateway.message import Body, Request, Response, Url
from mockserver.gateway.policies.set_backend_service import with_credentials
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "A backend has 300 s for the head of its response, or as long as `timeout` says; after that"
        " the answer is 500. Redirects are not followed, unless `follow-redirects` says so.",
        Evidence.PUBLISHED,
        "the page on forward-request; the body of the 500 was captured",
    ),
    Fact(
        "With fail-on-error-status-code a status from 400 to 599 goes to on-error; without on-error"
        " the client gets it as 500.",
        Evidence.ASSUMED,
        "the page names the former; what the client gets was not recorded",
    ),
)
_DEFAULT_SECONDS = "300"
_SWITCHES = ("follow-redirects", "buffer-request-body", "fail-on-error-status-code")
_MOST_REDIRECTS = 10
_FIRST_ERROR, _LAST_ERROR = 400, 599
_SAME_METHOD = (307, 308)
_REDIRECTS = (301, 302, 303, *_SAME_METHOD)


class ForwardRequest(Policy):
    """Sends the request on and takes the response."""

    sections = ("backend",)
    attributes = (
        Attribute(
            name="timeout", kind="whole", default=_DEFAULT_SECONDS, most=1800, expressions=True
        ),
        Attribute(name="timeout-ms", kind="whole", expressions=True),
        Attribute(name="continue-timeout", kind="whole", expressions=True),
        Attribute(name="http-version", kind="choice", default="1", choices=("1", "2or1", "2")),
        *(Attribute(name=name, kind="boolean", default="false") for name in _SWITCHES),
        Attribute(name="buffer-response", kind="boolean", default="true"),
    )

    def __init__(self, seconds: Value, milliseconds: Value | None) -> None:
        self._seconds, self._milliseconds = seconds, milliseconds
        self._known_seconds: float | None = None
        """How long the backend has, if that is the same for every call."""
        if milliseconds is None and seconds.fixed is not None:
            self._known_seconds = float(seconds.fixed)
        self._follows = self._buffers = self._fails = False

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        if "timeout" in element.attributes and "timeout-ms" in element.attributes:
            raise PolicyNotUsable("either 'timeout' or 'timeout-ms', not both")
        if given.text("http-version") == "2":
            raise PolicyNotUsable(
                "backends are called with HTTP/1.1; http-version 2 is not supported"
            )
        policy = cls(given["timeout"], given.get("timeout-ms"))
        policy._follows, policy._buffers, policy._fails = (given.flag(name) for name in _SWITCHES)
        return policy

    @override
    async def run(self, call: Call) -> None:
        seconds = self._known_seconds
        if seconds is None:
            seconds = await self._computed_seconds(call)
        request = call.request
        if self._buffers:
            await request.body.load(call.runtime.max_buffered_bytes)
        if call.response is not None and call.response.body.release is not None:
            call.response.body.release()  # nobody reads what a retry replaces
        begun = perf_counter()
        call.backend_url, call.backend_method = str(request.url), request.method
        call.backend_status = None
        try:
            response = await self._send(call, seconds)
        except BackendFault as fault:
            message = str(fault)
            raise internal("forward-request", fault.reason, message) from fault
        finally:
            call.backend_seconds += perf_counter() - begun
            if not request.body.is_buffered:
                request.body = Body()  # it was sent, and cannot be sent again
        call.response, call.backend_status = response, response.status
        if self._fails and _FIRST_ERROR <= response.status <= _LAST_ERROR:
            message = f"The backend answered with status {response.status}."
            error = LastError("forward-request", "BackendStatusCode", message)
            raise GatewayFailure(500, error, INTERNAL)

    async def _computed_seconds(self, call: Call) -> float:
        if self._milliseconds is None:
            return float(await self._seconds.whole(call))
        return await self._milliseconds.whole(call) / 1000

    async def _send(self, call: Call, seconds: float) -> Response:
        """Send the request, and after redirects again. Raises BackendFault."""
        runtime = call.runtime
        backend = runtime.backends.get(call.backend_id)
        for _ in range(_MOST_REDIRECTS):
            request = call.request if backend is None else with_credentials(call.request, backend)
            if call.trace is not None:
                call.trace.forward(self.name, request, seconds)
            response = await runtime.forwarder.send(request, seconds)
            if call.trace is not None:
                call.trace.answered(self.name, response)
            if response.body.release is not None:
                call.at_end.append(response.body.release)
            location = response.headers.get("location")
            if not self._follows or response.status not in _REDIRECTS or not location:
                return response
            if response.body.release is not None:
                response.body.release()
            backend = None  # what it asks for is nobody else's business
            if response.status in _SAME_METHOD and call.request.body.content is None:
                problem = "A body that is not buffered cannot be sent again after a redirect"
                raise BackendFault("BackendConnectionFailure", problem)
            _redirect(call.request, location, keeps_method=response.status in _SAME_METHOD)
        raise BackendFault("BackendConnectionFailure", "The backend redirects without an end")


def _redirect(request: Request, location: str, *, keeps_method: bool) -> None:
    """Let a request go where a redirect points to."""
    try:
        parts = urlsplit(urljoin(str(request.url), location))
    except ValueError as error:
        raise BackendFault("BackendConnectionFailure", f"Location: {error}") from error
    request.url = Url(f"{parts.scheme}://{parts.netloc}", parts.path, parts.query)
    if not keeps_method and request.method not in ("GET", "HEAD"):
        request.method, request.body = "GET", Body()


POLICY = ForwardRequest

"""`<send-request>`: another service is asked, and a variable holds what it answers."""

import asyncio
import re
from typing import Self
from urllib.parse import quote, urlsplit

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import BackendFault, internal
from mockserver.gateway.message import Body, BodyTooLarge, Headers, Request, Response, Url
from mockserver.gateway.policies.return_response import Parts, check_order, read_part
from mockserver.gateway.policies.set_method import SetMethod
from mockserver.gateway.policy import Given, Policy, Reader, SectionName
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "A request is sent with the time that `timeout` gives it (60 s); the variable holds the"
        " response. What keeps one from coming goes to on-error, or, with ignore-error, leaves the"
        " variable null.",
        Evidence.PUBLISHED,
        "the page on send-request and the table of predefined errors",
    ),
    Fact(
        "The time is that until the body is there. Redirects are not followed.",
        Evidence.ASSUMED,
        "the page says `before the call to the URL fails`; nothing on redirects",
    ),
    Fact(
        "Only the hosts that the configuration names are called; any other is as unreachable.",
        Evidence.ASSUMED,
        "a rule of the emulator: it does not go to the internet by itself",
    ),
    Fact(
        "A copied request has the body of the call's, but not in outbound and on-error.",
        Evidence.PUBLISHED,
        "the page on send-request",
    ),
)

TIMEOUT = Attribute(
    name="timeout", kind="whole", default="60", least=1, most=1800, expressions=True
)
MODE = Attribute(name="mode", kind="choice", default="new", choices=("new", "copy"))
_UNQUOTED = "/%:@!$&'()*+,;=~?[]"
_NO_BODY = ("outbound", "on-error")
_AUTHORITY = re.compile(r"[A-Za-z0-9.\-_:\[\]]{1,300}")


class NewRequest:
    """A request that a policy sends of its own. `is_copy`: it begins as that of the call."""

    def __init__(
        self, url: Value | None, method: SetMethod | None, parts: Parts, *, is_copy: bool
    ) -> None:
        self._url, self._method, self._parts, self._is_copy = url, method, parts, is_copy

    @classmethod
    def read(cls, element: Element, reader: Reader, *, is_copy: bool) -> Self:
        """Read the children of an element. Raises PolicyNotUsable, DocumentNotUsable."""
        check_order(element, ("set-url", "set-method", "set-header", "set-body"))
        url: Value | None = None
        method: SetMethod | None = None
        for child in element.children:
            if child.name == "set-url":
                if child.children:
                    raise PolicyNotUsable("<set-url> cannot contain elements")
                reader.given(child, ())
                url = reader.value(child.text)
            elif child.name == "set-method":
                method = read_part(SetMethod, child, reader)
        if not is_copy and (url is None or method is None):
            raise PolicyNotUsable("mode new needs <set-url> and <set-method>")
        return cls(url, method, Parts(element, reader), is_copy=is_copy)

    async def build(self, call: Call, section: SectionName) -> Request:
        """Return the request. Raises ExpressionFailed, GatewayFailure, BackendFault."""
        request = Request("GET", Url(""), Headers(), Body())
        if self._is_copy:
            await _copy(request, call, has_body=section not in _NO_BODY)
        if self._url is not None:
            request.url = read_url((await self._url.text(call)).strip())
        if self._method is not None:
            request.method = await self._method.method(call)
        await self._parts.write(request, call)
        return request


async def _copy(request: Request, call: Call, *, has_body: bool) -> None:
    own = call.request
    request.method = own.method
    request.url = Url(own.url.base, own.url.path, own.url.query)
    request.headers = own.headers.copy()
    request.ip_address = own.ip_address
    if has_body:
        request.body = Body(await own.body.load(call.runtime.max_buffered_bytes))


def read_url(text: str) -> Url:
    """Return the address of a request. Raises BackendFault."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not _AUTHORITY.fullmatch(parts.netloc):
        raise BackendFault("BackendConnectionFailure", f"'{text[:100]}' is no web address")
    return Url(
        f"{parts.scheme}://{parts.netloc}",
        quote(parts.path, safe=_UNQUOTED),
        quote(parts.query, safe=_UNQUOTED),
    )


class SendRequest(Policy):
    """The response is read whole, so that expressions can use its body."""

    attributes = (
        MODE,
        TIMEOUT,
        Attribute(name="response-variable-name", required=True),
        Attribute(name="ignore-error", kind="boolean", default="false"),
    )
    children = ("set-url", "set-method", "set-header", "set-body")

    def __init__(self, given: Given, request: NewRequest) -> None:
        self._given, self._request = given, request

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        is_copy = given.text("mode") == "copy"
        return cls(given, NewRequest.read(element, reader, is_copy=is_copy))

    @override
    async def run(self, call: Call) -> None:
        response: Response | None = None
        try:
            request = await self._request.build(call, self.place.section)
            seconds = await self._given["timeout"].whole(call)
            if call.trace is not None:
                call.trace.forward(self.name, request, seconds)
            response = await ask(call, request, seconds)
            if call.trace is not None:
                call.trace.answered(self.name, response)
        except BackendFault as fault:
            if not self._given.flag("ignore-error"):
                raise internal("send-request", fault.reason, str(fault)) from fault
        call.variables[self._given.text("response-variable-name")] = response


async def ask(call: Call, request: Request, seconds: float) -> Response:
    """Return the response to a request, its body read. Raises BackendFault."""
    response: Response | None = None
    try:
        async with asyncio.timeout(seconds):
            response = await call.runtime.forwarder.send(request, seconds)
            await response.body.load(call.runtime.max_buffered_bytes)
    except TimeoutError:
        raise BackendFault("Timeout", "Request to the backend service timed out") from None
    except BodyTooLarge:
        message = "The response is too large to be held."
        raise BackendFault("BackendConnectionFailure", message) from None
    finally:
        if response is not None and response.body.release is not None:
            response.body.release()
    return response


POLICY = SendRequest

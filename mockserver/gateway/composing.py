"""How do the elements within a policy make up a message of their own?

`return-response` writes a response, `send-request` a request, each with `set-header`, `set-body`
and the like, which then do not change the message of the call.
"""

import re
from collections.abc import Sequence
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.bodies import put_body
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import BackendFault
from mockserver.gateway.message import Body, Headers, Request, Response, Url
from mockserver.gateway.policies.choose import refuse_text
from mockserver.gateway.policies.set_body import SetBody
from mockserver.gateway.policies.set_header import SetHeader
from mockserver.gateway.policies.set_method import SetMethod
from mockserver.gateway.policies.set_status import SetStatus
from mockserver.gateway.policy import Policy, Reader, SectionName
from mockserver.gateway.values import PolicyNotUsable, Value

FACTS = (
    Fact(
        "The elements within return-response and send-request stand in the order of the page's"
        " statement, each once but for set-header; expressions within still see the message of the"
        " call.",
        Evidence.ASSUMED,
        "the pages ask for the order; that another is refused, and what expressions see, was not"
        " seen",
    ),
    Fact(
        "A copied request has the body of the call's, but not in outbound and on-error.",
        Evidence.PUBLISHED,
        "the page on send-request",
    ),
)

_Kind = TypeVar("_Kind", bound=Policy)
_MANY = ("set-header",)
_UNQUOTED = "/%:@!$&'()*+,;=~?[]"
_NO_BODY = ("outbound", "on-error")
_AUTHORITY = re.compile(r"[A-Za-z0-9.\-_:\[\]]{1,300}")


def check_order(element: Element, names: Sequence[str]) -> None:
    """Refuse children that are not in this order, or twice. Raises PolicyNotUsable."""
    refuse_text(element)
    reached = -1
    for child in element.children:
        if child.name not in names:
            raise PolicyNotUsable(f"<{child.name}> cannot be used here")
        number = names.index(child.name)
        if number < reached or (number == reached and child.name not in _MANY):
            raise PolicyNotUsable(f"<{child.name}> is twice there, or too late: {', '.join(names)}")
        reached = number


def read_part(kind: type[_Kind], element: Element, reader: Reader) -> _Kind:
    """Read an element that is a policy elsewhere. Raises PolicyNotUsable, DocumentNotUsable."""
    if not kind.children:
        refuse_text(element)
        if element.children:
            raise PolicyNotUsable(f"<{element.name}> cannot contain elements")
    return kind.read(element, reader.given(element, kind.attributes), reader)


class Parts:
    """Headers, and perhaps a body and a status, of a message that is made up."""

    def __init__(self, element: Element, reader: Reader) -> None:
        self._headers: list[SetHeader] = []
        self._body: SetBody | None = None
        self._status: SetStatus | None = None
        for child in element.children:
            if child.name == "set-header":
                self._headers.append(read_part(SetHeader, child, reader))
            elif child.name == "set-body":
                self._body = read_part(SetBody, child, reader)
            elif child.name == "set-status":
                self._status = read_part(SetStatus, child, reader)

    async def write(self, message: Request | Response, call: Call) -> None:
        """Change a message. Raises ExpressionFailed, GatewayFailure."""
        in_response = isinstance(message, Response)
        if self._status is not None and isinstance(message, Response):
            await self._status.apply(message, call)
        for header in self._headers:
            await header.apply(message.headers, call, in_response=in_response)
        if self._body is not None:
            put_body(message, await self._body.content(call))


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

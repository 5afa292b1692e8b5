"""`<cors>`: which pages of other origins may call, as browsers ask for it.

A browser asks first (a preflight request) or just calls with an `Origin`. What it may do is said in
headers of the answer: those of a call are put on whatever answer it gets in the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.errors import ExpressionFailed, Finished
from mockserver.gateway.message import Headers, Response
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "cors answers a preflight request, and does nothing without an `Origin`. A call of an"
        " origin that does not match ends with an empty 200 without headers of CORS;"
        " terminate-unmatched-request=false lets it go on without them.",
        Evidence.PUBLISHED,
        "the page on cors. Its table gives the default of that attribute as false, its notes and"
        " reports (azure-docs#55313, #71283) as true: true was taken, for every method",
    ),
    Fact(
        "Only the first cors policy that matches is applied.",
        Evidence.PUBLISHED,
        "the page on cors, on the order of policies",
    ),
    Fact(
        "An answer that the gateway makes itself has the headers of CORS if the policy ran before"
        " the failure, and none otherwise, as after a wrong key.",
        Evidence.ASSUMED,
        "azure-docs#31889 reports such answers without them, but not the order of the policies",
    ),
    Fact(
        "A preflight is answered with the methods and headers of the policy, for `*` with those"
        " that were asked for; a call is judged by its origin alone. Access-Control-Allow-Origin"
        " is the caller's origin, for `*` a star. The backend's own headers of CORS are replaced.",
        Evidence.ASSUMED,
        "a recorded preflight and call of a live gateway would settle it",
    ),
)

_PORTS = {"http": 80, "https": 443}
_LISTS = ("allowed-origins", "allowed-methods", "allowed-headers", "expose-headers")
_ITEMS = {name: name.split("-")[1].removesuffix("s") for name in _LISTS}
_MAX_AGE = Attribute(name="preflight-result-max-age", kind="whole", default="0", expressions=True)
_USUAL_METHODS = ("GET", "POST")
_ANY = "*"
_NO_ORIGIN = (
    "Origin header was missing or empty and the request was classified as not cross-domain."
    " CORS policy was not applied."
)
"""As traces of live gateways have it."""


@dataclass(frozen=True, slots=True)
class CorsHeaders:
    """Puts the headers of CORS on the answer to a call."""

    origin: str
    has_credentials: bool
    exposed: str

    def __call__(self, response: Response) -> None:
        """Change a response."""
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = self.origin
        if self.has_credentials:
            headers["Access-Control-Allow-Credentials"] = "true"
        if self.exposed:
            headers["Access-Control-Expose-Headers"] = self.exposed
        if self.origin != _ANY:
            _vary_by_origin(headers)


class Cors(Policy):
    """What is allowed: origins, methods and headers; `*` stands for all of a kind."""

    sections = ("inbound",)
    is_once = True
    attributes = (
        Attribute(name="allow-credentials", kind="boolean", default="false", expressions=True),
        Attribute(
            name="terminate-unmatched-request", kind="boolean", default="true", expressions=True
        ),
    )
    children = _LISTS

    def __init__(self, given: Given, max_age: Value) -> None:
        self._credentials = given["allow-credentials"]
        self._terminates = given["terminate-unmatched-request"]
        self._max_age = max_age
        self._origins: frozenset[str] = frozenset()
        self._methods: Sequence[Value] = ()
        self._headers: Sequence[str] = ()
        self._exposed = ""

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        lists = _lists(element)
        for name in ("allowed-origins", "allowed-headers"):
            if name not in lists:
                raise PolicyNotUsable(f"<{name}> is missing")
        methods = lists.get("allowed-methods", Element("allowed-methods"))
        for name, found in lists.items():
            reader.given(found, (_MAX_AGE,) if name == "allowed-methods" else ())
        policy = cls(given, reader.given(methods, (_MAX_AGE,))["preflight-result-max-age"])
        items = {name: _items(found, reader) for name, found in lists.items()}
        origins = _texts(items["allowed-origins"])
        policy._origins = frozenset(map(_origin, origins))
        if _ANY in origins and len(origins) > 1:
            raise PolicyNotUsable("the origin * stands for all: no other one may be beside it")
        if _ANY in origins and (given["allow-credentials"].fixed or "").lower() == "true":
            raise PolicyNotUsable("allow-credentials cannot be true with the origin *")
        policy._methods = items.get("allowed-methods", ())
        policy._headers = _texts(items["allowed-headers"])
        policy._exposed = ",".join(_texts(items.get("expose-headers", ())))
        return policy

    @override
    async def run(self, call: Call) -> None:
        origin = call.request.headers.get("origin")
        if not origin:
            if call.trace is not None:
                call.trace.add("cors", _NO_ORIGIN)
            return
        if any(isinstance(each, CorsHeaders) for each in call.at_response):
            return
        is_allowed = _ANY in self._origins or _origin_of_client(origin) in self._origins
        if is_allowed and _is_preflight(call):
            allowed = await self._preflight(call)
            is_allowed = allowed is not None
            if allowed is not None:
                (await self._answer(call, origin))(allowed)
                raise Finished(allowed)
        if is_allowed:
            call.at_response.append(await self._answer(call, origin))
        elif await self._terminates.boolean(call):
            raise Finished(Response(200))

    async def _answer(self, call: Call, origin: str) -> CorsHeaders:
        """Return the headers of an answer to an origin that is allowed."""
        has_credentials = await self._credentials.boolean(call)
        if _ANY not in self._origins:
            return CorsHeaders(origin, has_credentials, self._exposed)
        if has_credentials:
            raise ExpressionFailed("allow-credentials cannot be true with the origin *")
        return CorsHeaders(_ANY, has_credentials, self._exposed)

    async def _preflight(self, call: Call) -> Response | None:
        """Return the answer to a preflight request; None if it asks for what is not allowed."""
        headers = call.request.headers
        wanted = headers["access-control-request-method"].strip()
        asked = headers.getall("access-control-request-headers", ())
        names = [name.strip() for line in asked for name in line.split(",") if name.strip()]
        methods = [await method.text(call) for method in self._methods] or list(_USUAL_METHODS)
        if _ANY in methods:
            methods = [wanted]
        if wanted not in methods:
            return None
        known = {name.lower() for name in self._headers}
        if _ANY not in known and any(name.lower() not in known for name in names):
            return None
        listed = names if _ANY in known else self._headers
        answer = Response(200)
        answer.headers["Access-Control-Allow-Methods"] = ",".join(methods)
        if listed:
            answer.headers["Access-Control-Allow-Headers"] = ",".join(listed)
        answer.headers["Access-Control-Max-Age"] = str(await self._max_age.whole(call))
        return answer


def _is_preflight(call: Call) -> bool:
    """Say whether a browser asks; an operation of its own for OPTIONS is just called."""
    request = call.request
    return (
        request.method == "OPTIONS"
        and "access-control-request-method" in request.headers
        and call.route.operation.method != "OPTIONS"
    )


def _vary_by_origin(headers: Headers) -> None:
    named = [
        name.strip().lower() for line in headers.getall("vary", ()) for name in line.split(",")
    ]
    if "origin" not in named and _ANY not in named:
        headers.add("Vary", "Origin")


def _lists(element: Element) -> dict[str, Element]:
    """Return the lists of the element by their names. Raises PolicyNotUsable."""
    lists: dict[str, Element] = {}
    for child in element.children:
        if child.name not in _LISTS:
            raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
        if child.name in lists:
            raise PolicyNotUsable(f"<{child.name}> is there twice")
        lists[child.name] = child
    return lists


def _items(element: Element, reader: Reader) -> list[Value]:
    item = _ITEMS[element.name]
    values = [reader.value(child.text) for child in reader.leaves(element, item)]
    if not values:
        raise PolicyNotUsable(f"<{element.name}> needs at least one <{item}>")
    fixed = (value.fixed for value in values)
    if any(text is not None and not text.strip() for text in fixed):
        raise PolicyNotUsable(f"<{item}> is empty")
    # Blanks around a text are the layout of the document.
    return [value if value.fixed is None else Value(value.fixed.strip()) for value in values]


def _texts(values: Sequence[Value]) -> list[str]:
    """Return what cannot be computed. Raises PolicyNotUsable."""
    if any(value.fixed is None for value in values):
        raise PolicyNotUsable("an expression can stand for a <method> only")
    return [value.known for value in values]


def _origin(text: str) -> str:
    """Return an origin of the policy in the form in which they are compared."""
    if text == _ANY:
        return text
    origin = _origin_of_client(text)
    if not origin or urlsplit(text).path.strip("/"):
        raise PolicyNotUsable(f"'{text[:80]}' is no origin: a scheme, a host and perhaps a port")
    return origin


def _origin_of_client(text: str) -> str:
    """Return an origin with its port; nothing if it is none, such as `null`."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.scheme and parts.hostname else ""


POLICY = Cors

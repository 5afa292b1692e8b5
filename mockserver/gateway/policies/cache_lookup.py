"""`<cache-lookup>`: is there a response in the cache? Then no backend is called."""

from collections.abc import Sequence
from typing import Self
from urllib.parse import parse_qsl

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.cache import (
    CACHING_TYPE,
    Downstream,
    FromCache,
    Key,
    Missed,
    Stored,
    cache_of,
)
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.message import Request
from mockserver.gateway.policies.choose import refuse_text
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute, PolicyNotUsable

FACTS = (
    Fact(
        "Only GET is looked up; with an Authorization header only if allow-private-response-caching"
        " says so. Responses differ by the headers and query parameters that are named, and by the"
        " developer or his groups if asked for.",
        Evidence.PUBLISHED,
        "the page on cache-lookup",
    ),
    Fact(
        "Without a named query parameter all of them count.",
        Evidence.PUBLISHED,
        "an earlier page on caching; the present one no longer says it",
    ),
    Fact(
        "The key holds API, operation and the address at the backend; Cache-Control of the request"
        " does not keep a response from being found, and after a miss it is not sent on.",
        Evidence.CAPTURED,
        "traces of a miss and of a hit, both with `Cache-Control: no-cache, no-store`; the key is"
        " written in another form there",
    ),
    Fact(
        "After a miss Pragma, If-None-Match and If-Modified-Since are not sent on either.",
        Evidence.ASSUMED,
        "the trace speaks of cache headers, for a complete answer; it showed one",
    ),
    Fact(
        "A response that may be cached bears Cache-Control: no-store, or private or public with"
        " max-age and must-revalidate.",
        Evidence.ASSUMED,
        "the page names the directives; no such response was found recorded",
    ),
)

_REMOVED = ("cache-control", "pragma", "if-none-match", "if-modified-since")
_HIT = (
    "Cache lookup resulted in a hit! Cached response will be used. Processing will continue from"
    " the step in the response pipeline that is after the corresponding `cache-store`."
)
_MISS = (
    "Cache lookup resulted in a miss. Cache headers listed below were removed from the request to"
    " prompt the backend service to send back a complete response."
)
_SWITCHES = (
    "vary-by-developer",
    "vary-by-developer-groups",
    "allow-private-response-caching",
    "must-revalidate",
)
_DEFAULTS = {"allow-private-response-caching": "false", "must-revalidate": "true"}


class CacheLookup(Policy):
    """Ends with FromCache if a response is found."""

    sections = ("inbound",)
    is_once = True
    attributes = (
        *(
            Attribute(
                name=name,
                kind="boolean",
                default=_DEFAULTS.get(name),
                required=name not in _DEFAULTS,
                expressions=True,
            )
            for name in _SWITCHES
        ),
        CACHING_TYPE,
        Attribute(
            name="downstream-caching-type",
            kind="choice",
            default="none",
            choices=("none", "private", "public"),
            expressions=True,
        ),
    )
    children = ("vary-by-header", "vary-by-query-parameter")

    def __init__(self, given: Given, headers: Sequence[str], parameters: frozenset[str]) -> None:
        self._given, self._headers, self._parameters = given, headers, parameters

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        refuse_text(element)
        names: dict[str, list[str]] = {name: [] for name in cls.children}
        for child in reader.leaves(element, *cls.children):
            text = reader.value(child.text).fixed
            if text is None or not text.strip():
                raise PolicyNotUsable(f"<{child.name}> needs a name, which is no expression")
            names[child.name] += [name.strip().lower() for name in text.split(";") if name.strip()]
        headers, parameters = names.values()
        return cls(given, sorted(set(headers)), frozenset(parameters))

    @override
    async def run(self, call: Call) -> None:
        request = call.request
        private = "authorization" in request.headers
        if request.method != "GET" or (
            private and not await self._given["allow-private-response-caching"].boolean(call)
        ):
            return
        kind = await self._given["downstream-caching-type"].text(call)
        downstream = Downstream(kind, await self._given["must-revalidate"].boolean(call))
        key = await self._key(call)
        cache = cache_of(call.runtime)
        stored: Stored | None = cache.get(key)
        if stored is not None:
            call.cache = "hit"
            _tell(call, key, _HIT)
            response = stored.response()
            left = stored.ends - call.runtime.now()
            response.headers["Cache-Control"] = downstream.header(left)
            raise FromCache(response)
        call.cache = "miss"
        removed = [
            {"name": name, "value": value}
            for name, value in request.headers.items()
            if name.lower() in _REMOVED
        ]
        for name in _REMOVED:
            request.headers.popall(name, None)
        _tell(call, key, _MISS, cacheHeaders=removed)
        cache.note_miss(call, Missed(key, downstream))

    async def _key(self, call: Call) -> Key:
        request, route = call.request, call.route
        url = request.url
        subscription = call.caller.subscription
        user = None if subscription is None else subscription.user
        developer: str | None = None
        groups: tuple[str, ...] | None = None
        if await self._given["vary-by-developer"].boolean(call):
            developer = "" if user is None else user.id
        if await self._given["vary-by-developer-groups"].boolean(call):
            groups = () if user is None else tuple(sorted(user.groups))
        return (
            "response",
            *(route.api.id, route.operation.id),
            *(url.base, url.path),
            self._query(request),
            tuple((name, *request.headers.getall(name, ())) for name in self._headers),
            *(developer, groups),
        )

    def _query(self, request: Request) -> tuple[tuple[str, str], ...]:
        wanted = self._parameters
        pairs = parse_qsl(request.url.query, keep_blank_values=True)
        return tuple(sorted(pair for pair in pairs if not wanted or pair[0].lower() in wanted))


def _tell(call: Call, key: Key, message: str, **more: object) -> None:
    if call.trace is not None:
        call.trace.add("cache-lookup", {"message": message, "cacheKey": str(key), **more})


POLICY = CacheLookup

"""`<cache-store>`: the response is kept, for whoever looks it up later."""

from collections.abc import AsyncIterator
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.cache import LARGEST_RESPONSE, Stored, cache_of
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.message import Body
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "A response is kept for `duration` seconds if its request was looked up and not found: one"
        " with status 200, or any if cache-response is true; at most 2 MiB.",
        Evidence.PUBLISHED,
        "the page on cache-store; the size is in the vendor's table of limits",
    ),
    Fact(
        "It is kept as the policies before `cache-store` have left it.",
        Evidence.CAPTURED,
        "a developer's article that was written with traces of it",
    ),
    Fact(
        "With cache-response false nothing is kept; what the backend says about caching does not"
        " count; a response that is too large goes to the client and is not kept.",
        Evidence.ASSUMED,
        "the page is silent; one user saw an Expires of the backend outlast `duration`",
    ),
)

_OK = 200


class CacheStore(Policy):
    """Stores what `cache-lookup` did not find."""

    sections = ("outbound",)
    is_once = True
    attributes = (
        Attribute(name="duration", kind="whole", required=True, expressions=True),
        Attribute(name="cache-response", kind="boolean", expressions=True),
    )

    def __init__(self, given: Given) -> None:
        self._given = given

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        cache, response = cache_of(call.runtime), call.response
        missed = cache.missed(call)
        if missed is None or response is None:
            return
        asked = self._given.get("cache-response")
        wanted = response.status == _OK if asked is None else await asked.boolean(call)
        seconds = await self._given["duration"].whole(call)
        if not wanted:
            return
        content = await hold(response.body, LARGEST_RESPONSE)
        if content is None:
            return
        headers = tuple(response.headers.items())
        size = len(content) + sum(len(name) + len(value) for name, value in headers)
        ends = call.runtime.now() + seconds
        cache.put(
            missed.key,
            Stored(response.status, response.reason, headers, content, ends),
            ends,
            size + len(repr(missed.key)),
        )
        response.headers["Cache-Control"] = missed.downstream.header(seconds)


async def hold(body: Body, most: int) -> bytes | None:
    """Return a body of at most `most` bytes; a longer one stays a stream: None."""
    if body.content is not None:
        return body.content if len(body.content) <= most else None
    stream = body.stream
    if stream is None or (body.length is not None and body.length > most):
        return None
    pieces, size = [], 0
    async for piece in stream:
        pieces.append(piece)
        size += len(piece)
        if size > most:
            body.stream = _again(pieces, stream)
            return None
    content = b"".join(pieces)
    body.put(content)
    return content


async def _again(pieces: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces that were read ahead, then the rest."""
    while pieces:
        yield pieces.pop(0)
    async for piece in rest:
        yield piece


POLICY = CacheStore

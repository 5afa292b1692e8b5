"""`<cache-store-value>`: a value is kept under a key, for later calls."""

from copy import deepcopy
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.cache import CACHING_TYPE, Key, cache_of
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "A value of any type is kept for `duration` seconds under a key that all calls of the"
        " service share.",
        Evidence.PUBLISHED,
        "the page on cache-store-value",
    ),
    Fact(
        "It is there at once, and it is a copy; null is not kept; it may stand more than once in a"
        " section.",
        Evidence.ASSUMED,
        "the page says that storing takes a while; it also allows the policy once in a section,"
        " which samples of the vendor do not keep to",
    ),
)


def value_key(key: str) -> Key:
    """Return under which key of the cache a value is kept."""
    return "value", key


class CacheStoreValue(Policy):
    """Values and responses share one cache."""

    attributes = (
        Attribute(name="key", required=True, expressions=True),
        Attribute(name="value", required=True, expressions=True),
        Attribute(name="duration", kind="whole", required=True, expressions=True),
        CACHING_TYPE,
    )

    def __init__(self, given: Given) -> None:
        self._given = given

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        from mockserver.gateway.expressions import to_text

        key = value_key(await self._given["key"].text(call))
        value = await self._given["value"].compute(call)
        seconds = await self._given["duration"].whole(call)
        cache = cache_of(call.runtime)
        if value is None:
            cache.remove(key)
            return
        size = len(value) if isinstance(value, bytes) else len(to_text(value))
        cache.put(key, deepcopy(value), call.runtime.now() + seconds, size + len(str(key)))


POLICY = CacheStoreValue

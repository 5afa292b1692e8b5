"""`<cache-remove-value>`: what was kept under a key is kept no longer."""

from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.cache import CACHING_TYPE, cache_of
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policies.cache_store_value import value_key
from mockserver.gateway.policy import Given, Policy, Reader
from mockserver.gateway.values import Attribute

FACTS = (
    Fact(
        "The value under a key is deleted; a key that is not there does no harm.",
        Evidence.PUBLISHED,
        "the page on cache-remove-value; the latter is assumed",
    ),
)


class CacheRemoveValue(Policy):
    """Deletes what `cache-store-value` has kept."""

    attributes = (Attribute(name="key", required=True, expressions=True), CACHING_TYPE)

    def __init__(self, given: Given) -> None:
        self._given = given

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        return cls(given)

    @override
    async def run(self, call: Call) -> None:
        cache_of(call.runtime).remove(value_key(await self._given["key"].text(call)))


POLICY = CacheRemoveValue

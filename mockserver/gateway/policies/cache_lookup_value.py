"""`<cache-lookup-value>`: a variable gets the value that an earlier call has kept."""

from copy import deepcopy
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
        "The variable gets the value, or what default-value gives; without both it is not set.",
        Evidence.PUBLISHED,
        "the page on cache-lookup-value says so of the variable; of the default it says null, but a"
        " policy of the vendor depends on a variable that is not there",
    ),
)


class CacheLookupValue(Policy):
    """Looks for what `cache-store-value` has kept."""

    attributes = (
        Attribute(name="key", required=True, expressions=True),
        Attribute(name="variable-name", required=True),
        Attribute(name="default-value", expressions=True),
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
        name, default = self._given.text("variable-name"), self._given.get("default-value")
        key = value_key(await self._given["key"].text(call))
        value = cache_of(call.runtime).get(key)
        if value is not None:
            call.variables[name] = deepcopy(value)
        elif default is not None:
            call.variables[name] = await default.compute(call)


POLICY = CacheLookupValue

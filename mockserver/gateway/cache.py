"""Which responses and values does the gateway keep, and for how long?

One cache for each gateway, in memory, by the emulator's clock. It is bounded: what was not used
for the longest time makes room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.errors import Finished
from mockserver.gateway.message import Body, Headers, Response
from mockserver.gateway.policy import Policy
from mockserver.gateway.values import Attribute

if TYPE_CHECKING:
    from mockserver.gateway.runtime import Runtime

FACTS = (
    Fact(
        "After a hit the backend is not called, and of outbound runs what stands after"
        " `cache-store`.",
        Evidence.CAPTURED,
        "the trace of a hit says so in these terms; a lab of the vendor's and a developer's article"
        " show it",
    ),
    Fact(
        "If `cache-store` stands within another policy, such as choose, what runs after a hit is"
        " what stands after that one.",
        Evidence.ASSUMED,
        "no trace of such a document was found",
    ),
    Fact(
        "The cache is volatile: a reset or the end of the emulator empties it.",
        Evidence.PUBLISHED,
        "the page on cache-lookup",
    ),
    Fact(
        "It holds 64 MiB, headers and keys included; what was not used for the longest time makes"
        " room.",
        Evidence.ASSUMED,
        "the sizes that the vendor gives are those of the tiers; how it evicts is not published",
    ),
    Fact(
        "There is one cache: what is asked to be in an external one is in the internal one, too.",
        Evidence.ASSUMED,
        "a rule of the emulator; a Redis cache behind a gateway would show what differs",
    ),
)

LARGEST_RESPONSE = 2 << 20
"""Bytes of a body above which a response is not kept."""
CAPACITY = 64 << 20
_ENTRY_BYTES = 1 << 10
"""What an entry counts besides its body: bounds how many there can be."""

CACHING_TYPE = Attribute(
    name="caching-type",
    kind="choice",
    default="prefer-external",
    choices=("internal", "external", "prefer-external"),
)
"""Which cache a policy means: it is the same one in any case."""

Key = tuple[object, ...]


class FromCache(Finished):
    """The cache has the response: what runs is what stands after `cache-store` in outbound."""


@dataclass(frozen=True, slots=True)
class Downstream:
    """What the client and the caches on the way to it may do with a response."""

    kind: str = "none"
    must_revalidate: bool = True

    def header(self, seconds: float) -> str:
        """Write Cache-Control for a response that is good for so many seconds."""
        if self.kind == "none":
            return "no-store"
        revalidated = ", must-revalidate" if self.must_revalidate else ""
        return f"{self.kind}, max-age={int(seconds)}{revalidated}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A response as it is kept. `ends` is in seconds since 1970."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    content: bytes
    ends: float

    def response(self) -> Response:
        """Return a response that policies may change."""
        return Response(self.status, self.reason, Headers(self.headers), Body(self.content))


@dataclass(frozen=True, slots=True)
class Missed:
    """What a look-up that found nothing leaves for `cache-store`."""

    key: Key
    downstream: Downstream


class Cache:
    """What one gateway keeps. A value is kept under any key, a response under that of a call."""

    def __init__(self, runtime: "Runtime") -> None:
        from cachetools import TLRUCache

        self._kept: TLRUCache[Key, tuple[Any, float, int]] = TLRUCache(
            CAPACITY, ttu=_ends, timer=runtime.now, getsizeof=_size
        )
        self._missed: dict[str, Missed] = {}

    def get(self, key: Key) -> Any:
        """Return what is kept, None if there is nothing, or no longer."""
        found = self._kept.get(key)
        return None if found is None else found[0]

    def put(self, key: Key, kept: object, ends: float, size: int) -> None:
        """Keep something of `size` bytes until the moment `ends`."""
        self._kept.pop(key, None)
        if size + _ENTRY_BYTES <= CAPACITY:
            self._kept[key] = kept, ends, size

    def remove(self, key: Key) -> None:
        """Keep something no longer, if it is kept."""
        self._kept.pop(key, None)

    def note_miss(self, call: Call, missed: Missed) -> None:
        """Remember until the end of a call what it looked for."""

        def forget() -> None:
            self._missed.pop(call.id, None)

        self._missed[call.id] = missed
        call.at_end.append(forget)

    def missed(self, call: Call) -> Missed | None:
        """Return what a call looked for and did not find."""
        return self._missed.get(call.id)

    def __len__(self) -> int:
        return len(self._kept)


def _ends(_key: Key, entry: tuple[Any, float, int], _now: float) -> float:
    return entry[1]


def _size(entry: tuple[Any, float, int]) -> int:
    return entry[2] + _ENTRY_BYTES


def cache_of(runtime: "Runtime") -> Cache:
    """Return the cache of a gateway; after a reset it is a new one."""
    memory = runtime.memory[Cache]
    cache: Cache | None = memory.get("cache")
    if cache is None:
        cache = memory["cache"] = Cache(runtime)
    return cache


def after_store(outbound: Sequence[Policy]) -> Sequence[Policy]:
    """Return what of outbound runs after a hit: all, if nothing stores there."""
    for number, policy in enumerate(outbound):
        if _stores(policy):
            return outbound[number + 1 :]
    return outbound


def _stores(policy: Policy) -> bool:
    """Say whether a policy is `cache-store`, or holds it."""
    return policy.name == "cache-store" or any(map(_stores, policy.within))

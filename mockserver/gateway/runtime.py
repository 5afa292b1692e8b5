"""What do policies need besides the call: clock, backends, counters, a way out?"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mockserver.gateway.counting.quotas import QuotaCounters
from mockserver.gateway.deadlines import Deadlines
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.model import Backend

if TYPE_CHECKING:
    from mockserver.gateway.forwarding import Forwarder


@dataclass(slots=True)
class Runtime:
    """One for each gateway. `now` is the emulator's clock, in seconds since 1970."""

    now: Callable[[], float]
    hosts: Hosts
    backends: Mapping[str, Backend] = field(default_factory=dict)
    max_buffered_bytes: int = 64 << 20
    memory: defaultdict[object, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    """What policies keep between calls, each under itself. Lost with the emulator."""
    service_name: str = ""
    """As in `{name}.azure-api.net`."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Lets seconds go by; with `waiting.sleeper` those of the emulator's clock."""
    quotas: QuotaCounters = field(default_factory=QuotaCounters)
    """What was used of quotas. In memory only, unless another one is given."""
    _forwarder: "Forwarder | None" = None
    _deadlines: Deadlines | None = None

    @property
    def deadlines(self) -> Deadlines:
        """The timers of the event loop that the first call is on."""
        if self._deadlines is None:
            self._deadlines = Deadlines()
        return self._deadlines

    @property
    def forwarder(self) -> "Forwarder":
        """The way to the backends; it belongs to the event loop that the first call is on."""
        if self._forwarder is None:
            from mockserver.gateway.forwarding import Forwarder

            self._forwarder = Forwarder(self.hosts, self.deadlines)
        return self._forwarder

    def close(self) -> None:
        """Close the connections to backends."""
        if self._forwarder is not None:
            self._forwarder.close()

"""What is known about one call while it goes through the gateway?

Policies read it and change it: the request before it is forwarded, the response after.
"""

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mockserver.gateway.errors import LastError
from mockserver.gateway.keys import Caller
from mockserver.gateway.message import Request, Response, Url
from mockserver.gateway.routing import Route

if TYPE_CHECKING:
    from mockserver.gateway.runtime import Runtime
    from mockserver.gateway.trace import Trace


@dataclass(slots=True)
class Call:
    """One call: what it means, who calls, what is sent on, what comes back.

    `now` is the moment of the call by the emulator's clock, in seconds since 1970; `begun` a
    reading of `time.perf_counter`. `id` is a GUID.
    """

    id: str
    runtime: "Runtime"
    route: Route
    caller: Caller
    request: Request
    original_url: Url
    now: float
    begun: float = field(default_factory=perf_counter)
    response: Response | None = None
    variables: MutableMapping[str, Any] = field(default_factory=dict)
    last_error: LastError | None = None
    trace: "Trace | None" = None
    at_end: list[Callable[[], object]] = field(default_factory=list)
    """What is done when the call is over, whatever came of it."""
    at_response: list[Callable[[Response], object]] = field(default_factory=list)
    """What is done to the response that goes to the client, whatever made it: the backend, a policy
    or the gateway itself."""
    received: int = 0
    """Bytes of the request's body that have come so far."""
    sent: int = 0
    """Bytes of the response's body that have gone so far."""
    backend_id: str = ""
    backend_status: int | None = None
    """What the backend answered last; None as long as none has."""
    backend_url: str = ""
    backend_method: str = ""
    backend_seconds: float = 0.0
    """Time spent waiting for the backend, all attempts together."""
    cache: str = "none"
    """What the cache came to: none, hit or miss."""

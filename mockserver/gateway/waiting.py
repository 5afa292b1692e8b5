"""How long does a policy wait when it waits for seconds of the emulator's clock?"""

import asyncio
import math
from collections.abc import Awaitable, Callable

from mockserver.clock import Clock
from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Waits go by the emulator's clock: a faster one shortens them, one that is moved ends them,"
        " and while it stands still nothing is waited for. No wait takes more than 300 s in truth.",
        Evidence.ASSUMED,
        "a rule of the emulator: API Management has no such clock",
    ),
)

LONGEST = 300.0
"""Seconds that no wait goes beyond, by the system's clock."""
_STEP = 0.05
"""Seconds after which a wait looks again whether somebody has moved the clock."""
_NO_TIME = 1e-4
"""Seconds that are not waited for: a clock's own steps may be no finer."""


def sleeper(
    clock: Clock, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> Callable[[float], Awaitable[None]]:
    """Return what lets seconds of a clock go by; `pause` lets those of the system go by."""

    async def sleep(seconds: float) -> None:
        ends, waited = clock.now() + seconds, 0.0
        while waited < LONGEST:
            left = clock.system_seconds_until(ends)
            if left < _NO_TIME or math.isinf(left):
                return
            piece = min(left, _STEP, LONGEST - waited)
            await pause(piece)
            waited += piece

    return sleep

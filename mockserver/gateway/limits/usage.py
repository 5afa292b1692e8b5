"""Is there enough left of the quotas that a call uses, and what is its caller told if not?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.answers import time_span
from mockserver.gateway.call import Call
from mockserver.gateway.counting.counters import Periods
from mockserver.gateway.counting.quotas import QuotaCounters, QuotaKey
from mockserver.gateway.errors import GatewayFailure, LastError
from mockserver.gateway.policy import Given
from mockserver.gateway.values import PolicyNotUsable

FACTS = (
    Fact(
        "Bandwidth is in units of 1,024 bytes, those of the bodies of request and response as they"
        " went over the caller's connection, counted when the call is over: the call that goes"
        " above it still passes.",
        Evidence.ASSUMED,
        "the page says kilobytes only; quota reports of a live gateway would settle it",
    ),
    Fact(
        "A quota that never renews is said to be replenished in 2,147,483,647 seconds.",
        Evidence.ASSUMED,
        "the page asks for Retry-After on every 403; no capture of such a quota",
    ),
    Fact(
        "The trace of a call above its quota shows the quota: level, calls, bandwidth, period.",
        Evidence.CAPTURED,
        "a trace of Starter's quota; the level Key of quota-by-key is assumed",
    ),
    Fact(
        "If several quotas are used up the answer names the one that is replenished last.",
        Evidence.ASSUMED,
        "nested quotas on a live gateway would settle it",
    ),
)

_KILOBYTE = 1_024


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be used in a period: calls, bytes, or both."""

    calls: int | None
    size: int | None

    @classmethod
    def read(cls, given: Given) -> Self:
        """Take the attributes `calls` and `bandwidth`. Raises PolicyNotUsable."""
        calls, size = given.text("calls"), given.text("bandwidth")
        if not calls and not size:
            raise PolicyNotUsable("'calls' or 'bandwidth' is needed, or both")
        return cls(int(calls) if calls else None, int(size) * _KILOBYTE if size else None)


@dataclass(frozen=True, slots=True)
class Use:
    """A quota that a call uses."""

    key: QuotaKey
    periods: Periods
    allowance: Allowance
    counted: int = 0
    """So many calls of its count are this very call, which another policy has counted."""

    def exceeded(self, quotas: QuotaCounters, now: float) -> str:
        """Say which of its volumes is used up: call volume, bandwidth or none."""
        counter = quotas.used(self.key, self.periods, now)
        calls, size = self.allowance.calls, self.allowance.size
        if calls is not None and counter.calls - self.counted >= calls:
            return "call volume"
        return "bandwidth" if size is not None and counter.size >= size else ""

    def traced(self, level: str) -> Mapping[str, object]:
        """Return what the trace says of it."""
        calls, size = self.allowance.calls or 0, (self.allowance.size or 0) // _KILOBYTE
        period = str(self.periods.seconds)
        return {"level": level, "calls": calls, "bandwidth": size, "period": period}


def check(uses: Sequence[Use], source: str, level: str, call: Call) -> None:
    """Raise GatewayFailure if one of the quotas is used up; nothing is counted.

    `source` is the policy, `level` what it counts for, in the words of the trace.
    """
    now = call.runtime.now()
    used_up = [use for use in uses if use.exceeded(call.runtime.quotas, now)]
    if not used_up:
        return
    last = max(used_up, key=lambda use: use.periods.wait(now))
    wait, volume = last.periods.wait(now), last.exceeded(call.runtime.quotas, now)
    if call.trace is not None:
        call.trace.add(source, {"message": "Quota was exceeded.", "quota": last.traced(level)})
    told = f"Out of {volume} quota. Quota will be replenished in {time_span(wait)}."
    error = LastError(source, "QuotaExceeded", told)
    raise GatewayFailure(403, error, told, {"Retry-After": str(wait)})

"""Is the quota named that keeps a caller waiting longest?"""

import pytest

from mockserver.gateway.counting.counters import Periods
from mockserver.gateway.errors import GatewayFailure
from mockserver.gateway.limits.usage import Allowance, Use, check
from tests.mockserver.gateway.policies.limited import MONDAY, Asked, Limited


def test_the_quota_that_is_replenished_last_is_named() -> None:
    """With its wait, and with the volume that is used up."""
    call = Limited().begin(Asked())
    quotas = call.runtime.quotas
    short = Use(("short",), Periods(MONDAY, 60), Allowance(1, None))
    long = Use(("long",), Periods(MONDAY, 3_600), Allowance(9, 1_024))
    quotas.add(short.key, short.periods, MONDAY, calls=1)
    check([long], "quota", "Subscription", call)
    quotas.add(long.key, long.periods, MONDAY, size=1_024)
    with pytest.raises(GatewayFailure) as raised:
        check([short, long], "quota", "Subscription", call)
    assert raised.value.told == "Out of bandwidth quota. Quota will be replenished in 01:00:00."
    assert raised.value.headers == {"Retry-After": "3600"}


def test_what_the_call_itself_counted_does_not_exceed() -> None:
    """Another policy with the same key has counted it before."""
    call = Limited().begin(Asked())
    periods = Periods(MONDAY, 60)
    call.runtime.quotas.add(("key",), periods, MONDAY, calls=3)
    allowance = Allowance(3, None)
    check([Use(("key",), periods, allowance, counted=1)], "quota-by-key", "Key", call)
    with pytest.raises(GatewayFailure):
        check([Use(("key",), periods, allowance)], "quota-by-key", "Key", call)

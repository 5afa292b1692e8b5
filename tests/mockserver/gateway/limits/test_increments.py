"""Does a call count for each counter once, and whatever is deferred at its end?"""

import asyncio

import pytest
from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.limits.increments import Increment, Tally
from mockserver.gateway.values import Value
from tests.mockserver.gateway.policies.limited import Asked, Limited


def test_a_call_has_one_tally() -> None:
    """It is found again, also behind other things that are done at the end."""
    call = Limited().begin(Asked())
    call.at_end.append(lambda: None)
    tally = Tally.of(call)
    call.at_end.append(lambda: None)
    assert Tally.of(call) is tally
    assert len(call.at_end) == 3


def test_a_counter_counts_once() -> None:
    """The first amount that is not 0 stays; another counter has one of its own."""
    tally = Tally.of(Limited().begin(Asked()))
    added: list[int] = []
    for counter, amount in (("a", 0), ("a", 3), ("a", 5), ("b", 7)):
        tally.count(counter, amount, added.append)
    assert (added, tally.counted) == ([3, 7], {"a": 3, "b": 7})


def test_what_fails_at_the_end_does_not_keep_the_rest_from_being_done() -> None:
    """Deferred work is done in its order."""
    tally = Tally.of(Limited().begin(Asked()))
    done: list[str] = []

    def fail() -> None:
        raise ExpressionFailed("no response")

    tally.at_end("one", fail)
    tally.at_end("two", lambda: done.append("two"))
    tally()
    assert done == ["two"]


class Slow(Value):
    """A value that has to be waited for."""

    @override
    async def boolean(self, call: Call) -> bool:
        """Wait for ever."""
        await asyncio.get_running_loop().create_future()
        return True


def test_what_would_have_to_be_waited_for_fails() -> None:
    """When a call is over nothing can be waited for any more."""

    async def run() -> None:
        increment = Increment(Slow(None), Value("1"), None)
        with pytest.raises(ExpressionFailed, match="not there any more"):
            increment.amount(Limited().begin(Asked()))

    asyncio.run(run())

"""Does each gateway have a runtime of its own, made when it is needed?"""

import asyncio

from mockserver.gateway.hosts import Hosts
from mockserver.gateway.runtime import Runtime


def made() -> Runtime:
    return Runtime(lambda: 0.0, Hosts({}, []))


def test_what_belongs_to_a_loop_is_made_on_it() -> None:
    """Once: whoever asks again gets the same."""

    async def play() -> None:
        runtime = made()
        assert runtime.forwarder is runtime.forwarder
        assert runtime.deadlines is runtime.deadlines
        runtime.close()

    asyncio.run(play())


def test_a_runtime_may_be_closed_unused() -> None:
    """An emulator that had no call has nothing to close, and no loop is needed."""
    runtime = made()
    runtime.close()
    assert runtime._forwarder is None


def test_two_runtimes_share_nothing() -> None:
    """What a policy keeps is kept for each gateway apart."""
    one, other, policy = made(), made(), object()
    one.memory[policy]["count"] = 1
    assert other.memory[policy] == {}
    assert one.quotas is not other.quotas

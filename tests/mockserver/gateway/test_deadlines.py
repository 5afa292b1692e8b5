"""Is what has passed its deadline called once, and nothing else?"""

import asyncio

from mockserver.gateway.deadlines import Deadlines


def test_what_is_due_is_called_once_and_what_was_dropped_never() -> None:
    """The order of the deadlines does not matter."""

    async def play() -> list[str]:
        deadlines, called = Deadlines(), []
        late = asyncio.Event()
        deadlines.after(0.03, lambda: called.append("first"))
        dropped = deadlines.after(0.0, lambda: called.append("dropped"))
        deadlines.after(0.06, late.set)
        deadlines.drop(dropped)
        deadlines.drop(dropped)
        await asyncio.wait_for(late.wait(), 5)
        return called

    assert asyncio.run(play()) == ["first"]


def test_the_timer_begins_again_after_a_pause() -> None:
    """A deadline that is set when there was none for a while is kept as well."""

    async def play() -> int:
        deadlines, count = Deadlines(), 0
        for _ in range(2):
            passed = asyncio.Event()
            deadlines.after(0.0, passed.set)
            await asyncio.wait_for(passed.wait(), 5)
            count += 1
            await asyncio.sleep(0.05)
        return count

    assert asyncio.run(play()) == 2

"""Does limit-concurrency let so many in at once, and is a place free again whatever happened?"""

import asyncio
from contextlib import suppress

import pytest
from typing_extensions import override

from mockserver.gateway.call import Call
from mockserver.gateway.element import DocumentNotUsable
from mockserver.gateway.errors import GatewayFailure, internal
from mockserver.gateway.policies.limit_concurrency import LimitConcurrency
from mockserver.gateway.policy import Place, Policy
from tests.mockserver.gateway.policies.limited import Asked, Limited, failure_of, told

BY_USER = "@(context.Request.Headers.GetValueOrDefault(&quot;X-User&quot;, &quot;nobody&quot;))"


class Waiting(Policy):
    """Runs until it is let go, and fails if that is wanted."""

    name = "waiting"
    place = Place("api", "inbound", "waiting[1]")

    def __init__(self) -> None:
        self.entered = 0
        self.go = asyncio.Event()
        self.fails = False

    @override
    async def run(self, call: Call) -> None:
        self.entered += 1
        await self.go.wait()
        if self.fails:
            raise internal("waiting", "Reason", "It failed.")


def around(waiting: Waiting, most: int = 2, key: str = BY_USER, times: int = 1) -> Limited:
    """Return documents whose policies hold one that waits."""
    text = f'<limit-concurrency key="{key}" max-count="{most}"><choose><when condition="true" />'
    limited = Limited(*[f"{text}</choose></limit-concurrency>"] * times, scope="api")
    for policy in limited.inbound:
        assert isinstance(policy, LimitConcurrency)
        policy.within = (waiting,)
    return limited


async def status_of(limited: Limited, user: str = "a") -> int:
    """Return the status of a call."""
    return (await limited.answer(Asked(headers={"X-User": user}))).status


def taken(limited: Limited) -> int:
    """Return how many keys have places that are taken."""
    return len(limited.runtime.memory[LimitConcurrency]["taken"])


def test_one_too_many_is_refused_at_once() -> None:
    """With 429; who is in is not disturbed, and others have places of their own."""

    async def run() -> None:
        waiting = Waiting()
        limited = around(waiting)
        calls = [asyncio.create_task(status_of(limited)) for _ in range(2)]
        await asyncio.sleep(0)
        response = await limited.answer(Asked(headers={"X-User": "a"}))
        assert (response.status, told(response)) == (429, "Concurrency limit is exceeded.")
        reason = "ConcurrencyLimitExceeded"
        assert failure_of(limited) == ("limit-concurrency", reason, told(response))
        other = asyncio.create_task(status_of(limited, "b"))
        await asyncio.sleep(0)
        assert (waiting.entered, taken(limited)) == (3, 2)
        waiting.go.set()
        assert await asyncio.gather(*calls, other) == [200, 200, 200]
        assert await status_of(limited) == 200
        assert taken(limited) == 0

    asyncio.run(run())


@pytest.mark.parametrize("ending", ["failure", "cancellation"])
def test_a_place_is_free_again_however_a_call_ends(ending: str) -> None:
    """A failure within, or a caller who goes, gives it back."""

    async def run() -> None:
        waiting = Waiting()
        limited = around(waiting, most=1)
        first = asyncio.create_task(status_of(limited))
        await asyncio.sleep(0)
        assert await status_of(limited) == 429
        if ending == "failure":
            waiting.fails = True
            waiting.go.set()
            assert await first == 500
            waiting.fails = False
        else:
            first.cancel()
            with suppress(asyncio.CancelledError):
                await first
            waiting.go.set()
        assert taken(limited) == 0
        assert await status_of(limited) == 200

    asyncio.run(run())


def test_policies_with_the_same_key_share_their_places() -> None:
    """Two documents count together."""

    async def run() -> None:
        waiting = Waiting()
        limited = around(waiting, most=1, key="shared", times=2)
        first, second = limited.inbound
        call = limited.begin(Asked())
        running = asyncio.create_task(first.run(call))
        await asyncio.sleep(0)
        with pytest.raises(GatewayFailure):
            await second.run(limited.begin(Asked()))
        waiting.go.set()
        await running
        await second.run(limited.begin(Asked()))

    asyncio.run(run())


def test_a_reset_does_not_confuse_who_is_within() -> None:
    """What leaves after it gives back a place that nobody counts any more."""

    async def run() -> None:
        waiting = Waiting()
        limited = around(waiting, most=1)
        first = asyncio.create_task(status_of(limited))
        await asyncio.sleep(0)
        limited.runtime.memory.clear()
        second = asyncio.create_task(status_of(limited))
        await asyncio.sleep(0)
        waiting.go.set()
        assert list(await asyncio.gather(first, second)) == [200, 200]
        assert taken(limited) == 0

    asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('<limit-concurrency key="a" max-count="1" />', "a policy is needed within"),
        (
            '<limit-concurrency key="a" max-count="0"><base /></limit-concurrency>',
            "no whole number from 1",
        ),
        (
            '<limit-concurrency key="a" max-count="@(1)"><base /></limit-concurrency>',
            "an expression cannot be used here",
        ),
        (
            '<limit-concurrency max-count="1"><base /></limit-concurrency>',
            "'key' is missing",
        ),
        (
            '<limit-concurrency key="a" max-count="1"><nothing /></limit-concurrency>',
            "'nothing' is not supported",
        ),
    ],
)
def test_what_is_not_documented_is_refused(text: str, problem: str) -> None:
    """When the document is read, with what is wrong."""
    with pytest.raises(DocumentNotUsable, match=problem):
        Limited(text)

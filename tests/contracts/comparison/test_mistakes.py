"""Is each mistake of a gateway found, and blamed on the right side?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from contracts.comparison.compare import Comparison, Verdict, compare, learn_noise
from contracts.comparison.recording import Recording, record
from contracts.comparison.replay import opened
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import SUBSCRIPTION_KEY, Target
from mockserver.ready_file import Ready
from tests.contracts.comparison import replies_changed, requests_changed
from tests.contracts.comparison.mistakes import MISTAKES, Mistake
from tests.contracts.comparison.passing_proxy import (
    Behaviour,
    Memory,
    Message,
    PassingProxy,
    Send,
    honest,
    passing_proxy,
)
from tests.contracts.conftest import direct

BANK = [requests_changed, replies_changed]
CHECKS = (
    "probes",
    "howto_request_is_scored",
    "result_opens_with_its_token",
    "job_starts_once",
    "missing_column_is_refused",
    "cancelled_job_stays_cancelled",
)
"""Enough to bring every mistake up; a full run is compared elsewhere."""


@dataclass(frozen=True)
class World:
    """A service, a proxy in front of it, and what was recorded of the service alone."""

    recording: Recording
    candidate: Target
    front: PassingProxy

    def compared(self, behaviour: Behaviour) -> Comparison:
        """Compare the service with itself behind a proxy that has a mistake."""
        with (
            self.front.behaving(behaviour),
            opened("candidate", self.candidate, needs_storage=True) as side,
        ):
            return compare(self.recording, None, side, [])


def recorded(primary: Target, *only: str) -> Recording:
    """Record some checks and learn the noise, once for all mistakes."""
    recording = record(primary, Plan(Profile.CI, only=only))
    assert recording.incomplete == ""
    with opened("secondary", primary, needs_storage=True) as side:
        return replace(recording, noise=learn_noise(recording, side))


@pytest.fixture(scope="module")
def plain(world: Ready) -> Iterator[World]:
    """Put a proxy in front of the services."""
    primary = direct(world)
    with passing_proxy(primary.url) as front:
        candidate = replace(primary, url=front.url, subscription_key="a key of the gateway")
        yield World(recorded(primary, *CHECKS), candidate, front)


@pytest.fixture(scope="module")
def echoing(world: Ready) -> Iterator[World]:
    """Let the backend tell what it has received, and put a proxy in front of that."""
    target = direct(world)
    with passing_proxy(target.url) as backend, passing_proxy(backend.url) as front:
        backend.behaviour = echo
        primary = replace(target, url=backend.url)
        candidate = replace(primary, url=front.url, subscription_key="a key of the gateway")
        yield World(recorded(primary, "probes", "job_starts_once"), candidate, front)


async def echo(call: Message, send: Send, _: Memory) -> Message:
    """Answer as the service does, and repeat the request in headers; be busy for cookies."""
    reply = await send(call)
    if call.header("Cookie"):
        reply = reply.with_status(503).with_header("Retry-After", "7")
    received = [("X-Received-Target", call.target.partition("/services/")[2])]
    received += [
        (f"X-Received-{name}", value)
        for name, value in call.headers
        if name.lower() not in {"host", "content-length", "x-probe-large"} and len(value) < 500
    ]
    received.append(("X-Received-Body", hashlib.sha256(call.body).hexdigest()[:16]))
    return replace(reply, headers=(*reply.headers, *received))


def without_key(behaviour: Behaviour) -> Behaviour:
    """Take the gateway's own key out behind a mistake, as a policy should."""

    async def behave(call: Message, send: Send, memory: Memory) -> Message | bytes | None:
        async def send_less(call: Message) -> Message:
            return await send(call.with_header(SUBSCRIPTION_KEY, None))

        return await behaviour(call, send_less, memory)

    return behave


@pytest.mark.parametrize("one", MISTAKES, ids=[one.name for one in MISTAKES])
def test_a_mistake_is_found_and_blamed(one: Mistake, plain: World, echoing: World) -> None:
    """Where it is seen, by the call that shows it, on whose account; and in no other part."""
    world = echoing if one.needs_echo else plain
    has_policy = one.needs_echo and not one.is_leak
    behaviour = without_key(one.behaviour) if has_policy else one.behaviour
    found = world.compared(behaviour).found
    places = {key[:3] for key, _ in found}
    assert set(one.places) <= places
    assert {verdict for _, verdict in found} == {one.verdict}
    shown_by = {it.primary.label for (key, _), it in found.items() if key[:3] in one.places}
    assert not one.label or one.label in shown_by
    expected = {*one.shows, *(part for _, part, _ in one.places)}
    assert not one.shows or {part for _, part, _ in places} <= expected


def test_a_proxy_without_a_mistake_shows_nothing(plain: World, echoing: World) -> None:
    """So what is found in the others is their mistake."""
    for world, behaviour in ((plain, honest), (echoing, without_key(honest))):
        comparison = world.compared(behaviour)
        assert comparison.found == {}
        assert (comparison.incomplete, comparison.unsendable, comparison.exit_code) == ("", 0, 0)
        assert comparison.pairs.total() == len(list(world.recording.exchanges))


def test_the_bank_is_large_and_names_its_mistakes() -> None:
    """Twenty-five were asked for; each has a name of its own, and is not only an echo."""
    assert len(BANK) == 2
    assert len({one.name for one in MISTAKES}) == len(MISTAKES) >= 70
    assert sum(not one.needs_echo for one in MISTAKES) >= 60
    assert {one.verdict for one in MISTAKES} >= {
        Verdict.GATEWAY_ALTERED,
        Verdict.GATEWAY_REFUSED,
        Verdict.TRANSPORT,
    }

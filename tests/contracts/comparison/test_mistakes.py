"""Is each mistake of a gateway found, and blamed on the right side?"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.comparison.compare import Verdict
from mockserver.ready_file import Ready
from tests.contracts.comparison import replies_changed, requests_changed
from tests.contracts.comparison.mistakes import MISTAKES, Mistake
from tests.contracts.comparison.passing_proxy import honest, passing_proxy
from tests.contracts.comparison.world import CHECKS, World, echo, recorded, without_key
from tests.contracts.conftest import direct

pytestmark = pytest.mark.slow

BANK = [requests_changed, replies_changed]


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

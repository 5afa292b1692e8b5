"""Is the cache bounded, does it forget in time, and where does a call go on after a hit?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.cache import CAPACITY, Downstream, Missed, after_store, cache_of
from tests.mockserver.gateway.policy_calls import Stage, read

KEYS = st.tuples(st.sampled_from("abc"))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, st.integers(0, 20)),
        st.tuples(st.just("remove"), KEYS, st.just(0)),
        st.tuples(st.just("wait"), KEYS, st.integers(0, 10)),
    )
)


@given(STEPS)
def test_it_keeps_what_a_dictionary_with_ends_would(
    steps: list[tuple[str, tuple[str], int]],
) -> None:
    """Whatever is put in, taken out and waited for, it holds what has not ended yet."""
    stage = Stage()
    cache = cache_of(stage.runtime)
    model: dict[tuple[str], tuple[int, float]] = {}
    for number, (what, key, seconds) in enumerate(steps):
        if what == "put":
            cache.put(key, number, stage.time + seconds, 10)
            model[key] = number, stage.time + seconds
        elif what == "remove":
            cache.remove(key)
            model.pop(key, None)
        else:
            stage.time += seconds
        for each in ("a",), ("b",), ("c",):
            kept, ends = model.get(each, (None, 0.0))
            assert cache.get(each) == (kept if ends > stage.time else None)


def test_what_was_not_used_makes_room() -> None:
    """Above its capacity the cache forgets what was not used for the longest time."""
    stage = Stage()
    cache = cache_of(stage.runtime)
    third = CAPACITY // 3
    for key in "ab":
        cache.put((key,), key, stage.time + 60, third)
    assert cache.get(("a",)) == "a"
    cache.put(("c",), "c", stage.time + 60, third)
    assert [cache.get((key,)) for key in "abc"] == ["a", None, "c"]


def test_small_entries_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries without a body count as well, so there are never too many."""
    monkeypatch.setattr("mockserver.gateway.cache.CAPACITY", 100 << 10)
    stage = Stage()
    cache = cache_of(stage.runtime)
    for number in range(1000):
        cache.put((number,), b"", stage.time + 60, 0)
    assert len(cache) == 100


def test_what_can_never_fit_is_not_kept() -> None:
    """A value above the capacity is left out and throws nothing else out."""
    stage = Stage()
    cache = cache_of(stage.runtime)
    cache.put(("a",), 1, stage.time + 60, 1)
    cache.put(("b",), 2, stage.time + 60, CAPACITY)
    assert (cache.get(("a",)), cache.get(("b",))) == (1, None)


def test_a_miss_is_forgotten_with_its_call() -> None:
    """What a call looked for is known until it is over."""
    stage = Stage()
    call, cache = stage.call(), cache_of(stage.runtime)
    missed = Missed(("key",), Downstream())
    cache.note_miss(call, missed)
    assert cache.missed(call) is missed
    for done in call.at_end:
        done()
    assert cache.missed(call) is None


STORE = '<cache-store duration="1" />'
RETRY = f"<retry condition='false' count='1' interval='1'>{STORE}</retry>"


@pytest.mark.parametrize(
    ("outbound", "left"),
    [
        (
            f"<json-to-xml apply='always' />{STORE}<redirect-content-urls />",
            ["redirect-content-urls"],
        ),
        (STORE, []),
        ("<redirect-content-urls />", ["redirect-content-urls"]),
        (
            f"<choose><when condition='false'>{STORE}</when></choose><redirect-content-urls />",
            ["redirect-content-urls"],
        ),
        (
            f"<choose><when condition='true' /><otherwise>{RETRY}</otherwise></choose>",
            [],
        ),
    ],
)
def test_where_a_call_goes_on_after_a_hit(outbound: str, left: list[str]) -> None:
    """After cache-store, or after what holds it; without one nothing is left out."""
    assert [policy.name for policy in after_store(read(outbound=outbound)["outbound"])] == left

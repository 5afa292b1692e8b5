"""Do results come in the order of what is worked on, and is no more of it under way than said?"""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.batch.in_order import in_order


def nothing() -> None: ...


@given(count=st.integers(0, 30), threads=st.integers(1, 4))
def test_results_come_in_order(count: int, threads: int) -> None:
    """Whoever is done first, results come as the items did."""
    first = threading.Event()

    def work(item: int) -> int:
        # The first is done last of those that begin together.
        if item == 0 and threads > 1 and count > 1:
            first.wait(10)
        first.set()
        return item * item

    assert list(in_order(iter(range(count)), work, threads, nothing)) == [
        item * item for item in range(count)
    ]


def test_failures_come_at_their_place() -> None:
    """The first failure is raised, after the results before it."""

    def work(item: int) -> int:
        if item in (3, 4):
            raise ValueError(item)
        return item

    seen: list[int] = []
    with pytest.raises(ValueError, match="3"):
        noted(in_order(iter(range(9)), work, 3, nothing), seen)
    assert seen == [0, 1, 2]


def noted(results: Iterator[int], seen: list[int]) -> None:
    """Note what comes before a failure."""
    for result in results:
        seen.append(result)  # noqa: PERF402  the list keeps what came


def test_a_failure_of_the_items_comes_last() -> None:
    """What the items raise waits until all before it are worked on."""

    def items() -> Iterator[int]:
        yield from (1, 2)
        raise KeyError("end")

    seen: list[int] = []
    with pytest.raises(KeyError):
        noted(in_order(items(), lambda item: item, 2, nothing), seen)
    assert seen == [1, 2]


def test_few_items_are_under_way() -> None:
    """A slow reader of results keeps the rest from being begun."""
    begun = 0

    def items() -> Iterator[int]:
        nonlocal begun
        while begun < 100:
            begun += 1
            yield begun

    for result in in_order(items(), lambda item: item, 2, nothing):
        assert begun <= result + 3


def test_check_is_called_while_work_takes_long() -> None:
    """Work that does not end is waited for, and `check` is asked meanwhile."""
    go_on, calls = threading.Event(), iter(range(3))

    def check() -> None:
        if next(calls, None) is None:
            go_on.set()

    results = in_order(iter([1]), lambda item: go_on.wait(60) and item, 1, check)
    assert list(results) == [1]

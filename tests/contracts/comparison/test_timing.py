"""Is a shift of times told from chance?"""

import random

from contracts.comparison.timing import FEWEST_PAIRS, MOST_PAIRS, p_value, timings


def test_a_shift_that_is_always_there_is_no_chance() -> None:
    """Every pair a little slower gives a small p and the shift itself."""
    pairs = {"execute": [(0.010 + n / 1e4, 0.012 + n / 1e4) for n in range(40)]}
    (told,) = timings(pairs, 1)
    assert round(told.shift, 6) == 2.0
    assert told.p_value is not None
    assert told.p_value < 0.01
    assert sum(told.primary_bars) == sum(told.candidate_bars) == 40


def test_chance_is_no_shift() -> None:
    """Differences to both sides alike give a large p."""
    assert p_value([(-1) ** n * (1 + n // 2) for n in range(40)], random.Random(1)) > 0.5
    assert p_value([0.0] * 10, random.Random(1)) == 1.0


def test_one_outlier_is_no_shift() -> None:
    """One call that took very long says little: ranks are compared, not times."""
    shifts = [(-1) ** n * (1.0 + n // 2) for n in range(40)]
    shifts[0] = 10_000.0
    assert p_value(shifts, random.Random(1)) > 0.2


def test_the_same_seed_says_the_same() -> None:
    """A p-value depends on the seed and the times alone, also where pairs are drawn."""
    chance = random.Random(5)
    pairs = {"execute": [(chance.random(), chance.random()) for _ in range(MOST_PAIRS + 50)]}
    assert timings(pairs, 1) == timings(pairs, 1)


def test_few_pairs_say_nothing() -> None:
    """With too few pairs there is no p-value, and one pair has its own quantiles."""
    (told,) = timings({"execute": [(0.001, 0.002)] * (FEWEST_PAIRS - 1)}, 1)
    assert told.p_value is None
    (single,) = timings({"execute": [(0.001, 0.002)]}, 1)
    assert single.candidate == (2.0, 2.0, 2.0)

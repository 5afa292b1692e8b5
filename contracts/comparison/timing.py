"""Does the candidate take longer? Informative: times of a shared machine prove little.

Every call was made on both sides, so the differences of pairs are looked at: their median, and the
signed-rank statistic under random signs (a permutation test, two-sided, seeded). A p-value says how
often chance alone would shift as much.
"""

import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from contracts.reporting.content import BOUNDS

TEST = "paired signed-rank test under 2,000 seeded random sign changes, two-sided"
MOST_PAIRS = 300
"""More pairs than this are drawn from, with the seed."""
FEWEST_PAIRS = 6
"""With fewer, no p-value can be small."""
_SHUFFLES = 2000


@dataclass(frozen=True)
class Timing:
    """How long one operation takes on both sides, in milliseconds."""

    operation: str
    pairs: int
    primary: tuple[float, float, float]
    """p50, p95, p99."""
    candidate: tuple[float, float, float]
    shift: float
    """The median of candidate less primary, call by call."""
    p_value: float | None
    """None where there are too few pairs."""
    primary_bars: tuple[int, ...] = ()
    """Calls by their time, up to each of BOUNDS."""
    candidate_bars: tuple[int, ...] = ()


def timings(pairs: Mapping[str, Sequence[tuple[float, float]]], seed: int) -> list[Timing]:
    """Return what the times say, by operation."""
    return [_timing(name, times, seed) for name, times in sorted(pairs.items())]


def _timing(operation: str, times: Sequence[tuple[float, float]], seed: int) -> Timing:
    chance = random.Random(f"{seed} {operation}")  # noqa: S311  nothing secret
    shifts = [(candidate - primary) * 1000 for primary, candidate in times]
    drawn = shifts if len(shifts) <= MOST_PAIRS else chance.sample(shifts, MOST_PAIRS)
    return Timing(
        operation,
        len(times),
        _cuts(1000 * primary for primary, _ in times),
        _cuts(1000 * candidate for _, candidate in times),
        median(shifts),
        p_value(drawn, chance) if len(drawn) >= FEWEST_PAIRS else None,
        _bars(1000 * primary for primary, _ in times),
        _bars(1000 * candidate for _, candidate in times),
    )


def _bars(times: Iterable[float]) -> tuple[int, ...]:
    bars = [0] * (len(BOUNDS) + 1)
    for time in times:
        bars[bisect_left(BOUNDS, time)] += 1
    return tuple(bars)


def _cuts(times: Iterable[float]) -> tuple[float, float, float]:
    known = list(times)
    cuts = quantiles(known, n=100, method="inclusive") if len(known) > 1 else known * 99
    return cuts[49], cuts[94], cuts[98]


def p_value(shifts: Sequence[float], chance: random.Random) -> float:
    """Return how often random signs give a sum of signed ranks as far from zero as this one."""
    ranks = _ranks([abs(shift) for shift in shifts])
    signed = [rank if shift > 0 else -rank for rank, shift in zip(ranks, shifts, strict=True)]
    moved = [rank for rank, shift in zip(signed, shifts, strict=True) if shift]
    if not moved:
        return 1.0
    seen = abs(sum(moved))
    as_far = 0
    for _ in range(_SHUFFLES):
        bits = chance.getrandbits(len(moved))
        total = sum(rank if bits >> place & 1 else -rank for place, rank in enumerate(moved))
        as_far += abs(total) >= seen
    return (as_far + 1) / (_SHUFFLES + 1)


def _ranks(sizes: Sequence[float]) -> list[float]:
    """Return the rank of each size, equal ones sharing theirs."""
    order = sorted(range(len(sizes)), key=sizes.__getitem__)
    ranks = [0.0] * len(sizes)
    start = 0
    while start < len(order):
        stop = start
        while stop < len(order) and sizes[order[stop]] == sizes[order[start]]:
            stop += 1
        for place in order[start:stop]:
            ranks[place] = (start + stop + 1) / 2
        start = stop
    return ranks

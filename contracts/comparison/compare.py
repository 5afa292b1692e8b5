"""Which differences are neither noise nor allowed, and who made them?"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.comparison.allowed import Allowed, stale
from contracts.comparison.difference import NO_OPERATION, Difference, Key, differences, is_refused
from contracts.comparison.equal_parts import comparable, is_poll
from contracts.comparison.gateway_log import GatewayLog
from contracts.comparison.recording import Recording
from contracts.comparison.replay import Pair, Side
from contracts.exchange import Exchange

Watch = Callable[[str, int, int], None]
"""Is told the side, the number of the call, and how many there are."""

MOST_VARIANTS = 50
MOST_TRACES = 20


class Verdict(StrEnum):
    """Who made the difference."""

    GATEWAY_REFUSED = "gateway refused"
    GATEWAY_ALTERED = "gateway altered"
    BACKEND_ALTERED = "backend altered"
    TRANSPORT = "transport"


@dataclass
class Found:
    """One kind of difference, with the first pair that shows it."""

    difference: Difference
    verdict: Verdict
    primary: Exchange
    candidate: Exchange
    count: int = 1
    """In how many calls."""
    log_row: dict[str, object] | None = None
    """The gateway's own log row of the candidate's call, where it offers one."""
    sent: Exchange | None = None
    """The candidate's call as it was on the wire."""
    trace: str = ""
    """What the gateway says of the call, step by step, where it can be sent once more."""
    variants: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Values of primary and candidate, the first few of them."""


@dataclass
class Comparison:
    """What came of a comparison."""

    recording: Recording
    found: dict[tuple[Key, Verdict], Found] = field(default_factory=dict)
    noise: Counter[Key] = field(default_factory=Counter)
    """In how many calls primary and secondary disagreed."""
    suppressed: Counter[Key] = field(default_factory=Counter)
    """In how many calls the candidate disagreed where these two do as well."""
    allowed: list[Allowed] = field(default_factory=list)
    pairs: Counter[str] = field(default_factory=Counter)
    """Calls that were compared, by operation."""
    strayed: int = 0
    """Calls that differ, but about a job that went another way before."""
    unsendable: int = 0
    """Calls of recorded traffic that HTTP cannot carry."""
    incomplete: str = ""
    """Why not every call was compared."""
    seconds: float = 0.0
    timings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By operation: seconds of primary and candidate, call by call."""

    @property
    def stale(self) -> list[Allowed]:
        """Predictions that did not come true, of a run that should have met them."""
        return [] if self.incomplete or not self.recording.is_full else stale(self.allowed)

    @property
    def exit_code(self) -> int:
        """0: nothing but noise and what is allowed, 1: differences, 2: not all was compared."""
        if self.found or self.stale:
            return 1
        return 0 if self.pairs and not self.incomplete else 2


def learn_noise(
    recording: Recording, secondary: Side, watch: Watch = lambda *_: None
) -> Counter[Key]:
    """Send a recording to the primary again, or to its like, and count what differs.

    The primary's own times are then those of this replay: they are taken as the candidate's are.
    """
    noise: Counter[Key] = Counter()
    is_primary = secondary.target == recording.target
    total = len(recording.steps)
    for number, pair in enumerate(secondary.replay(recording), 1):
        watch(secondary.name, number, total)
        found = differences(*comparable(pair.recorded, pair.came))
        noise.update({difference.key for difference in found})
        if is_primary:
            pair.recorded.seconds = pair.came.seconds
    return noise


def compare(
    recording: Recording,
    secondary: Side | None,
    candidate: Side,
    allowed: list[Allowed],
    log: GatewayLog | None = None,
    watch: Watch = lambda *_: None,
) -> Comparison:
    """Send a recording to both sides and explain what differs.

    Without a secondary there is only the noise that the recording brings along.
    """
    begun = time.monotonic()
    noise = recording.noise or Counter()
    if secondary is not None:
        noise = learn_noise(recording, secondary, watch)
    result = Comparison(recording, noise=noise, allowed=allowed)
    total = len(recording.steps)
    for number, pair in enumerate(candidate.replay(recording), 1):
        watch(candidate.name, number, total)
        _look_at(result, pair, candidate, log)
    _drop_noise(result)
    for found in list(result.found.values())[:MOST_TRACES]:
        found.trace = log.trace(candidate, found.sent) if log and found.sent else ""
    reasons = [recording.incomplete, secondary.incomplete if secondary else ""]
    result.incomplete = "; ".join(filter(None, [*reasons, candidate.incomplete]))
    result.unsendable = candidate.unsendable
    result.seconds = time.monotonic() - begun
    return result


def _look_at(result: Comparison, pair: Pair, candidate: Side, log: GatewayLog | None) -> None:
    """Compare one call."""
    operation = pair.recorded.operation or NO_OPERATION
    found = differences(*comparable(pair.recorded, pair.came))
    if found and pair.has_strayed and not is_refused(pair.recorded, pair.came):
        # What the job missed has been told, or it went on while a limit was waited for.
        result.strayed += 1
        return
    result.pairs[operation] += 1
    if pair.recorded.reply and pair.came.reply and not is_poll(pair.recorded):
        timing = (pair.recorded.seconds, pair.came.seconds)
        result.timings.setdefault(operation, []).append(timing)
    left = [difference for difference in found if not _is_allowed(result, difference, pair)]
    is_worth_asking = any(not result.noise[difference.key] for difference in left)
    row = log.row(candidate.raw[-1]) if log and is_worth_asking else None
    if not left:
        return
    verdict = _verdict(pair, row, has_gateway=candidate.target.has_gateway)
    kinds: dict[Key, list[Difference]] = {}
    for difference in left:
        kinds.setdefault(difference.key, []).append(difference)
    for alike in kinds.values():
        sent = candidate.raw[-1]
        _count(result, Found(alike[0], verdict, pair.recorded, pair.came, 0, row, sent), alike)


def _is_allowed(result: Comparison, difference: Difference, pair: Pair) -> bool:
    for entry in result.allowed:
        if entry.fits(difference, pair.recorded.request.target, pair.came):
            entry.count += 1
            return True
    return False


def _count(result: Comparison, found: Found, alike: list[Difference]) -> None:
    """Count a call once, however many of its fields differ in this way."""
    known = result.found.setdefault((found.difference.key, found.verdict), found)
    known.count += 1
    for difference in alike:
        values = difference.primary, difference.candidate
        if values in known.variants or len(known.variants) < MOST_VARIANTS:
            known.variants[values] += 1


def _verdict(pair: Pair, row: dict[str, object] | None, *, has_gateway: bool) -> Verdict:
    """Say who made the difference; the gateway's own log knows what its backend answered."""
    recorded, came = pair.recorded.reply, pair.came.reply
    if came is None or recorded is None:
        return Verdict.TRANSPORT
    if not has_gateway and not came.is_gateway_refusal:
        return Verdict.BACKEND_ALTERED
    if is_refused(pair.recorded, pair.came):
        return Verdict.GATEWAY_REFUSED
    backend = row.get("backendResponseCode") if row else None
    if row and backend is None and came.status >= 400:
        return Verdict.GATEWAY_REFUSED
    if backend is not None and backend != recorded.status:
        return Verdict.BACKEND_ALTERED
    return Verdict.GATEWAY_ALTERED


NOISE_MARGIN = 1.2
"""The candidate may disagree a little more often than the secondary before it is a difference."""


def _drop_noise(result: Comparison) -> None:
    """Take out what primary and secondary disagree in about as often (after Diffy)."""
    counts: Counter[Key] = Counter()
    for (key, _), found in result.found.items():
        counts[key] += found.count
    for key_and_verdict, found in list(result.found.items()):
        key = key_and_verdict[0]
        if result.noise[key] and counts[key] <= result.noise[key] * NOISE_MARGIN + 1:
            result.suppressed[key] += found.count
            del result.found[key_and_verdict]

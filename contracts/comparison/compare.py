"""Which differences are neither noise nor allowed, and who made them?"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.comparison.allowed import Allowed, stale
from contracts.comparison.difference import Difference, differences
from contracts.comparison.gateway_log import GatewayLog
from contracts.comparison.recording import Recording, is_poll
from contracts.comparison.replay import Side, is_on_the_way, without_signature
from contracts.exchange import Exchange

Key = tuple[str, str, str]


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
    log_row: object = None
    """The gateway's own log row of the candidate's call, where it offers one."""


@dataclass
class Comparison:
    """What came of a comparison."""

    recording: Recording
    found: dict[tuple[Key, Verdict], Found] = field(default_factory=dict)
    noise: Counter[Key] = field(default_factory=Counter)
    """How often primary and secondary disagreed."""
    suppressed: Counter[Key] = field(default_factory=Counter)
    """How often the candidate disagreed where these two do as well."""
    allowed: list[Allowed] = field(default_factory=list)
    pairs: Counter[str] = field(default_factory=Counter)
    """Calls that were compared, by operation."""
    seconds: float = 0.0
    timings: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By operation: seconds of primary and candidate, call by call."""

    @property
    def stale(self) -> list[Allowed]:
        """Predictions that did not come true."""
        return stale(self.allowed)

    @property
    def exit_code(self) -> int:
        """0: nothing but noise and what is allowed, 1: differences, 2: nothing was compared."""
        if self.found or self.stale:
            return 1
        return 0 if self.pairs else 2


def compare(
    recording: Recording,
    secondary: Side,
    candidate: Side,
    allowed: list[Allowed],
    log: GatewayLog | None = None,
    watch: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Send a recording to both sides and explain what differs."""
    begun = time.monotonic()
    result = Comparison(recording, allowed=allowed)
    watch("secondary")
    for recorded, came in secondary.replay(recording):
        if not is_on_the_way(recorded):
            for difference in differences(*map(without_signature, (recorded, came))):
                result.noise[difference.key] += 1
    watch("candidate")
    for recorded, came in candidate.replay(recording):
        result.pairs[recorded.operation or ""] += 1
        if not is_poll(recorded):
            timing = (recorded.seconds, came.seconds)
            result.timings.setdefault(recorded.operation or "", []).append(timing)
        if is_on_the_way(recorded) and is_poll(came):
            continue
        for difference in differences(*map(without_signature, (recorded, came))):
            _explain(result, difference, recorded, came, log)
    _drop_noise(result)
    result.seconds = time.monotonic() - begun
    return result


def _explain(
    result: Comparison,
    difference: Difference,
    recorded: Exchange,
    came: Exchange,
    log: GatewayLog | None,
) -> None:
    """Let an entry that allows it take it, or keep it with its verdict."""
    for entry in result.allowed:
        if entry.fits(difference, recorded.request.target, came):
            entry.count += 1
            return
    is_new = all(key != difference.key for key, _ in result.found)
    row = log.row(came) if log and is_new else None
    verdict = _verdict(recorded, came, row)
    known = result.found.setdefault(
        (difference.key, verdict), Found(difference, verdict, recorded, came, 0, row)
    )
    known.count += 1


def _verdict(recorded: Exchange, came: Exchange, row: dict[str, object] | None) -> Verdict:
    if came.reply is None or recorded.reply is None:
        return Verdict.TRANSPORT
    if came.reply.is_gateway_refusal and not recorded.reply.is_gateway_refusal:
        return Verdict.GATEWAY_REFUSED
    backend = row.get("backendResponseCode") if row else None
    if backend is not None and backend != recorded.status:
        return Verdict.BACKEND_ALTERED
    return Verdict.GATEWAY_ALTERED


NOISE_MARGIN = 1.2
"""The candidate may disagree a little more often than the secondary before it is a difference."""


def _drop_noise(result: Comparison) -> None:
    """Take out what primary and secondary disagree in about as often (after Diffy)."""
    for key_and_verdict, found in list(result.found.items()):
        key = key_and_verdict[0]
        if result.noise[key] and found.count <= result.noise[key] * NOISE_MARGIN + 1:
            result.suppressed[key] += found.count
            del result.found[key_and_verdict]

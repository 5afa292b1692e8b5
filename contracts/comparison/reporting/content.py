"""What does every report of a comparison tell? Plain data, with no key left in it."""

from typing import Any

from contracts.comparison.allowed import Allowed
from contracts.comparison.compare import Comparison, Found
from contracts.comparison.difference import Key
from contracts.comparison.options import Options
from contracts.comparison.timing import TEST, Timing, timings
from contracts.exchange import Exchange
from contracts.reporting.content import masked
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl
from contracts.target import Target

VERSION = 1
"""The form of this content; it is counted up when a member changes its meaning."""


def verdict(comparison: Comparison) -> str:
    """Return the outcome as one line."""
    count, calls = len(comparison.found), sum(comparison.pairs.values())
    told = f"({calls:,} calls compared, {comparison.seconds:.1f} s)"
    parts = [f"{count} {'kind' if count == 1 else 'kinds'} of difference"] if count else []
    if comparison.stale:
        parts.append(f"{len(comparison.stale)} predicted and not seen")
    if parts:
        return f"different: {', '.join(parts)} {told}"
    if comparison.incomplete:
        return f"could not judge: {comparison.incomplete} {told}"
    if not calls:
        return f"could not judge: nothing was compared {told}"
    kinds = sum(entry.count > 0 for entry in comparison.allowed)
    may = f", beside {kinds} {'kind' if kinds == 1 else 'kinds'} that may be" if kinds else ""
    return f"the same: no difference{may} {told}"


def notes(comparison: Comparison) -> list[str]:
    """Return what a reader has to know, and is no difference."""
    told = list(comparison.recording.notes)
    if comparison.strayed:
        told.append(
            f"{comparison.strayed} calls were not judged: they are about jobs that went another"
            " way before, because one of their calls was refused on one side, or because a limit"
            " was waited for"
        )
    if comparison.unsendable:
        told.append(f"{comparison.unsendable} calls were not sent: HTTP cannot carry them")
    return told


def content(comparison: Comparison, options: Options, masking: Masking) -> dict[str, Any]:
    """Return a comparison as JSON can hold it."""
    recording = comparison.recording
    found = sorted(
        comparison.found.values(), key=lambda f: (f.verdict, f.difference.operation, -f.count)
    )
    told: dict[str, Any] = masked(
        masking,
        {
            "version": VERSION,
            "verdict": verdict(comparison),
            "exit_code": comparison.exit_code,
            "primary": {**_side(recording.target), "origin": recording.origin},
            "secondary": _side(options.secondary) if options.secondary else None,
            "candidate": _side(options.candidate) if options.candidate else None,
            "plan": {"profile": options.plan.profile.value, "seed": options.plan.seed},
            "calls": dict(sorted(comparison.pairs.items())),
            "seconds": round(comparison.seconds, 3),
            "incomplete": comparison.incomplete,
            "notes": notes(comparison),
            "found": [_found(comparison, f, options, masking) for f in found],
            "allowed": [_allowed(entry) for entry in comparison.allowed],
            "stale": [entry.name for entry in comparison.stale],
            "noise": [_noise(comparison, key, n) for key, n in sorted(comparison.noise.items())],
            "timing": {
                "test": TEST,
                "operations": [
                    _timing(timing) for timing in timings(comparison.timings, options.plan.seed)
                ],
            },
        },
    )
    return told


def _side(target: Target) -> dict[str, Any]:
    return {"url": target.url, "base": target.base, "has_gateway": target.has_gateway}


def _found(
    comparison: Comparison, found: Found, options: Options, masking: Masking
) -> dict[str, Any]:
    difference = found.difference
    calls = comparison.pairs[difference.operation]
    primary = options.primary or comparison.recording.target
    candidate = options.candidate or primary
    return {
        "verdict": found.verdict.value,
        "operation": difference.operation,
        "part": difference.part,
        "path": difference.path,
        "kind": difference.kind.value,
        "count": found.count,
        "calls": calls,
        "frequency": round(found.count / calls, 4) if calls else 0,
        "values": [
            {"primary": one, "candidate": other, "count": count}
            for (one, other), count in found.variants.most_common()
        ],
        "sent_by": found.primary.label,
        "primary": _call(found.primary),
        "candidate": _call(found.candidate),
        "curl": {
            "primary": as_curl(primary, found.primary.request, masking),
            "candidate": as_curl(candidate, found.candidate.request, masking),
        },
        "log_row": found.log_row,
        "trace": found.trace,
    }


def _call(exchange: Exchange) -> dict[str, Any]:
    reply = exchange.reply
    return {
        "request": f"{exchange.request.method} {exchange.request.target}",
        "status": exchange.status,
        "trouble": exchange.trouble,
        "headers": [f"{name}: {value}" for name, value in reply.headers] if reply else [],
        "body": _text(reply.body) if reply else "",
        "length": len(reply.body) if reply else 0,
        "outputs": {
            name: {"status": output.status, "body": _text(output.body)}
            for name, output in exchange.outputs.items()
        },
    }


def _text(body: bytes) -> str:
    return body[:_LONGEST].decode("utf-8", "backslashreplace")


_LONGEST = 20_000


def _allowed(entry: Allowed) -> dict[str, Any]:
    return {
        "name": entry.name,
        "reason": entry.reason,
        "source": entry.source,
        "count": entry.count,
        "expected": entry.expected,
    }


def _noise(comparison: Comparison, key: Key, count: int) -> dict[str, Any]:
    operation, part, path, kind = key
    return {
        "operation": operation,
        "part": part,
        "path": path,
        "kind": kind,
        "between_primary_and_secondary": count,
        "at_the_candidate": comparison.suppressed[key],
    }


def _timing(timing: Timing) -> dict[str, Any]:
    def cuts(values: tuple[float, float, float]) -> dict[str, float]:
        return dict(zip(("p50", "p95", "p99"), (round(v, 1) for v in values), strict=True))

    return {
        "operation": timing.operation,
        "pairs": timing.pairs,
        "primary_ms": cuts(timing.primary),
        "candidate_ms": cuts(timing.candidate),
        "shift_ms": round(timing.shift, 2),
        "p_value": None if timing.p_value is None else round(timing.p_value, 4),
        "bars": {"primary": list(timing.primary_bars), "candidate": list(timing.candidate_bars)},
    }

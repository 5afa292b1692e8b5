"""In what do two replies to the same request differ, field by field?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contracts.exchange import NOT_JSON, Exchange, Reply

ABSENT = "(absent)"
NO_OPERATION = "(no operation)"
"""For calls whose address or method the contract does not know."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same."""

    operation: str
    part: str
    """`refusal`, `status`, `header`, `body` (a JSON path), `bytes` or `transport`."""
    path: str
    """Which header, or where in the body: `$.Results.output1.value.Values[*][1]`."""
    primary: str
    candidate: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two differences the same kind: operation, part and path."""
        return self.operation, self.part, self.path


def differences(primary: Exchange, candidate: Exchange) -> list[Difference]:
    """Return every difference between two replies, in the order status, headers, body."""
    operation = primary.operation or NO_OPERATION
    one, other = primary.reply, candidate.reply
    if one is None or other is None:
        if (one is None) == (other is None):
            return []
        came = [e.trouble.partition(":")[0] or str(e.status) for e in (primary, candidate)]
        return [Difference(operation, "transport", "", *came)]
    if other.is_gateway_refusal and not one.is_gateway_refusal:
        # The gateway's own answer shares nothing with the service's: that is one difference.
        said = f"{other.status} {other.json['message']}"
        return [Difference(operation, "refusal", "", str(one.status), said)]
    found = []
    if one.status != other.status:
        found.append(("status", "", str(one.status), str(other.status)))
    found += [("header", *rest) for rest in _headers(one, other)]
    found += _bodies(one, other)
    return [Difference(operation, *each) for each in found]


def _headers(one: Reply, other: Reply) -> Iterator[tuple[str, str, str]]:
    """Yield headers that differ: their values in order, duplicates included."""
    first, second = _by_name(one), _by_name(other)
    for name in sorted(first.keys() | second.keys()):
        left, right = first.get(name, []), second.get(name, [])
        if left != right:
            yield name, _shown(left), _shown(right)


def _by_name(reply: Reply) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for name, value in reply.headers:
        named.setdefault(name.lower(), []).append(value)
    return named


def _shown(values: list[str]) -> str:
    return " | ".join(values) if values else ABSENT


def _bodies(one: Reply, other: Reply) -> list[tuple[str, str, str, str]]:
    if one.body == other.body:
        return []
    if one.json is NOT_JSON or other.json is NOT_JSON:
        return [("bytes", "", _cut(one.body), _cut(other.body))]
    found = [("body", *rest) for rest in _values("$", one.json, other.json)]
    # The same values in other bytes: white space, order of members, escapes.
    return found or [("bytes", "", _cut(one.body), _cut(other.body))]


def _values(path: str, one: Any, other: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in [*one, *(name for name in other if name not in one)]:
            below = f"{path}.{name}"
            if name not in one or name not in other:
                yield below, _json(one.get(name, NOT_JSON)), _json(other.get(name, NOT_JSON))
            else:
                yield from _values(below, one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path}.length", str(len(one)), str(len(other))
        for left, right in zip(one, other, strict=False):
            yield from _values(f"{path}[*]", left, right)
    elif type(one) is not type(other) or one != other:
        yield path, _json(one), _json(other)


def _json(value: Any) -> str:
    if value is NOT_JSON:
        return ABSENT
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _cut(body: bytes) -> str:
    text = body.decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


_LONGEST = 300

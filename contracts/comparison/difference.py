"""In what do two replies to the same request differ, field by field?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from contracts.exchange import NOT_JSON, Exchange, Reply

ABSENT = "(absent)"
NO_WORDS = "(no words)"
_SERVICES_ID = "x-ms-request-id"
NO_OPERATION = "(no operation)"
"""For calls whose address or method the contract does not know."""

Key = tuple[str, str, str, str]
"""What makes two differences the same kind: operation, part, path, and what became of it."""


class Kind(StrEnum):
    """What became of a field. A value that always varies must not hide that a field is lost."""

    CHANGED = "changed"
    LOST = "lost"
    ADDED = "added"
    RETYPED = "of another type"
    REPEATED = "there another number of times"


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same."""

    operation: str
    part: str
    """`refusal`, `status`, `header`, `header name`, `header order`, `body` (a JSON path), `bytes`,
    `output` (a blob that a job wrote) or `transport`."""
    path: str
    """Which statuses, header or output, or where in the body:
    `$.Results.output1.value.Values[*][*]`."""
    primary: str
    candidate: str
    kind: Kind = Kind.CHANGED

    @property
    def key(self) -> Key:
        """What makes two differences the same kind."""
        return self.operation, self.part, self.path, self.kind.value


_Parts = tuple[str, str, str, str, Kind]


def differences(primary: Exchange, candidate: Exchange) -> list[Difference]:
    """Return every difference between two replies, in the order status, headers, body."""
    operation = primary.operation or NO_OPERATION
    one, other = primary.reply, candidate.reply
    if one is None or other is None:
        if (one is None) == (other is None):
            return []
        came = [e.trouble.partition(":")[0] or str(e.status) for e in (primary, candidate)]
        return [Difference(operation, "transport", "", came[0], came[1])]
    statuses = f"{one.status} to {other.status}"
    if is_refused(primary, candidate):
        # The gateway's own answer shares nothing with the service's: that is one difference.
        said = f"{other.status} {_words(other)}"
        return [Difference(operation, "refusal", statuses, str(one.status), said)]
    found: list[_Parts] = []
    if one.status != other.status:
        found.append(("status", statuses, str(one.status), str(other.status), Kind.CHANGED))
    found += _headers(one, other)
    found += _bodies(one, other)
    found += _outputs(primary.outputs, candidate.outputs)
    return [Difference(operation, *each) for each in found]


def is_refused(primary: Exchange, candidate: Exchange) -> bool:
    """Whether the gateway worded the candidate's reply itself, and not the primary's.

    It words it as API Management does, or it is an error of another status that has neither the
    service's envelope nor the id that every reply of the service has: a page of nginx, say. An
    answer to HEAD has no words at all.
    """
    one, other = primary.reply, candidate.reply
    if one is None or other is None or one.is_gateway_refusal:
        return False
    if other.is_gateway_refusal:
        return True
    is_another = one.status != other.status
    if candidate.request.method == "HEAD":
        is_another |= one.header("Content-Length") != other.header("Content-Length")
    had_id, has_id = (reply.header(_SERVICES_ID) is not None for reply in (one, other))
    return other.status >= 400 and is_another and had_id and not has_id and other.error is None


_TITLE = re.compile(rb"<title>(?:\d+ )?([^<]*)</title>", re.IGNORECASE)


def _words(reply: Reply) -> str:
    """Return what a refusal says, in JSON or as the title of a page."""
    if reply.is_gateway_refusal:
        return str(reply.json["message"])
    title = _TITLE.search(reply.body)
    return title[1].decode("utf-8", "replace").strip() if title else NO_WORDS


def _headers(one: Reply, other: Reply) -> Iterator[_Parts]:
    """Yield headers that differ: values in their order, how names are written, their order."""
    first, second = _by_name(one), _by_name(other)
    follows = _is_length_of_body(one) and _is_length_of_body(other)
    for name in sorted(first.keys() | second.keys()):
        left, right = first.get(name, []), second.get(name, [])
        values = [value for _, value in left], [value for _, value in right]
        # A length that fits its body differs because the body does, and that is told.
        if values[0] != values[1] and not (name == "content-length" and follows):
            yield "header", name, _shown(values[0]), _shown(values[1]), _kind(left, right)
        names = [written for written, _ in left], [written for written, _ in right]
        if len(left) == len(right) and names[0] != names[1]:
            yield "header name", name, _shown(names[0]), _shown(names[1]), Kind.CHANGED
    orders = [[n for n in given if n in first and n in second] for given in (first, second)]
    if orders[0] != orders[1]:
        yield "header order", "", ", ".join(orders[0]), ", ".join(orders[1]), Kind.CHANGED


def _by_name(reply: Reply) -> dict[str, list[tuple[str, str]]]:
    named: dict[str, list[tuple[str, str]]] = {}
    for name, value in reply.headers:
        named.setdefault(name.lower(), []).append((name, value))
    return named


def _is_length_of_body(reply: Reply) -> bool:
    return reply.header("Content-Length") == str(len(reply.body))


def _kind(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> Kind:
    if not right:
        return Kind.LOST
    if not left:
        return Kind.ADDED
    return Kind.CHANGED if len(left) == len(right) else Kind.REPEATED


def _shown(values: list[str]) -> str:
    return " | ".join(values) if values else ABSENT


def _bodies(one: Reply, other: Reply) -> list[_Parts]:
    if one.body == other.body:
        return []
    found: list[_Parts] = []
    if one.json is not NOT_JSON and other.json is not NOT_JSON:
        found = [("body", *rest) for rest in _values("$", one.json, other.json)]
    # The same values in other bytes: white space, order of members, escapes.
    return found or [("bytes", "", *_around_first(one.body, other.body))]


def _outputs(one: Mapping[str, Reply], other: Mapping[str, Reply]) -> Iterator[_Parts]:
    """Yield what two finished jobs have not written alike; the polls tell what there is."""
    for name in sorted(one.keys() & other.keys()):
        left, right = one[name], other[name]
        if left.status != right.status:
            yield "output", name, str(left.status), str(right.status), Kind.CHANGED
        elif left.body != right.body:
            yield "output", name, *_around_first(left.body, right.body)


def _around_first(one: bytes, other: bytes) -> tuple[str, str, Kind]:
    """Return both bodies from a little before the first byte that differs."""
    if not one or not other:
        return _cut(one), _cut(other), Kind.LOST if one else Kind.ADDED
    shorter = min(len(one), len(other))
    first = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    start = max(0, first - _BEFORE)
    return _cut(one, start), _cut(other, start), Kind.CHANGED


_Value = tuple[str, str, str, Kind]


def _values(path: str, one: Any, other: Any) -> Iterator[_Value]:
    if isinstance(one, dict) and isinstance(other, dict):
        yield from _members(path, one, other)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"{path}.length", str(len(one)), str(len(other)), Kind.CHANGED
        for left, right in zip(one, other, strict=False):
            yield from _values(f"{path}[*]", left, right)
    elif type(one) is not type(other):
        yield path, _json(one), _json(other), Kind.RETYPED
    elif one != other:
        yield path, _json(one), _json(other), Kind.CHANGED


def _members(path: str, one: dict[str, Any], other: dict[str, Any]) -> Iterator[_Value]:
    for name in [*one, *(name for name in other if name not in one)]:
        below = f"{path}.{name}"
        if name not in other:
            yield below, _json(one[name]), ABSENT, Kind.LOST
        elif name not in one:
            yield below, ABSENT, _json(other[name]), Kind.ADDED
        else:
            yield from _values(below, one[name], other[name])


def _json(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _cut(body: bytes, start: int = 0) -> str:
    text = repr(body[start : start + _LONGEST].decode("utf-8", "backslashreplace"))
    return f"{'…' * bool(start)}{text}{'…' * (len(body) > start + _LONGEST)}"


_LONGEST = 300
_BEFORE = 40

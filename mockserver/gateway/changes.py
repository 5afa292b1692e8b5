"""What did a policy change? For the trace, which then needs no help of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mockserver.gateway.message import Body, Headers, Request, Response

Pairs = tuple[tuple[str, str], ...]
_LONGEST_VALUE = 200
"""Of a variable: it may hold a body, and bodies are not kept."""


class State(Protocol):
    """What policies may change: a call."""

    @property
    def request(self) -> Request: ...
    @property
    def response(self) -> Response | None: ...
    @property
    def variables(self) -> Mapping[str, Any]: ...
    @property
    def backend_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Message:
    """A message at one moment; `content` is there to be compared, not to be shown."""

    facts: Mapping[str, object]
    headers: Pairs
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A call at one moment."""

    request: _Message
    response: _Message | None
    variables: Mapping[str, object] = field(default_factory=dict)
    backend_id: str = ""


def snapshot(call: State) -> Snapshot:
    """Take down what policies may change."""
    request, response = call.request, call.response
    taken = None
    if response is not None:
        facts = {"statusCode": response.status, "reason": response.reason}
        taken = _message(facts, response.headers, response.body)
    facts = {"method": request.method, "url": str(request.url)}
    return Snapshot(
        _message(facts, request.headers, request.body),
        taken,
        dict(call.variables),
        call.backend_id,
    )


def _message(facts: Mapping[str, object], headers: Headers, body: Body) -> _Message:
    return _Message(facts, tuple(headers.items()), body.content)


def changes(before: Snapshot, after: Snapshot) -> dict[str, object]:
    """Return what is different: nothing, or some of request, response, variables, backendId."""
    found: dict[str, object] = {"request": _differences(before.request, after.request)}
    if after.response is not None:
        nothing = _Message({}, (), None)
        found["response"] = _differences(before.response or nothing, after.response)
    found["variables"] = {
        name: _short(value)
        for name, value in after.variables.items()
        if name not in before.variables or before.variables[name] is not value
    }
    if after.backend_id != before.backend_id:
        found["backendId"] = after.backend_id
    return {name: difference for name, difference in found.items() if difference}


def _differences(before: _Message, after: _Message) -> dict[str, object]:
    found = {name: v for name, v in after.facts.items() if before.facts.get(name, "") != v}
    old, new = _by_name(before.headers), _by_name(after.headers)
    changed = {lowered for lowered, values in new.items() if old.get(lowered) != values}
    if changed:
        pairs = [pair for pair in after.headers if pair[0].lower() in changed]
        found["headers"] = [{"name": name, "value": value} for name, value in pairs]
    if removed := sorted(old.keys() - new.keys()):
        found["removedHeaders"] = removed
    # A body that was only read is there now, and was not before.
    was_there = before.content is not None and after.content is not None
    if was_there and before.content != after.content:
        found["bodySize"] = len(after.content or b"")
    return found


def _by_name(headers: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value)
    return values


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Response):
        return f"a response with status {value.status}"
    text = f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def headers_of(headers: Headers) -> list[dict[str, str]]:
    """Write headers as API Management does: a list of names and values."""
    return [{"name": name, "value": value} for name, value in headers.items()]

"""What is one mistake of a gateway, and where must it be seen?

The bank is in `requests_changed.py` and `replies_changed.py`: each mistake is a function, by whose
name it is known.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts.comparison.compare import Verdict
from tests.contracts.comparison.passing_proxy import Behaviour, Memory, Message, Send

Place = tuple[str, str, str]
"""Operation, part and path of a difference."""


@dataclass(frozen=True)
class Mistake:
    """One thing that a gateway does and should not do."""

    name: str
    behaviour: Behaviour
    places: tuple[Place, ...]
    """Where it must be found."""
    label: str = ""
    """The check or probe whose call shows it at one of these places; any if empty."""
    verdict: Verdict = Verdict.GATEWAY_ALTERED
    needs_echo: bool = False
    """Whether the service's answers never show it, so that the backend must repeat its request."""
    is_leak: bool = False
    """Whether it is that the gateway's own key goes on, which all others of these take out."""
    shows: frozenset[str] = field(default_factory=frozenset)
    """Parts of a reply in which it may be seen beside its places; any if empty."""


MISTAKES: list[Mistake] = []

Added = Callable[[Behaviour], Behaviour]


def mistake(*places: Place, **how: Any) -> Added:
    """Add a behaviour to the bank; `how` are more fields of a Mistake."""

    def add(behaviour: Behaviour) -> Behaviour:
        MISTAKES.append(Mistake(named(behaviour), behaviour, places, **how))
        return behaviour

    return add


def named(function: Callable[..., Any]) -> str:
    """Return the name of a function as words."""
    return str(getattr(function, "__name__", "")).replace("_", " ")


RequestChange = Callable[[Message], Message]
ReplyChange = Callable[[Message, Message], Message | bytes]


def request_mistake(*places: Place, **how: Any) -> Callable[[RequestChange], RequestChange]:
    """Add what is done to every request."""

    def add(change: RequestChange) -> RequestChange:
        async def behaviour(call: Message, send: Send, _: Memory) -> Message:
            return await send(change(call))

        MISTAKES.append(Mistake(named(change), behaviour, places, **how))
        return change

    return add


def reply_mistake(*places: Place, **how: Any) -> Callable[[ReplyChange], ReplyChange]:
    """Add what is done to every reply, given the call and the reply."""

    def add(change: ReplyChange) -> ReplyChange:
        async def behaviour(call: Message, send: Send, _: Memory) -> Message | bytes:
            return change(call, await send(call))

        MISTAKES.append(Mistake(named(change), behaviour, places, **how))
        return change

    return add


def as_json(body: bytes) -> Any:
    """Return a body as JSON, or None."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def written(content: Any) -> bytes:
    """Write JSON as the services do."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()

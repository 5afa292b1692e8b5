"""Does a text match a pattern of a schema, and can the patterns of a schema be used at all?

A match may begin anywhere, as JSON Schema has it. The matcher is the one of expressions, which
goes through no text twice; all patterns that one body is held against have a number of steps.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from referencing.exceptions import Unresolvable

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.regular import compile_pattern

FACTS = (
    Fact(
        "`pattern` and `patternProperties` are regular expressions of .NET without references back"
        " to a group and looking behind; a schema with another one cannot be applied. Nor can one"
        " whose patterns take too many steps on a body.",
        Evidence.ASSUMED,
        "a bound of the emulator, so that no pattern and no body keeps it busy",
    ),
)

_FEWEST_STEPS = 200_000
_STEPS_PER_BYTE = 4
_MOST_STEPS = 2_000_000

_MAPS = ("properties", "patternProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_SCHEMAS = ("additionalProperties", "items", "not")


class PatternTooCostly(ValueError):
    """The patterns of a schema take too many steps on one body."""


class _Steps:
    """How many steps are left for one body."""

    def __init__(self, size: int) -> None:
        self.most = min(_FEWEST_STEPS + _STEPS_PER_BYTE * size, _MOST_STEPS)
        self._left = self.most

    def spend(self, steps: int) -> None:
        """Note steps that were taken. Raises PatternTooCostly."""
        self._left -= steps
        if self._left < 0:
            raise PatternTooCostly(f"the patterns take more than {self.most} steps on this body")


_steps: ContextVar[_Steps] = ContextVar("steps")
"""Of the body that is checked: the library hands its keywords nothing of ours."""


@contextmanager
def bounded(size: int) -> Iterator[None]:
    """Bound the steps of all searches within, for a body of that many bytes."""
    token = _steps.set(_Steps(size))
    try:
        yield
    finally:
        _steps.reset(token)


def matches(pattern: str, text: str) -> bool:
    """Search a text, within `bounded`. Raises PatternNotUsable, PatternTooCostly."""
    return compile_pattern(pattern).search(text, 0, _steps.get().spend) is not None


def check_patterns(schema: Any, resolver: Any) -> None:
    """Compile the patterns of a schema and of those it refers to. Raises PatternNotUsable.

    What makes no sense otherwise is passed over: the library tells it.
    """
    seen: set[int] = set()
    pending = [(schema, resolver)]
    while pending:
        schema, resolver = pending.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        seen.add(id(schema))
        for pattern in _patterns(schema):
            compile_pattern(pattern)
        pending.extend((inner, resolver) for inner in _inner(schema))
        try:
            if isinstance(schema.get("$ref"), str):
                found = resolver.lookup(schema["$ref"])
                pending.append((found.contents, found.resolver))
        except (Unresolvable, TypeError, ValueError, KeyError, AttributeError):
            continue


def _patterns(schema: dict[str, Any]) -> Iterator[str]:
    named = schema.get("patternProperties")
    names = named if isinstance(named, dict) else ()
    yield from (each for each in (schema.get("pattern"), *names) if isinstance(each, str))


def _inner(schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in _MAPS:
        if isinstance(schema.get(keyword), dict):
            yield from schema[keyword].values()
    for keyword in _LISTS:
        if isinstance(schema.get(keyword), list):
            yield from schema[keyword]
    yield from (schema.get(keyword) for keyword in _SCHEMAS)

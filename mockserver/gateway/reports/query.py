"""What does a reader of a report ask for: which calls, in which order, in which intervals?

`$filter`, `$orderby` and `interval` are texts in API Management's forms. What is not one of them is
refused, with the place where it stops making sense.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "A filter is `timestamp ge datetime'…'`, `timestamp le datetime'…'` and ids with `eq`, put"
        " together with `and`.",
        Evidence.PUBLISHED,
        "the table of fields and the examples in the REST specification of reports",
    ),
    Fact(
        "An id may be written as itself, as `/apis/…`, or as its whole resource id; a moment"
        " without an offset is UTC.",
        Evidence.ASSUMED,
        "the specification's examples filter by time only",
    ),
)

QUARTER = 15 * 60
"""Seconds: the interval of a report by time is a multiple of it."""
ID_FIELDS = ("apiId", "operationId", "productId", "userId", "subscriptionId", "apiRegion")
_CLAUSE = re.compile(r"\s*(\w+)\s+(\w+)\s+(datetime)?'((?:[^']|'')*)'\s*")
_AND = re.compile(r"and\b")
_ORDER = re.compile(r"\s*(\w+)(?:\s+(asc|desc))?\s*")
_LONGEST_DAYS = 366
_DURATION = TypeAdapter(timedelta)


class QueryNotUsable(ValueError):
    """A text of the query cannot be read, or asks for what there is not; the text says why."""


@dataclass(slots=True)
class Filter:
    """Which calls count: from `least` to `most`, in seconds since 1970, and with these ids."""

    least: float = -math.inf
    most: float = math.inf
    ids: list[tuple[str, str]] = field(default_factory=list)
    """Field and id, in lower case and without slashes at the ends."""

    def allows(self, field_name: str, path: str) -> bool:
        """Say whether an id, written as `/apis/…`, is one of those that are asked for."""
        own = path.strip("/").lower()
        return all(
            own == wanted or own.endswith(f"/{wanted}") or wanted.endswith(f"/{own}")
            for name, wanted in self.ids
            if name == field_name
        )


def read_filter(text: str) -> Filter:
    """Read a `$filter`. Raises QueryNotUsable."""
    result = Filter()
    position = 0
    while True:
        clause = _CLAUSE.match(text, position)
        if clause is None:
            raise _unreadable("$filter", text, position)
        _take(result, *clause.groups())
        position = clause.end()
        if position == len(text):
            return result
        conjunction = _AND.match(text, position)
        if conjunction is None:
            raise _unreadable("$filter", text, position)
        position = conjunction.end()


def _take(result: Filter, name: str, operator: str, kind: str | None, literal: str) -> None:
    """Add one clause to a filter."""
    if name == "timestamp" and operator in ("ge", "le") and kind:
        moment = _moment(literal)
        if operator == "ge":
            result.least = max(result.least, moment)
        else:
            result.most = min(result.most, moment)
    elif name in ID_FIELDS and operator == "eq" and not kind:
        result.ids.append((name, literal.replace("''", "'").strip("/").lower()))
    else:
        raise QueryNotUsable(
            f"$filter: '{name[:40]} {operator[:40]}' is none of timestamp ge datetime'…', timestamp"
            f" le datetime'…', and one of {', '.join(ID_FIELDS)} with eq '…'"
        )


def _moment(literal: str) -> float:
    try:
        moment = datetime.fromisoformat(literal)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise QueryNotUsable(f"$filter: '{literal[:40]}' is no moment in ISO 8601") from error


def read_order(text: str, fields: Iterable[str]) -> list[tuple[str, bool]]:
    """Read an `$orderby`: fields, and whether they go down. Raises QueryNotUsable."""
    known = {name: name for name in fields}
    # The specification calls some fields otherwise than the records do.
    known |= {"displayName": "name", "cacheHitsCount": "cacheHitCount"}
    order = []
    for piece in text.split(","):
        match = _ORDER.fullmatch(piece)
        if match is None or match[1] not in known:
            raise QueryNotUsable(
                f"$orderby: '{piece[:60]}' is no field, with asc or desc behind it"
            )
        order.append((known[match[1]], match[2] == "desc"))
    return order


def read_interval(text: str) -> int:
    """Return the seconds of an ISO 8601 duration, a multiple of 15 minutes.

    Raises QueryNotUsable.
    """
    try:
        duration = _DURATION.validate_python(text) if text.startswith("P") else timedelta()
    except ValidationError:
        duration = timedelta()
    seconds = duration.total_seconds()
    if not 0 < duration.days * 86_400 + duration.seconds <= _LONGEST_DAYS * 86_400:
        seconds = 0
    if not seconds or seconds % QUARTER:
        raise QueryNotUsable("interval: not an ISO 8601 duration of a multiple of 15 minutes")
    return int(seconds)


def _unreadable(name: str, text: str, position: int) -> QueryNotUsable:
    rest = text[position : position + 40]
    where = f"from character {position + 1} on: {rest}" if rest.strip() else "at its end"
    return QueryNotUsable(f"{name}: cannot be read {where}")

"""What are DateTime and TimeSpan? Ticks of 100 nanoseconds, as in .NET."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self, TypeVar

from typing_extensions import override

from mockserver.gateway.expressions.throwing import Thrown

SECOND = 10_000_000
DAY = 86_400 * SECOND
EPOCH = (date(1970, 1, 1).toordinal() - 1) * DAY
LAST = 3_652_059 * DAY - 1
"""The last tick of the year 9999."""
_LONGEST_SPAN = (1 << 63) - 1


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """A duration."""

    ticks: int

    def __post_init__(self) -> None:
        if abs(self.ticks) > _LONGEST_SPAN:
            raise Thrown("TimeSpan overflowed because the duration is too long.")

    @override
    def __str__(self) -> str:
        sign, ticks = ("-" if self.ticks < 0 else ""), abs(self.ticks)
        days, rest = divmod(ticks, DAY)
        seconds, fraction = divmod(rest, SECOND)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        tail = f".{fraction:07d}" if fraction else ""
        return f"{sign}{f'{days}.' if days else ''}{clock}{tail}"


@dataclass(frozen=True, slots=True, order=True)
class DateTime:
    """A moment: ticks since the year 1, and whether it is in UTC."""

    ticks: int
    utc: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.ticks <= LAST:
            raise Thrown(
                "The added or subtracted value results in an un-representable DateTime.",
                "ArgumentOutOfRangeException",
            )

    def at(self, ticks: int) -> Self:
        """Return another moment of the same kind."""
        return type(self)(ticks, self.utc)

    @property
    def parts(self) -> datetime:
        """Year to second; what is below a second is left out."""
        days, rest = divmod(self.ticks, DAY)
        return datetime.combine(date.fromordinal(days + 1), datetime.min.time(), UTC) + timedelta(
            seconds=rest // SECOND
        )

    @property
    def fraction(self) -> int:
        """Ticks below a second."""
        return self.ticks % SECOND


@dataclass(frozen=True, slots=True, order=True)
class DateTimeOffset(DateTime):
    """A moment that knows its offset; here that is always zero."""


Moment = TypeVar("Moment", bound=DateTime)


def from_seconds(seconds: float) -> DateTime:
    """Return the moment so many seconds after 1970, to the microsecond."""
    return DateTime(EPOCH + round(seconds * 1_000_000) * 10, utc=True)


def from_parts(*parts: int) -> DateTime:
    """Return the moment with this year, month, day, hour, minute, second."""
    try:
        moment = datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError as error:
        raise Thrown(
            "Year, Month, and Day parameters describe an un-representable DateTime.",
            "ArgumentOutOfRangeException",
        ) from error
    return of_datetime(moment, utc=False)


def of_datetime(moment: datetime, *, utc: bool) -> DateTime:
    """Return a moment of Python's in ticks."""
    whole = (moment.date().toordinal() - 1) * DAY
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return DateTime(whole + seconds * SECOND + moment.microsecond * 10, utc=utc)


def span(amount: float, unit: int) -> TimeSpan:
    """Return a duration of so many units; `unit` is in ticks."""
    if amount != amount or abs(amount) * unit > _LONGEST_SPAN:  # noqa: PLR0124 - not a number
        raise Thrown("TimeSpan overflowed because the duration is too long.", "OverflowException")
    return TimeSpan(round(amount * unit))


def add_months(moment: Moment, months: int) -> Moment:
    """Move a moment by months; the day is cut to the month's length."""
    parts = moment.parts
    number = parts.year * 12 + parts.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= 9999:  # noqa: PLR2004 - the years of .NET
        raise Thrown("Months value must be between +/-120000.", "ArgumentOutOfRangeException")
    length = monthrange(year, month + 1)[1]
    begun = from_parts(year, month + 1, min(parts.day, length))
    return moment.at(begun.ticks + moment.ticks % DAY)

"""What can be done with DateTime, TimeSpan and Guid? The time is the emulator's."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.formats import DAYS, write_date, write_span
from mockserver.gateway.expressions.library.numbers import attempt
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, write_guid, write_with
from mockserver.gateway.expressions.throwing import Thrown, null_argument
from mockserver.gateway.expressions.times import (
    DAY,
    EPOCH,
    LAST,
    SECOND,
    DateTime,
    DateTimeOffset,
    TimeSpan,
    add_months,
    from_parts,
    from_seconds,
    of_datetime,
    span,
)

FACTS = (
    Fact(
        "The gateway's local time is UTC: `DateTime.Now` is `DateTime.UtcNow`.",
        Evidence.ASSUMED,
        "usual in Azure; not documented for the managed gateway",
    ),
)

_HOUR, _MINUTE, _MILLISECOND = 3600 * SECOND, 60 * SECOND, SECOND // 1000
_NOT_OFFSET = ("Kind", "Date:", "To")
_FORMS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y", "%m/%d/%Y %H:%M")


def elapsed(call: Call) -> float:
    """Return the seconds since the call came in."""
    return perf_counter() - call.begun


def utc_now(frame: Frame) -> DateTime:
    """Return the time: that of the call by the emulator's clock, and what went by since."""
    return from_seconds(frame.call.now + elapsed(frame.call))


def read_date(text: str | None) -> DateTime:
    """Read a moment: ISO 8601, RFC 1123, or as the invariant culture writes it. Raises Thrown."""
    if text is None:
        raise null_argument("s")
    stripped = text.strip()
    for read in (datetime.fromisoformat, parsedate_to_datetime, *map(_reader, _FORMS)):
        try:
            moment = read(stripped)
        except (ValueError, TypeError, IndexError):
            continue
        if moment.tzinfo is None:
            return of_datetime(moment, utc=False)
        return of_datetime(moment.astimezone(UTC), utc=True)
    message = f"String '{text}' was not recognized as a valid DateTime."
    raise Thrown(message, "FormatException")


def _reader(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - the kind is Unspecified


def _moved(unit: int) -> Callable[[DateTime, float], DateTime]:
    return lambda moment, amount: moment.at(moment.ticks + span(amount, unit).ticks)


def _subtract(moment: DateTime, other: DateTime | TimeSpan) -> DateTime | TimeSpan:
    if isinstance(other, DateTime):
        return TimeSpan(moment.ticks - other.ticks)
    return moment.at(moment.ticks - other.ticks)


def _day_of_week(moment: DateTime) -> Named:
    number = moment.parts.isoweekday() % 7
    return Named("DayOfWeek", DAYS[number], number)


def _sign(left: Any, right: Any) -> int:
    return int(left.ticks > right.ticks) - int(left.ticks < right.ticks)


def _part(name: str) -> Callable[[DateTime], int]:
    return lambda moment: int(getattr(moment.parts, name))


DATE: Rows = [
    *((f"{name}: int", _part(name.lower())) for name in ("Year", "Month", "Day", "Hour")),
    *((f"{name}: int", _part(name.lower())) for name in ("Minute", "Second")),
    ("Millisecond: int", lambda moment: moment.fraction // _MILLISECOND),
    ("DayOfYear: int", lambda moment: moment.parts.timetuple().tm_yday),
    ("DayOfWeek: DayOfWeek", _day_of_week),
    ("Ticks: long", lambda moment: moment.ticks),
    (
        "Kind: DateTimeKind",
        lambda m: Named("DateTimeKind", "Utc" if m.utc else "Unspecified", int(m.utc)),
    ),
    ("Date: DateTime", lambda moment: DateTime(moment.ticks // DAY * DAY, moment.utc)),
    ("TimeOfDay: TimeSpan", lambda moment: TimeSpan(moment.ticks % DAY)),
    ("AddTicks(long ticks): DateTime", lambda m, ticks: m.at(m.ticks + ticks)),
    ("AddMilliseconds(double amount): DateTime", _moved(_MILLISECOND)),
    ("AddSeconds(double amount): DateTime", _moved(SECOND)),
    ("AddMinutes(double amount): DateTime", _moved(_MINUTE)),
    ("AddHours(double amount): DateTime", _moved(_HOUR)),
    ("AddDays(double amount): DateTime", _moved(DAY)),
    ("AddMonths(int amount): DateTime", add_months),
    ("AddYears(int amount): DateTime", lambda m, years: add_months(m, years * 12)),
    ("Add(TimeSpan span): DateTime", lambda m, other: m.at(m.ticks + other.ticks)),
    ("Subtract(DateTime other): TimeSpan", _subtract),
    ("Subtract(TimeSpan span): DateTime", _subtract),
    ("CompareTo(DateTime other): int", _sign),
    ("ToUniversalTime(): DateTime", lambda moment: DateTime(moment.ticks, utc=True)),
    ("ToLocalTime(): DateTime", lambda moment: moment),
    ("ToString(string? format): string", lambda moment, form: write_date(moment, form or "G")),
    ("ToShortDateString(): string", lambda moment: write_date(moment, "d")),
    ("ToLongDateString(): string", lambda moment: write_date(moment, "D")),
    ("ToShortTimeString(): string", lambda moment: write_date(moment, "t")),
]


def _as_offset(moment: DateTime) -> DateTimeOffset:
    return DateTimeOffset(moment.ticks, utc=True)


def _of_offset(signature: str) -> str:
    return signature.replace("DateTime", "DateTimeOffset").replace(
        "DateTimeOffsetKind", "DateTimeKind"
    )


OFFSET: Rows = [
    ("ToString(string? format): string", write_with),
    ("ToUniversalTime(): DateTimeOffset", lambda moment: moment),
    *((_of_offset(text), function) for text, function in DATE if not text.startswith(_NOT_OFFSET)),
    ("Date: DateTime", lambda moment: DateTime(moment.ticks // DAY * DAY)),
    ("DateTime: DateTime", lambda moment: DateTime(moment.ticks)),
    ("UtcDateTime: DateTime", lambda moment: DateTime(moment.ticks, utc=True)),
    ("Offset: TimeSpan", lambda _: TimeSpan(0)),
    ("ToUnixTimeSeconds(): long", lambda moment: (moment.ticks - EPOCH) // SECOND),
    ("ToUnixTimeMilliseconds(): long", lambda moment: (moment.ticks - EPOCH) // _MILLISECOND),
]


def _offset_now(frame: Frame) -> DateTimeOffset:
    return _as_offset(utc_now(frame))


def _read_offset(text: str | None) -> DateTimeOffset:
    return _as_offset(read_date(text))


def _from_unix(unit: int) -> Callable[[int], DateTimeOffset]:
    return lambda amount: DateTimeOffset(EPOCH + amount * unit, utc=True)


OFFSET_STATIC: Rows = [
    ("UtcNow: DateTimeOffset", Framed(_offset_now)),
    ("Now: DateTimeOffset", Framed(_offset_now)),
    ("FromUnixTimeSeconds(long seconds): DateTimeOffset", _from_unix(SECOND)),
    ("FromUnixTimeMilliseconds(long amount): DateTimeOffset", _from_unix(_MILLISECOND)),
    ("Parse(string? text): DateTimeOffset", _read_offset),
    (
        "TryParse(string? text, out DateTimeOffset value): bool",
        attempt(_read_offset, DateTimeOffset(0, utc=True)),
    ),
    ("new(DateTime moment): DateTimeOffset", _as_offset),
]


def _today(frame: Frame) -> DateTime:
    return DateTime(utc_now(frame).ticks // DAY * DAY)


def _days_in_month(year: int, month: int) -> int:
    first = from_parts(year, month, 1).parts
    return monthrange(first.year, first.month)[1]


DATE_STATIC: Rows = [
    ("UtcNow: DateTime", Framed(utc_now)),
    ("Now: DateTime", Framed(utc_now)),
    ("Today: DateTime", Framed(_today)),
    ("MinValue: DateTime", lambda: DateTime(0)),
    ("MaxValue: DateTime", lambda: DateTime(LAST)),
    ("UnixEpoch: DateTime", lambda: from_seconds(0)),
    ("Parse(string? text): DateTime", read_date),
    ("TryParse(string? text, out DateTime value): bool", attempt(read_date, DateTime(0))),
    ("DaysInMonth(int year, int month): int", _days_in_month),
    ("Compare(DateTime left, DateTime right): int", _sign),
    ("new(int year, int month, int day): DateTime", from_parts),
    ("new(int year, int month, int day, int h, int m, int s): DateTime", from_parts),
    (
        "new(int year, int month, int day, int h, int m, int s, DateTimeKind kind): DateTime",
        lambda *parts: DateTime(from_parts(*parts[:6]).ticks, parts[6].name == "Utc"),
    ),
    ("new(long ticks): DateTime", DateTime),
]


def _total(unit: int) -> Callable[[TimeSpan], float]:
    return lambda value: value.ticks / unit


def _clock(unit: int, most: int) -> Callable[[TimeSpan], int]:
    def part(value: TimeSpan) -> int:
        whole = abs(value.ticks) // unit % most
        return whole if value.ticks >= 0 else -whole

    return part


SPAN: Rows = [
    *(
        (f"Total{name}: double", _total(unit))
        for name, unit in (
            *(("Milliseconds", _MILLISECOND), ("Seconds", SECOND), ("Minutes", _MINUTE)),
            *(("Hours", _HOUR), ("Days", DAY)),
        )
    ),
    ("Milliseconds: int", _clock(_MILLISECOND, 1000)),
    ("Seconds: int", _clock(SECOND, 60)),
    ("Minutes: int", _clock(_MINUTE, 60)),
    ("Hours: int", _clock(_HOUR, 24)),
    ("Days: int", _clock(DAY, 1 << 62)),
    ("Ticks: long", lambda value: value.ticks),
    ("Add(TimeSpan other): TimeSpan", lambda a, b: TimeSpan(a.ticks + b.ticks)),
    ("Subtract(TimeSpan other): TimeSpan", lambda a, b: TimeSpan(a.ticks - b.ticks)),
    ("Negate(): TimeSpan", lambda value: TimeSpan(-value.ticks)),
    ("Duration(): TimeSpan", lambda value: TimeSpan(abs(value.ticks))),
    ("CompareTo(TimeSpan other): int", _sign),
    ("ToString(string? format): string", lambda value, form: write_span(value, form or "c")),
]


def _from(unit: int) -> Callable[[float], TimeSpan]:
    return lambda amount: span(amount, unit)


def _new_span(*parts: int) -> TimeSpan:
    days, hours, minutes, seconds = parts if len(parts) > 3 else (0, *parts)  # noqa: PLR2004
    return TimeSpan(days * DAY + hours * _HOUR + minutes * _MINUTE + seconds * SECOND)


SPAN_STATIC: Rows = [
    ("Zero: TimeSpan", lambda: TimeSpan(0)),
    ("FromMilliseconds(double amount): TimeSpan", _from(_MILLISECOND)),
    ("FromSeconds(double amount): TimeSpan", _from(SECOND)),
    ("FromMinutes(double amount): TimeSpan", _from(_MINUTE)),
    ("FromHours(double amount): TimeSpan", _from(_HOUR)),
    ("FromDays(double amount): TimeSpan", _from(DAY)),
    ("FromTicks(long ticks): TimeSpan", TimeSpan),
    ("new(long ticks): TimeSpan", TimeSpan),
    ("new(int hours, int minutes, int seconds): TimeSpan", _new_span),
    ("new(int days, int hours, int minutes, int seconds): TimeSpan", _new_span),
]


def read_guid(text: str | None) -> UUID:
    """Read a GUID. Raises Thrown."""
    if text is None:
        raise null_argument("input")
    try:
        return UUID(text.strip().strip("()"))
    except ValueError as error:
        raise Thrown("Unrecognized Guid format.", "FormatException") from error


def _guid_of_bytes(content: bytes | bytearray) -> UUID:
    if len(content) != _GUID_BYTES:
        message = "Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')"
        raise Thrown(message, "ArgumentException")
    return UUID(bytes_le=bytes(content))


_GUID_BYTES = 16
_ZERO = UUID(int=0)

GUID: Rows = [
    ("ToString(string? format): string", lambda value, form: write_guid(value, form or "D")),
    ("ToByteArray(): byte[]", lambda value: bytearray(value.bytes_le)),
]
GUID_STATIC: Rows = [
    ("NewGuid(): Guid", uuid4),
    ("Empty: Guid", lambda: _ZERO),
    ("Parse(string? text): Guid", read_guid),
    ("TryParse(string? text, out Guid value): bool", attempt(read_guid, _ZERO)),
    ("new(string text): Guid", read_guid),
    ("new(byte[] content): Guid", _guid_of_bytes),
]

"""How does .NET write numbers and moments, with a format and without?"""

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.throwing import Thrown, bad_format
from mockserver.gateway.expressions.times import DAY, SECOND, DateTime, DateTimeOffset, TimeSpan

FACTS = (
    Fact(
        "Numbers and moments are written in the invariant culture: `01/31/2026 08:05:00`.",
        Evidence.ASSUMED,
        "the culture of the gateway's process is not documented",
    ),
    Fact(
        "A double is written with as few digits as identify it, as .NET does since Core 3.0.",
        Evidence.ASSUMED,
        ".NET's documents; which runtime the managed gateway has is not published",
    ),
)

Real = int | float | Decimal
_MOST_DIGITS = 99
_WIDE = Context(prec=500)
"""Room for the largest double with as many places as a format may ask for."""
_SPECIAL = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
_STANDARD = re.compile(r"([A-Za-z])(\d{0,3})")
_CUSTOM = re.compile(r"([^0#.,%]*)([0#,]*)(?:\.([0#]*))?([^0#.,]*)")
_PERCENT = 100


def write_double(value: float) -> str:
    """Write a double as `ToString()` does."""
    if str(value) in _SPECIAL:
        return _SPECIAL[str(value)]
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 - the value is finite
    text = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + exponent
    minus = "-" if sign else ""
    if text == "0":
        return f"{minus}0"
    if point > 15 or point < -3:  # noqa: PLR2004 - where .NET turns to exponents
        rest = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{rest}E{'+' if point > 0 else '-'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    whole, rest = text[:point].ljust(point, "0"), text[point:]
    return f"{minus}{whole}.{rest}" if rest else f"{minus}{whole}"


def write_number(value: Real, form: str) -> str:
    """Write a number in a standard or a custom format. Raises Thrown."""
    if isinstance(value, float) and str(value) in _SPECIAL:
        return _SPECIAL[str(value)]
    found = _STANDARD.fullmatch(form)
    if found is None:
        return _custom(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), form)
    letter, digits = found.group(1).upper(), int(found.group(2) or -1)
    if digits > _MOST_DIGITS:
        raise bad_format()
    if letter in "DX":
        return _integral(value, found.group(1), max(digits, 0))
    return _standard(value, letter, digits)


def _integral(value: Real, letter: str, digits: int) -> str:
    if not isinstance(value, int):
        raise Thrown("Format specifier was invalid.", "FormatException")
    if letter in "Dd":
        return f"{'-' if value < 0 else ''}{abs(value):0{digits}d}"
    whole = value & (0xFFFFFFFF if -(1 << 31) <= value < 1 << 31 else 0xFFFFFFFFFFFFFFFF)
    return f"{whole:0{digits}{letter}}"


def _standard(value: Real, letter: str, digits: int) -> str:  # noqa: PLR0911 - one per letter
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    places = 2 if digits < 0 else digits
    if letter == "F":
        return f"{_rounded(exact, places):f}"
    if letter == "N":
        return f"{_rounded(exact, places):,f}"
    if letter == "P":
        return f"{_rounded(exact * _PERCENT, places):,f} %"
    if letter == "C":
        text = f"\u00a4{abs(_rounded(exact, places)):,f}"
        return f"({text})" if exact < 0 else text
    if letter == "E":
        mantissa, _, exponent = f"{exact:.{6 if digits < 0 else digits}E}".partition("E")
        return f"{mantissa}E{exponent[0]}{int(exponent[1:]):03d}"
    if letter in "GR":
        if digits > 0:
            return f"{float(exact):.{digits}G}"
        return write_double(value) if isinstance(value, float) else f"{exact:f}"
    raise Thrown("Format specifier was invalid.", "FormatException")


def _rounded(exact: Decimal, places: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)


def _custom(exact: Decimal, form: str) -> str:
    found = _CUSTOM.fullmatch(form.split(";", maxsplit=1)[0])
    if found is None or len(form) > _MOST_DIGITS:
        raise bad_format()
    before, whole_form, rest_form, after = (part or "" for part in found.groups())
    exact *= _PERCENT if "%" in after or "%" in before else 1
    least = rest_form.rfind("0") + 1
    text = f"{abs(_rounded(exact, len(rest_form))):f}"
    whole, _, rest = text.partition(".")
    rest = rest[:least] + rest[least:].rstrip("0")
    digits = whole_form.replace(",", "")
    needed = len(digits) - digits.find("0") if "0" in digits else 0
    whole = whole.lstrip("0").rjust(needed, "0")
    if "," in whole_form.strip(",") and whole.lstrip("0"):
        whole = f"{int(whole):,}".rjust(needed, "0")
    minus = "-" if exact < 0 and (whole.strip("0,") or rest.strip("0")) else ""
    return f"{minus}{before}{whole}{f'.{rest}' if rest else ''}{after}"


_DATE_FORMS = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ",
    "M": "MMMM dd",
    "m": "MMMM dd",
    "Y": "yyyy MMMM",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "r": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
}
_DATE_PART = re.compile(
    r"'([^']*)'|\"([^\"]*)\"|\\(.)|(y+|M+|d+|H+|h+|m+|s+|f{1,7}|F{1,7}|t+|K|z+)|%|(.)", re.DOTALL
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def write_date(moment: DateTime, form: str = "G") -> str:
    """Write a moment in a standard or a custom format. Raises Thrown."""
    if len(form) == 1:
        if form not in _DATE_FORMS:
            raise bad_format()
        form = _DATE_FORMS[form]
    return _DATE_PART.sub(lambda found: _date_part(moment, found), form)


def _date_part(moment: DateTime, found: "re.Match[str]") -> str:  # noqa: PLR0911 - one per letter
    single, double, escaped, letters, other = found.groups()
    if letters is None:
        return next((text for text in (single, double, escaped, other) if text is not None), "")
    parts = moment.parts
    letter, count = letters[0], len(letters)
    if letter in "fF":
        digits = f"{moment.fraction:07d}"[:count]
        return digits if letter == "f" else digits.rstrip("0")
    if letter in "Kz":
        return _zone(moment, letters)
    if letter == "t":
        return ("AM" if parts.hour < 12 else "PM")[:count]  # noqa: PLR2004 - noon
    if letter in "Md" and count > 2:  # noqa: PLR2004 - names from three letters on
        names = _MONTHS[parts.month - 1] if letter == "M" else DAYS[parts.isoweekday() % 7]
        return names if count > 3 else names[:3]  # noqa: PLR2004 - so do short ones end
    if letter == "y" and count <= 2:  # noqa: PLR2004 - yy is short
        return f"{parts.year % 100:0{count}d}"
    numbers = {"y": parts.year, "M": parts.month, "d": parts.day, "m": parts.minute}
    numbers |= {"H": parts.hour, "h": (parts.hour - 1) % 12 + 1, "s": parts.second}
    return f"{numbers[letter]:0{min(count, _MOST_DIGITS)}d}"


def _zone(moment: DateTime, letters: str) -> str:
    if letters[0] == "K" and not isinstance(moment, DateTimeOffset):
        return "Z" if moment.utc else ""
    return "+00" if letters in ("z", "zz") else "+00:00"


_SPAN_PART = re.compile(r"'([^']*)'|\\(.)|(d+|h+|m+|s+|f{1,7}|F{1,7})|%|(.)", re.DOTALL)


def write_span(span: TimeSpan, form: str = "c") -> str:
    """Write a duration. Raises Thrown."""
    if form in ("", "c", "t", "T"):
        return str(span)
    ticks = abs(span.ticks)
    numbers = {"d": ticks // DAY, "h": ticks // (3600 * SECOND) % 24}
    numbers |= {"m": ticks // (60 * SECOND) % 60, "s": ticks // SECOND % 60}

    def write(found: "re.Match[str]") -> str:
        quoted, escaped, letters, other = found.groups()
        if letters is None:
            if other is not None:
                raise bad_format()
            return quoted or escaped or ""
        if letters[0] in "fF":
            return f"{ticks % SECOND:07d}"[: len(letters)]
        return f"{numbers[letters[0]]:0{min(len(letters), _MOST_DIGITS)}d}"

    return _SPAN_PART.sub(write, form)

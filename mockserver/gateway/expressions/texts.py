"""What does `ToString()` give, and what else do policies make of a value?"""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from multidict import CIMultiDict

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.bounds import check_length
from mockserver.gateway.expressions.formats import (
    write_date,
    write_double,
    write_number,
    write_span,
)
from mockserver.gateway.expressions.json_tokens import JArray, JObject, JProperty, JToken, JValue
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.throwing import Thrown, bad_cast, bad_format, null_reference
from mockserver.gateway.expressions.times import DateTime, DateTimeOffset, TimeSpan
from mockserver.gateway.message import Body, Request, Response, Url

FACTS = (
    Fact(
        "`JObject.ToString()` is indented by two spaces, with CR LF at the ends of lines.",
        Evidence.PUBLISHED,
        "Newtonsoft's source; that the gateway's lines end as on Windows is an inference",
    ),
)

_INTEGER = re.compile(r"\s*([+-]?\d{1,400})\s*")


class Named:
    """A value of an enumeration: its type, its name, its number."""

    __slots__ = ("name", "number", "type")

    def __init__(self, type_name: str, name: str, number: int) -> None:
        self.type, self.name, self.number = type_name, name, number

    def joined(self, other: "Named") -> "Named":
        """Return two flags in one."""
        return Named(self.type, f"{self.name}, {other.name}", self.number | other.number)


def to_text(value: object) -> str:
    """Return what interpolation makes of a value: `ToString()`, and nothing of null."""
    if isinstance(value, str):
        return value if type(value) is str else str(value)
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    own = getattr(type(value), "written", None)
    return str(own(value)) if own is not None else type_name(value)


def write_with(value: object, form: str | None) -> str:  # noqa: PLR0911 - one per type
    """Write a value in a format, if it knows formats. Raises Thrown."""
    if not form:
        return to_text(value)
    if isinstance(value, bool):
        return to_text(value)
    if isinstance(value, JValue):
        return write_with(value.data, form)
    if isinstance(value, int | float | Decimal):
        return write_number(value, form)
    if isinstance(value, DateTime):
        return write_date(value, form)
    if isinstance(value, TimeSpan):
        return write_span(value, form)
    if isinstance(value, UUID):
        return write_guid(value, form)
    return to_text(value)


def write_guid(value: UUID, form: str = "D") -> str:
    """Write a GUID in one of its formats. Raises Thrown."""
    forms = {"N": value.hex, "D": str(value), "B": f"{{{value}}}", "P": f"({value})"}
    if form.upper() not in forms:
        raise bad_format()
    return forms[form.upper()]


_PLACE = re.compile(r"\{\{|\}\}|\{(\d{1,3})(?:,\s*(-?\d{1,6}))?(?::([^{}]*))?\}|[{}]")


def fill(form: str, values: list[Any]) -> str:
    """Put values into the places of a format, as `string.Format` does. Raises Thrown."""
    pieces: list[str] = []
    place = length = 0
    for found in _PLACE.finditer(form):
        pieces.append(form[place : found.start()])
        pieces.append(_filled(found, values))
        length += len(pieces[-1]) + len(pieces[-2])
        check_length(length)
        place = found.end()
    return "".join((*pieces, form[place:]))


def _filled(found: "re.Match[str]", values: list[Any]) -> str:
    sign, (number, alignment, form) = found.group(), found.groups()
    if number is None:
        if len(sign) == 1:
            raise bad_format()
        return sign[0]
    if int(number) >= len(values):
        message = (
            "Index (zero based) must be greater than or equal to zero"
            " and less than the size of the argument list."
        )
        raise Thrown(message, "FormatException")
    return align(write_with(values[int(number)], form or ""), int(alignment or 0))


def align(text: str, width: int) -> str:
    """Fill a text up with blanks: on the left, or on the right if the width is negative."""
    check_length(abs(width))
    return text.rjust(width) if width >= 0 else text.ljust(-width)


_QUOTED = re.compile(r'["\\\x00-\x1f\x85\u2028\u2029]')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def quoted(text: str) -> str:
    """Write a JSON string as Newtonsoft does."""
    if _QUOTED.search(text) is None:
        return f'"{text}"'
    return f'"{_QUOTED.sub(lambda found: _escaped(found.group()), text)}"'


def _escaped(character: str) -> str:
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def write_json(data: Any, *, indented: bool, depth: int = 0) -> str:
    """Write JSON data as Newtonsoft does."""
    if isinstance(data, dict | list):
        if not data:
            return "{}" if isinstance(data, dict) else "[]"
        inner, colon = depth + 1, ": " if indented else ":"
        if isinstance(data, dict):
            items = [
                f"{quoted(name)}{colon}{write_json(value, indented=indented, depth=inner)}"
                for name, value in data.items()
            ]
        else:
            items = [write_json(item, indented=indented, depth=inner) for item in data]
        start, end = "{}" if isinstance(data, dict) else "[]"
        if not indented:
            return f"{start}{','.join(items)}{end}"
        margin = "  " * inner
        lines = f",\r\n{margin}".join(items)
        return f"{start}\r\n{margin}{lines}\r\n{margin[2:]}{end}"
    return _write_scalar(data)


def _write_scalar(data: Any) -> str:  # noqa: PLR0911 - one per type
    if isinstance(data, str):
        return quoted(data)
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, float | Decimal):
        text = to_text(data)
        return text if re.search(r"[.EN]", text) else f"{text}.0"
    if isinstance(data, int):
        return str(data)
    if isinstance(data, DateTime):
        point = ".FFFFFFF" if data.fraction else ""
        return quoted(write_date(data, f"yyyy-MM-ddTHH:mm:ss{point}K"))
    return quoted(to_text(data))


def _write_token(token: JToken) -> str:
    if isinstance(token, JProperty):
        return f"{quoted(token.name)}: {write_json(token.value.data, indented=True)}"
    return write_json(token.data, indented=True)


def _write_bytes(_: bytes | bytearray) -> str:
    return "System.Byte[]"


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "True" if value else "False",
    int: str,
    float: write_double,
    Decimal: lambda value: f"{value:f}",
    Char: str,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    UUID: str,
    DateTime: write_date,
    DateTimeOffset: lambda moment: write_date(moment, "MM/dd/yyyy HH:mm:ss zzz"),
    TimeSpan: str,
    Named: lambda value: value.name,
    Url: str,
    JObject: _write_token,
    JArray: _write_token,
    JProperty: _write_token,
    JValue: lambda token: to_text(token.data),
}

_NAMES: Mapping[type, str] = {
    bool: "System.Boolean",
    int: "System.Int32",
    float: "System.Double",
    str: "System.String",
    Decimal: "System.Decimal",
    Char: "System.Char",
    bytes: "System.Byte[]",
    bytearray: "System.Byte[]",
    UUID: "System.Guid",
    DateTime: "System.DateTime",
    DateTimeOffset: "System.DateTimeOffset",
    TimeSpan: "System.TimeSpan",
    list: "System.Object[]",
    Url: "Url",
    Body: "MessageBody",
    Response: "Response",
    Request: "Request",
    CIMultiDict: "Headers",
    dict: "System.Collections.Generic.Dictionary`2[System.String,System.Object]",
}


def type_name(value: object) -> str:
    """Return the full name of a value's type, as messages and `ToString()` have it."""
    if isinstance(value, JToken):
        return f"Newtonsoft.Json.Linq.{type(value).__name__}"
    return _NAMES.get(type(value), type(value).__name__)


def to_boolean(value: object) -> bool:
    """Return a value that has to be a bool. Raises ExpressionFailed."""
    if isinstance(value, bool):
        return value
    if value is None:
        raise null_reference()
    raise bad_cast(type_name(value), "System.Boolean")


def to_integer(value: object) -> int:
    """Return a value that has to be a number without a fraction, or the text of one.

    Raises ExpressionFailed.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        found = _INTEGER.fullmatch(value)
        if found is None:
            raise bad_format()
        return int(found.group(1))
    if value is None:
        raise null_reference()
    raise bad_cast(type_name(value), "System.Int32")


_LOOSE = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'((?:[^\'\\]|\\.)*)\'|([A-Za-z_$][\w$]*)(?=\s*:)'
    r"|/\*.*?\*/|//[^\n]*|,(?=\s*[}\]])",
    re.DOTALL,
)


def read_json(text: str) -> Any:
    """Read JSON, with the liberties that Newtonsoft takes. Raises Thrown."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_LOOSE.sub(_strict, text))
    except (ValueError, RecursionError) as error:
        raise Thrown(
            f"Unexpected character or end while reading JSON: {error}", "JsonReaderException"
        ) from error


def _strict(found: "re.Match[str]") -> str:
    """Write in strict JSON what Newtonsoft reads: other quotes, bare names, comments."""
    whole, (single, name) = found.group(), found.groups()
    if single is not None:
        inner = single.replace("\\'", "'").replace('\\"', '"').replace('"', '\\"')
        return f'"{inner}"'
    if name is not None:
        return f'"{name}"'
    return whole if whole.startswith('"') else ""

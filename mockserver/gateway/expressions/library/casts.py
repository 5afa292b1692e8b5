"""Is a value of a type, and what does a cast make of it?"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from mockserver.gateway.expressions.json_tokens import JArray, JObject, JProperty, JToken, JValue
from mockserver.gateway.expressions.kinds import Kind, bare, is_value
from mockserver.gateway.expressions.library.moments import read_date, read_guid
from mockserver.gateway.expressions.library.numbers import (
    BITS,
    in_range,
    read_bool,
    read_decimal,
    read_double,
    read_whole,
    rounded,
)
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.texts import Named, to_text, type_name
from mockserver.gateway.expressions.throwing import Thrown, bad_cast, null_reference
from mockserver.gateway.expressions.times import DateTime, DateTimeOffset, TimeSpan
from mockserver.gateway.message import Response


def _is_whole(kind: str) -> Callable[[Any], bool]:
    bits = BITS[kind]

    def test(value: Any) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return -(1 << bits - 1) <= value < 1 << (bits if kind == "byte" else bits - 1)

    return test


def _instance(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str) and not isinstance(value, Char),
    "char": _instance(Char),
    "bool": _instance(bool),
    **{kind: _is_whole(kind) for kind in ("int", "long", "byte")},
    "double": _instance(float),
    "decimal": _instance(Decimal),
    "DateTime": lambda value: type(value) is DateTime,
    "DateTimeOffset": _instance(DateTimeOffset),
    "TimeSpan": _instance(TimeSpan),
    "Guid": _instance(UUID),
    "JToken": _instance(JToken),
    "JContainer": _instance(JObject, JArray, JProperty),
    "JObject": _instance(JObject),
    "JArray": _instance(JArray),
    "JProperty": _instance(JProperty),
    "JValue": _instance(JValue),
    "IResponse": _instance(Response),
    "List": _instance(list),
    "Dictionary": _instance(dict),
    "IReadOnlyDictionary": lambda value: hasattr(value, "keys"),
    "HashSet": _instance(list),
    "IEnumerable": lambda value: isinstance(value, list | str | bytes | bytearray | dict | JToken),
}


def is_of(value: Any, kind: Kind) -> bool:
    """Say whether a value is of a type, as `is` does. Null is of none."""
    if value is None:
        return False
    kind = bare(kind)
    if kind.name == "object":
        return True
    if kind.name == "[]":
        return isinstance(value, _BYTES if kind.arguments[0].name == "byte" else list)
    if isinstance(value, Named):
        return value.type == kind.name
    test = _TESTS.get(kind.name)
    return test(value) if test is not None else type(value).__name__ == kind.name.removeprefix("I")


def unbox(value: Any, kind: Kind) -> Any:
    """Cast an object: it has to be of the type already. Raises Thrown."""
    if value is None:
        if is_value(kind):
            raise null_reference()
        return None
    if not is_of(value, kind):
        raise bad_cast(type_name(value), _full_name(kind))
    return value


def _full_name(kind: Kind) -> str:
    names = {"string": "String", "int": "Int32", "long": "Int64", "bool": "Boolean"}
    if kind.name in names:
        return f"System.{names[kind.name]}"
    if kind.name.startswith("J") and kind.name[1:2].isupper():
        return f"Newtonsoft.Json.Linq.{kind.name}"
    text = str(kind)
    return f"System.{text[0].upper()}{text[1:]}" if text[0].islower() else text


def _to_whole(kind: str) -> Callable[[Any], int]:
    def convert(data: Any) -> int:
        if isinstance(data, str):
            return read_whole(data, kind)
        if isinstance(data, float | Decimal):
            return rounded(data, kind)
        return in_range(int(data), kind)

    return convert


def _to_bool(data: Any) -> bool:
    return read_bool(data) if isinstance(data, str) else bool(data)


def _to_date(data: Any) -> DateTime:
    return data if isinstance(data, DateTime) else read_date(to_text(data))


def _to_guid(data: Any) -> UUID:
    return data if isinstance(data, UUID) else read_guid(to_text(data))


def _to_string(data: Any) -> str:
    if isinstance(data, bool):
        return "True" if data else "False"
    return to_text(data)


_BYTES = (bytes, bytearray)
_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    **{kind: _to_whole(kind) for kind in ("int", "long", "byte")},
    "string": _to_string,
    "bool": _to_bool,
    "double": lambda data: read_double(data) if isinstance(data, str) else float(data),
    "decimal": lambda data: read_decimal(to_text(data)),
    "DateTime": _to_date,
    "Guid": _to_guid,
}


def cast(value: Any, kind: Kind) -> Any:
    """Convert a token to a type, as its explicit operators and `Value<T>` do. Raises Thrown."""
    if not isinstance(value, JToken):
        return unbox(value, kind)
    if kind.name == "object" or is_of(value, kind):
        return value
    token = value.value if isinstance(value, JProperty) else value
    if kind.name in ("[]", "List", "IEnumerable") and isinstance(token, JArray):
        return [cast(child, kind.arguments[0]) for child in token.children()]
    if kind.name == "Dictionary" and isinstance(token, JObject):
        return {name: cast(token.get(name), kind.arguments[1]) for name in token.data}
    return _scalar(token, kind)


def _scalar(token: JToken, kind: Kind) -> Any:
    wanted = bare(kind)
    if token.data is None and not is_value(kind):
        return None
    convert = _FROM_JSON.get(wanted.name)
    if convert is None:
        raise bad_cast(type_name(token), _full_name(wanted))
    if not isinstance(token, JValue) or token.data is None:
        name = type(token).__name__.removeprefix("J") if token.data is not None else "Null"
        message = f"Can not convert {name} to {_full_name(wanted).removeprefix('System.')}."
        raise Thrown(message, "ArgumentException")
    return convert(token.data)

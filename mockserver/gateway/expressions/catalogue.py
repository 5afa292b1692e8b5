"""Which types do expressions know, and what can be done with each? The tables, put together."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mockserver.gateway.expressions.bounds import CHARACTERS, ELEMENTS
from mockserver.gateway.expressions.formats import DAYS
from mockserver.gateway.expressions.kinds import Kind, family, substitute
from mockserver.gateway.expressions.library import (
    context,
    credentials,
    dictionaries,
    encodings,
    moments,
    newtonsoft,
    numbers,
    patterns,
    sequences,
    strings,
)
from mockserver.gateway.expressions.library.sequences import key_of, same
from mockserver.gateway.expressions.members import Framed, Member, Members, Rows, table
from mockserver.gateway.expressions.texts import Named, to_text, write_with
from mockserver.gateway.expressions.throwing import Thrown

_NUMBERS = ("int", "long", "double", "decimal", "byte")
_FORMATTED: Rows = [
    ("ToString(): string", to_text),
    ("ToString(string? format): string", lambda value, form: write_with(value, form or "")),
    ("CompareTo(T other): int", lambda left, right: (left > right) - (left < right)),
]


def _exception(message: str = "Exception of type 'System.Exception' was thrown.") -> Thrown:
    return Thrown(message)


_MEMBERS: Mapping[str, Rows] = {
    "object": [
        ("ToString(): string", to_text),
        ("Equals(object? other): bool", same),
        ("GetHashCode(): int", lambda value: hash(key_of(value)) & 0x7FFFFFFF),
    ],
    "string": [*strings.STRING, *credentials.STRING],
    **dict.fromkeys(_NUMBERS, _FORMATTED),
    "?": [
        ("HasValue: bool", lambda value: value is not None),
        ("GetValueOrDefault(T default): T", lambda value, other: other if value is None else value),
    ],
    "DateTime": moments.DATE,
    "DateTimeOffset": moments.OFFSET,
    "TimeSpan": moments.SPAN,
    "Guid": moments.GUID,
    "IEnumerable": sequences.SEQUENCE,
    "[]": sequences.ARRAY,
    "List": sequences.LIST,
    "IReadOnlyDictionary": dictionaries.READ_ONLY,
    "Dictionary": dictionaries.DICTIONARY,
    "KeyValuePair": dictionaries.PAIR,
    "IGrouping": sequences.GROUPING,
    "JToken": newtonsoft.TOKEN,
    "JObject": newtonsoft.OBJECT,
    "JArray": newtonsoft.ARRAY,
    "JProperty": newtonsoft.PROPERTY,
    "JValue": newtonsoft.VALUE,
    "Encoding": encodings.ENCODING,
    "Uri": encodings.URI,
    "HashAlgorithm": encodings.HASH,
    "Random": numbers.RANDOM,
    **patterns.TABLES,
    "context": context.CONTEXT,
    **context.TABLES,
    **credentials.TABLES,
    "Exception": [("Message: string", str)],
}
_STATIC: Mapping[str, Rows] = {
    "string": strings.STRING_STATIC,
    "char": strings.CHAR_STATIC,
    **numbers.STATIC,
    "Convert": [*numbers.STATIC["Convert"], *encodings.CONVERT],
    "Math": numbers.MATH,
    "Random": numbers.RANDOM_STATIC,
    "DateTime": moments.DATE_STATIC,
    "DateTimeOffset": moments.OFFSET_STATIC,
    "TimeSpan": moments.SPAN_STATIC,
    "Guid": moments.GUID_STATIC,
    "Enumerable": sequences.ENUMERABLE_STATIC,
    "Array": sequences.ARRAY_STATIC,
    **newtonsoft.STATIC,
    "Encoding": encodings.ENCODING_STATIC,
    "Uri": encodings.URI_STATIC,
    "WebUtility": encodings.WEB_UTILITY,
    "BitConverter": encodings.BIT_CONVERTER,
    **encodings.HASH_STATIC,
    **patterns.STATIC,
    "Exception": [("new([string message]): Exception", _exception)],
    "List": [
        ("new(): List<T>", list),
        ("new(IEnumerable<T> items): List<T>", Framed(sequences.copy)),
    ],
    "Dictionary": [("new(): Dictionary<K, V>", dict)],
}
_ENUMS: Mapping[str, tuple[str, ...]] = {
    "StringComparison": (
        *("CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture"),
        *("InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase"),
    ),
    "StringComparer": (
        *("CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture"),
        *("InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase"),
    ),
    "StringSplitOptions": ("None", "RemoveEmptyEntries", "TrimEntries"),
    "Formatting": ("None", "Indented"),
    "JTokenType": (
        *("None", "Object", "Array", "Constructor", "Property", "Comment", "Integer", "Float"),
        *("String", "Boolean", "Null", "Undefined", "Date", "Raw", "Bytes", "Guid", "Uri"),
        "TimeSpan",
    ),
    "DateTimeKind": ("Unspecified", "Utc", "Local"),
    "DayOfWeek": DAYS,
    "MidpointRounding": ("ToEven", "AwayFromZero"),
    "ProductState": ("NotPublished", "Published"),
    **patterns.ENUMS,
}
_WEIGHTS = {"string": CHARACTERS, "IEnumerable": ELEMENTS}
_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("IEnumerable", "List", "[]", "?"), ("T",)),
    **dict.fromkeys(("Dictionary", "IReadOnlyDictionary", "KeyValuePair"), ("K", "V")),
    "IGrouping": ("K", "E"),
}
"""What the types call their arguments."""


@lru_cache(maxsize=1)
def _members() -> Mapping[str, Members]:
    return {name: table(rows, _WEIGHTS.get(name, 0)) for name, rows in _MEMBERS.items()}


@lru_cache(maxsize=1)
def _static() -> Mapping[str, Members]:
    return {name: table(rows) for name, rows in _STATIC.items()}


@lru_cache(maxsize=1)
def _values() -> Mapping[str, Mapping[str, Named]]:
    return {
        name: {word: Named(name, word, number) for number, word in enumerate(words)}
        for name, words in _ENUMS.items()
    }


def bindings(kind: Kind) -> dict[str, Kind]:
    """Return what the type parameters of a type stand for."""
    known = dict(zip(_PARAMETERS.get(kind.name, ()), kind.arguments, strict=False))
    if kind.name in _NUMBERS:
        known["T"] = kind
    return known


def is_type(kind: Kind) -> bool:
    """Say whether values of this type are supported."""
    name = kind.name
    known = name in _MEMBERS or name in _ENUMS or name in _STATIC or name in _OTHER
    return known and all(map(is_type, kind.arguments))


_OTHER = frozenset(
    {"bool", "char", "JContainer", *encodings.HASHES} | {f"HMAC{name}" for name in encodings.HASHES}
)


def has_static(name: str) -> bool:
    """Say whether a name is that of a type whose static members are known."""
    return name in _STATIC or name in _ENUMS


def members_of(kind: Kind, name: str) -> list[tuple[Member, dict[str, Kind]]]:
    """Return the members of this name, each with what its type parameters stand for."""
    found: list[tuple[Member, dict[str, Kind]]] = []
    for ancestor in family(kind):
        members = _members().get(ancestor.name, {}).get(name, ())
        found += [(member, bindings(ancestor)) for member in members]
    return found


def static_members(kind: Kind, name: str) -> list[tuple[Member, dict[str, Kind]]]:
    """Return the static members of this name; constructors are called `new`."""
    return [(member, bindings(kind)) for member in _static().get(kind.name, {}).get(name, ())]


def enum_value(type_name: str, name: str) -> Named | None:
    """Return a value of an enumeration, or None."""
    return _values().get(type_name, {}).get(name)


def is_member_anywhere(name: str) -> bool:
    """Say whether any type has a member of this name."""
    return any(name in members for members in _members().values())


def result_of(member: Member, known: Mapping[str, Kind]) -> Kind:
    """Return what a member gives, with types in the place of type parameters."""
    return substitute(member.result, known)


def supported() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every type and the signatures of its members; static ones are marked as such."""
    for name in sorted({*_MEMBERS, *_STATIC, *_ENUMS}, key=str.lower):
        own = [signature for signature, _ in _MEMBERS.get(name, ())]
        static = [f"static {signature}" for signature, _ in _STATIC.get(name, ())]
        yield name, (*own, *static, *_ENUMS.get(name, ()))


def setter(kind: Kind, name: str) -> Any:
    """Return what sets a property, or None if it cannot be set."""
    return newtonsoft.SETTERS.get((kind.name, name))


SUPPORTED: Mapping[str, tuple[str, ...]] = dict(supported())
"""What expressions may use, for the documents: type name, signatures of its members."""

"""Which types are there, and which fits where?

A `Kind` is a type of C# as the compiler knows it. Values of these kinds are plain Python values
wherever that is possible: `int` and `long` are int, `string` is str, arrays and lists are list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Kind:
    """A type. The name of an array is `[]`, that of a nullable value `?`."""

    name: str
    arguments: "tuple[Kind, ...]" = ()

    @override
    def __str__(self) -> str:
        if self.name in ("[]", "?"):
            return f"{self.arguments[0]}{self.name}"
        if not self.arguments:
            return self.name
        return f"{self.name}<{', '.join(map(str, self.arguments))}>"


class UnknownType(ValueError):
    """A type that is not supported; the text is its name."""


_ALIASES = {
    "String": "string",
    "Boolean": "bool",
    "Int32": "int",
    "Int64": "long",
    "Char": "char",
    "Double": "double",
    "Decimal": "decimal",
    "Byte": "byte",
    "Object": "object",
    "IDictionary": "Dictionary",
    "IList": "List",
    "ICollection": "List",
}
_NAMESPACES = (
    *("Newtonsoft.Json.Linq.", "Newtonsoft.Json.", "System.Collections.Generic.", "System.Linq."),
    *("System.Text.RegularExpressions.", "System.Text.", "System.Security.Cryptography."),
    *("System.Net.", "System.Xml.Linq.", "System.Xml.", "System.Globalization.", "System."),
)
_BASES: Mapping[str, str] = {
    "JObject": "JContainer",
    "JArray": "JContainer",
    "JProperty": "JContainer",
    "JContainer": "JToken",
    "JValue": "JToken",
    "JToken": "IEnumerable<JToken>",
    "string": "IEnumerable<char>",
    "[]": "IEnumerable<0>",
    "List": "IEnumerable<0>",
    "HashSet": "IEnumerable<0>",
    "Dictionary": "IReadOnlyDictionary<0, 1>",
    "IReadOnlyDictionary": "IEnumerable<KeyValuePair<0, 1>>",
    "Headers": "IReadOnlyDictionary<string, string[]>",
    "Query": "IReadOnlyDictionary<string, string[]>",
    "Variables": "IReadOnlyDictionary<string, object>",
    "Claims": "IReadOnlyDictionary<string, string[]>",
    "IGrouping": "IEnumerable<1>",
    "MatchCollection": "IEnumerable<Match>",
    "GroupCollection": "IEnumerable<Group>",
    "Match": "Group",
    "HMACSHA1": "HashAlgorithm",
    "HMACSHA256": "HashAlgorithm",
    "HMACSHA384": "HashAlgorithm",
    "HMACSHA512": "HashAlgorithm",
    "MD5": "HashAlgorithm",
    "SHA1": "HashAlgorithm",
    "SHA256": "HashAlgorithm",
    "SHA384": "HashAlgorithm",
    "SHA512": "HashAlgorithm",
    "XElement": "XContainer",
    "XDocument": "XContainer",
    "XContainer": "XNode",
}
"""What a type inherits from; a number stands for an argument of the type itself."""

_WORD = re.compile(r"\s*([A-Za-z_][\w.]*|[<>,?]|\[\s*\])")
_ARITIES = {
    "IEnumerable": 1,
    "List": 1,
    "HashSet": 1,
    "Func": 2,
    "KeyValuePair": 2,
    "Dictionary": 2,
    "IReadOnlyDictionary": 2,
    "IGrouping": 2,
    "Nullable": 1,
}


@lru_cache(maxsize=4096)
def read_kind(text: str) -> Kind:
    """Read the name of a type. Raises UnknownType only for what is no name at all."""
    words = _WORD.findall(text)
    kind, stop = _read(words, 0)
    if stop != len(words) or "".join(words) != re.sub(r"\s", "", text):
        raise UnknownType(text)
    return kind


def _read(words: list[str], place: int) -> tuple[Kind, int]:
    if place >= len(words) or not (words[place][0].isalpha() or words[place][0] == "_"):
        raise UnknownType(" ".join(words))
    name = plain_name(words[place])
    place += 1
    arguments: list[Kind] = []
    if place < len(words) and words[place] == "<":
        while words[place] in ("<", ","):
            argument, place = _read(words, place + 1)
            arguments.append(argument)
            if place >= len(words):
                raise UnknownType(" ".join(words))
        place += 1
    kind = Kind(name, tuple(arguments))
    if name == "Nullable" and arguments:
        kind = Kind("?", tuple(arguments))
    while place < len(words) and (words[place] == "?" or words[place][0] == "["):
        kind = Kind("?" if words[place] == "?" else "[]", (kind,))
        place += 1
    return kind, place


def plain_name(name: str) -> str:
    """Return the name of a type without its namespace, as C# writes it in short."""
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            name = name.removeprefix(namespace)
            break
    return _ALIASES.get(name, name)


def is_namespace(name: str) -> bool:
    """Say whether a dotted name is the beginning of a type's full name."""
    return any(namespace.startswith(f"{name}.") for namespace in _NAMESPACES)


def arity_fits(kind: Kind) -> bool:
    """Say whether a generic type has as many arguments as it should."""
    if kind.name in ("[]", "?"):
        return True
    return len(kind.arguments) == _ARITIES.get(kind.name, 0)


@lru_cache(maxsize=4096)
def base_of(kind: Kind) -> Kind | None:
    """Return what a type inherits from, but for object."""
    text = _BASES.get(kind.name)
    if text is None:
        return None
    base = read_kind(re.sub(r"\b(\d)", r"_\1", text))
    return substitute(base, {f"_{n}": argument for n, argument in enumerate(kind.arguments)})


def substitute(kind: Kind, known: Mapping[str, Kind]) -> Kind:
    """Put types in the place of type parameters."""
    if kind.name in known:
        return known[kind.name]
    if not kind.arguments:
        return kind
    return Kind(kind.name, tuple(substitute(argument, known) for argument in kind.arguments))


def family(kind: Kind) -> Iterator[Kind]:
    """Yield a type, what it inherits from, and object in the end."""
    current: Kind | None = kind
    while current is not None:
        yield current
        current = base_of(current)
    yield OBJECT


STRING, BOOL, INT, LONG = Kind("string"), Kind("bool"), Kind("int"), Kind("long")
DOUBLE, DECIMAL, CHAR, BYTE = Kind("double"), Kind("decimal"), Kind("char"), Kind("byte")
OBJECT, NULL, VOID, TOKEN = Kind("object"), Kind("null"), Kind("void"), Kind("JToken")
DATE, SPAN, GUID = Kind("DateTime"), Kind("TimeSpan"), Kind("Guid")
OFFSET = Kind("DateTimeOffset")
ANY = Kind("any")
"""Not known before an expression runs."""

NUMBERS = (BYTE, CHAR, INT, LONG, DOUBLE, DECIMAL)
ENUMS = frozenset(
    {
        *("StringComparison", "Formatting", "StringSplitOptions", "RegexOptions", "DayOfWeek"),
        *("JTokenType", "DateTimeKind", "MidpointRounding", "ProductState", "UriPartial"),
        "StringComparer",
    }
)
VALUES = frozenset({BOOL, INT, LONG, DOUBLE, DECIMAL, CHAR, BYTE, DATE, OFFSET, SPAN, GUID})
"""Types that null is no value of."""

_WIDER = {
    BYTE: (INT, LONG, DOUBLE, DECIMAL),
    CHAR: (INT, LONG, DOUBLE, DECIMAL),
    INT: (LONG, DOUBLE, DECIMAL),
    LONG: (DOUBLE, DECIMAL),
}


def is_value(kind: Kind) -> bool:
    """Say whether null is no value of this type."""
    return kind in VALUES or kind.name in ENUMS or kind.name == "KeyValuePair"


def element_of(kind: Kind) -> Kind | None:
    """Return what a sequence consists of; None if it is no sequence."""
    for ancestor in family(kind):
        if ancestor.name == "IEnumerable":
            return ancestor.arguments[0]
    return None


def bare(kind: Kind) -> Kind:
    """Return the type without its question mark."""
    return kind.arguments[0] if kind.name == "?" else kind


def nullable(kind: Kind) -> Kind:
    """Return the type with a question mark if it needs one to be null."""
    return Kind("?", (kind,)) if is_value(kind) else kind


def widens(kind: Kind, to: Kind) -> bool:
    """Say whether a number becomes another type by itself."""
    return to in _WIDER.get(kind, ())


def fits(kind: Kind, to: Kind) -> bool:
    """Say whether C# takes a value of one type for the other without a cast."""
    if kind == to or ANY in (kind, to) or to == OBJECT:
        return True
    if kind == NULL:
        return not is_value(to)
    if to.name == "?":
        return fits(bare(kind), bare(to)) and (kind.name != "?" or bare(kind) in VALUES)
    if (kind, to) == (DATE, OFFSET):
        return True
    if to == TOKEN and (bare(kind) in VALUES or kind == STRING):
        return True
    return widens(kind, to) or _inherits(kind, to)


def _inherits(kind: Kind, to: Kind) -> bool:
    for ancestor in family(kind):
        if ancestor.name == to.name and len(ancestor.arguments) == len(to.arguments):
            return all(map(fits, ancestor.arguments, to.arguments))
    return False

"""What can be done with arrays, lists and dictionaries? LINQ, computed at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cmp_to_key, reduce
from typing import Any

from multidict import CIMultiDict

from mockserver.gateway.expressions.bounds import CHARACTERS, ELEMENT, ELEMENTS, Frame
from mockserver.gateway.expressions.json_tokens import JToken, JValue
from mockserver.gateway.expressions.library import arrays
from mockserver.gateway.expressions.library.strings import compare, equal
from mockserver.gateway.expressions.literals import Char
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, to_text
from mockserver.gateway.expressions.throwing import (
    Thrown,
    no_elements,
    null_argument,
    out_of_bounds,
    out_of_range,
)

Chooser = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """A KeyValuePair."""

    key: Any
    value: Any

    def written(self) -> str:
        """Return the pair as `ToString()` gives it."""
        return f"[{to_text(self.key)}, {to_text(self.value)}]"


@dataclass(frozen=True, slots=True)
class Group:
    """What GroupBy gives for one key."""

    key: Any
    items: list[Any]


def items_of(sequence: Any) -> Iterable[Any]:
    """Return what a sequence consists of."""
    if isinstance(sequence, list | bytes | bytearray | set):
        return sequence
    if isinstance(sequence, str):
        return map(Char, sequence)
    if isinstance(sequence, JToken):
        return sequence.children()
    if isinstance(sequence, CIMultiDict):
        return [Pair(name, sequence.getall(name)) for name in dict.fromkeys(sequence)]
    if isinstance(sequence, Group):
        return sequence.items
    if hasattr(sequence, "items"):
        return [Pair(name, value) for name, value in sequence.items()]
    raise null_argument("source")


def key_of(value: Any) -> Any:
    """Return what decides whether two values are equal, as something that can be hashed."""
    if isinstance(value, JValue):
        return key_of(value.data)
    if isinstance(value, list | bytearray | dict | CIMultiDict | JToken | Group):
        return id(value)
    return type(value) if value is None else (isinstance(value, bool), value)


def same(left: Any, right: Any) -> bool:
    """Compare as `Equals` does."""
    return bool(key_of(left) == key_of(right))


def _order(left: Any, right: Any) -> int:
    if isinstance(left, JValue) and isinstance(right, JValue):
        left, right = left.data, right.data
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and isinstance(right, str):
        return compare(left, right)
    try:
        return int(left > right) - int(left < right)
    except TypeError as error:
        raise Thrown("At least one object must implement IComparable.") from error


def _sorted(sequence: Any, chooser: Chooser, *, downwards: bool = False) -> list[Any]:
    keyed = [(chooser(item), item) for item in items_of(sequence)]
    keyed.sort(key=lambda pair: cmp_to_key(_order)(pair[0]), reverse=downwards)
    return [item for _, item in keyed]


def _list(frame: Frame, sequence: Any) -> list[Any]:
    found = list(items_of(sequence))
    frame.claim(len(found) * ELEMENT)
    return found


def _chosen(sequence: Any, test: Chooser | None) -> list[Any]:
    found = items_of(sequence)
    return list(found) if test is None else [item for item in found if test(item)]


def _first(sequence: Any, test: Chooser | None = None) -> Any:
    for item in items_of(sequence):
        if test is None or test(item):
            return item
    raise no_elements() if test is None else no_elements("matching element")


def _last(sequence: Any, test: Chooser | None = None) -> Any:
    found = _chosen(sequence, test)
    if not found:
        raise no_elements() if test is None else no_elements("matching element")
    return found[-1]


def _single(sequence: Any, test: Chooser | None = None) -> Any:
    found = _chosen(sequence, test)
    if len(found) != 1:
        raise no_elements() if not found else Thrown("Sequence contains more than one element")
    return found[0]


def _or_none(pick: Callable[..., Any]) -> Callable[..., Any]:
    def picked(sequence: Any, test: Chooser | None = None) -> Any:
        found = _chosen(sequence, test)
        return pick(found) if found else None

    return picked


def _any(sequence: Any, test: Chooser | None = None) -> bool:
    return any(test is None or test(item) for item in items_of(sequence))


def _contains(frame: Frame, sequence: Any, value: Any) -> bool:
    found = _list(frame, sequence)
    frame.spend(len(found) // 4)
    wanted = key_of(value)
    return any(key_of(item) == wanted for item in found)


def _contains_text(frame: Frame, sequence: Any, value: str | None, comparer: Named) -> bool:
    found = _list(frame, sequence)
    frame.spend(len(found) // 4)
    return any(equal(item, value, comparer) for item in found)


def _distinct(sequence: Any) -> list[Any]:
    found: dict[Any, Any] = {}
    for item in items_of(sequence):
        found.setdefault(key_of(item), item)
    return list(found.values())


def _index_of(frame: Frame, sequence: list[Any], value: Any) -> int:
    frame.spend(len(sequence) // ELEMENTS)
    return next((n for n, item in enumerate(sequence) if same(item, value)), -1)


def _extreme(pick: Callable[..., Any]) -> Callable[..., Any]:
    def picked(sequence: Any, chooser: Chooser | None = None) -> Any:
        found = list(items_of(sequence) if chooser is None else map(chooser, items_of(sequence)))
        if not found:
            raise no_elements()
        return pick(found, key=cmp_to_key(_order))

    return picked


def _values(sequence: Any, chooser: Chooser | None) -> list[Any]:
    return list(items_of(sequence) if chooser is None else map(chooser, items_of(sequence)))


def _sum(sequence: Any, chooser: Chooser | None = None) -> Any:
    return sum(_values(sequence, chooser))


def _average(sequence: Any, chooser: Chooser | None = None) -> float:
    found = _values(sequence, chooser)
    if not found:
        raise no_elements()
    return float(sum(found)) / len(found)


def _groups(sequence: Any, chooser: Chooser) -> list[Group]:
    groups: dict[Any, Group] = {}
    for item in items_of(sequence):
        key = chooser(item)
        groups.setdefault(key_of(key), Group(key, [])).items.append(item)
    return list(groups.values())


def _flat(frame: Frame, sequence: Any, chooser: Chooser) -> list[Any]:
    found: list[Any] = []
    for item in items_of(sequence):
        found.extend(_list(frame, chooser(item)))
    return found


def add(dictionary: dict[Any, Any], key: Any, value: Any) -> None:
    """Put something under a key that is not there yet."""
    if key is None:
        raise null_argument("key")
    if key in dictionary:
        message = f"An item with the same key has already been added. Key: {to_text(key)}"
        raise Thrown(message, "ArgumentException")
    dictionary[key] = value


def _to_dictionary(sequence: Any, key: Chooser, value: Chooser | None = None) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for item in items_of(sequence):
        add(found, key(item), item if value is None else value(item))
    return found


def _joined(frame: Frame, first: Any, second: Any) -> list[Any]:
    return _list(frame, first) + _list(frame, second)


def _element_at(sequence: Any, index: int) -> Any:
    found = list(items_of(sequence))
    if not 0 <= index < len(found):
        raise out_of_range()
    return found[index]


def _aggregate(sequence: Any, first: Any, step: Callable[[Any, Any], Any]) -> Any:
    return reduce(step, items_of(sequence), first)


_NUMBERS = ("int", "long", "double", "decimal")

SEQUENCE: Rows = [
    ("Any([Func<T, bool> test]): bool", _any),
    ("All(Func<T, bool> test): bool", lambda s, test: all(map(test, items_of(s)))),
    ("Where(Func<T, bool> test): IEnumerable<T>", _chosen),
    ("Select(Func<T, R> chooser): IEnumerable<R>", _values),
    ("SelectMany(Func<T, IEnumerable<R>> chooser): IEnumerable<R>", Framed(_flat)),
    ("First([Func<T, bool> test]): T", _first),
    ("FirstOrDefault([Func<T, bool> test]): T", _or_none(lambda found: found[0])),
    ("Last([Func<T, bool> test]): T", _last),
    ("LastOrDefault([Func<T, bool> test]): T", _or_none(lambda found: found[-1])),
    ("Single([Func<T, bool> test]): T", _single),
    ("SingleOrDefault([Func<T, bool> test]): T", _or_none(_single)),
    ("Count([Func<T, bool> test]): int", lambda s, test=None: len(_chosen(s, test))),
    ("Contains(T value): bool", Framed(_contains)),
    ("Contains(T value, StringComparer comparer): bool", Framed(_contains_text)),
    ("OrderBy(Func<T, R> chooser): IEnumerable<T>", _sorted),
    (
        "OrderByDescending(Func<T, R> chooser): IEnumerable<T>",
        lambda s, c: _sorted(s, c, downwards=True),
    ),
    ("GroupBy(Func<T, R> chooser): IEnumerable<IGrouping<R, T>>", _groups),
    ("ToArray(): T[]", Framed(_list)),
    ("ToList(): List<T>", Framed(_list)),
    ("AsEnumerable(): IEnumerable<T>", Framed(_list)),
    ("ToDictionary(Func<T, R> key): Dictionary<R, T>", _to_dictionary),
    ("ToDictionary(Func<T, R> key, Func<T, S> value): Dictionary<R, S>", _to_dictionary),
    ("Distinct(): IEnumerable<T>", _distinct),
    ("Reverse(): IEnumerable<T>", lambda s: list(items_of(s))[::-1]),
    ("Skip(int count): IEnumerable<T>", lambda s, n: list(items_of(s))[max(n, 0) :]),
    ("Take(int count): IEnumerable<T>", lambda s, n: list(items_of(s))[: max(n, 0)]),
    ("Concat(IEnumerable<T> other): IEnumerable<T>", Framed(_joined)),
    (
        "Union(IEnumerable<T> other): IEnumerable<T>",
        lambda s, o: _distinct([*items_of(s), *items_of(o)]),
    ),
    ("ElementAt(int index): T", _element_at),
    (
        "SequenceEqual(IEnumerable<T> other): bool",
        lambda s, o: list(map(key_of, items_of(s))) == list(map(key_of, items_of(o))),
    ),
    ("Aggregate(R first, Func<R, T, R> step): R", _aggregate),
    ("Sum(): T", _sum),
    *((f"Sum(Func<T, {kind}> chooser): {kind}", _sum) for kind in _NUMBERS),
    ("Average(): double", _average),
    ("Average(Func<T, double> chooser): double", _average),
    ("Max(): T", _extreme(max)),
    ("Max(Func<T, R> chooser): R", _extreme(max)),
    ("Min(): T", _extreme(min)),
    ("Min(Func<T, R> chooser): R", _extreme(min)),
]
GROUPING: Rows = [("Key: K", lambda group: group.key)]


def element(sequence: Any, index: int) -> Any:
    """Return an element of an array."""
    if not 0 <= index < len(sequence):
        raise out_of_bounds()
    return sequence[index]


def _list_element(sequence: list[Any], index: int) -> Any:
    if not 0 <= index < len(sequence):
        raise out_of_range()
    return sequence[index]


def _append(frame: Frame, sequence: list[Any], value: Any) -> None:
    frame.claim(ELEMENT)
    sequence.append(value)


def _extend(frame: Frame, sequence: list[Any], more: Any) -> None:
    sequence.extend(_list(frame, more))


def _insert(frame: Frame, sequence: list[Any], index: int, value: Any) -> None:
    if not 0 <= index <= len(sequence):
        raise out_of_range()
    frame.claim(ELEMENT)
    frame.spend(len(sequence) // CHARACTERS)
    sequence.insert(index, value)


def _discard(frame: Frame, sequence: list[Any], value: Any) -> bool:
    place = _index_of(frame, sequence, value)
    if place >= 0:
        del sequence[place]
    return place >= 0


def _delete(frame: Frame, sequence: list[Any], index: int) -> None:
    frame.spend(len(sequence) // CHARACTERS)
    _list_element(sequence, index)
    del sequence[index]


ARRAY: Rows = [("Length: int", len), ("[](int index): T", element)]
ARRAY_STATIC: Rows = [
    *arrays.COPY,
    ("IndexOf(R[] array, R value): int", Framed(_index_of)),
    ("Exists(R[] array, Func<R, bool> test): bool", _any),
    ("Find(R[] array, Func<R, bool> test): R", _or_none(lambda found: found[0])),
]
LIST: Rows = [
    ("Count: int", len),
    ("[](int index): T", _list_element),
    ("Add(T value): void", Framed(_append)),
    ("AddRange(IEnumerable<T> values): void", Framed(_extend)),
    ("Insert(int index, T value): void", Framed(_insert)),
    ("IndexOf(T value): int", Framed(_index_of)),
    ("Remove(T value): bool", Framed(_discard)),
    ("RemoveAt(int index): void", Framed(_delete)),
    ("Clear(): void", list.clear),
]


def _range(frame: Frame, start: int, count: int) -> list[int]:
    if count < 0:
        raise out_of_range("count")
    frame.claim(count * ELEMENT)
    return list(range(start, start + count))


def _repeat(frame: Frame, value: Any, count: int) -> list[Any]:
    if count < 0:
        raise out_of_range("count")
    frame.claim(count * ELEMENT)
    return [value] * count


ENUMERABLE_STATIC: Rows = [
    ("Range(int start, int count): IEnumerable<int>", Framed(_range)),
    ("Repeat(R value, int count): IEnumerable<R>", Framed(_repeat)),
]


def copy(frame: Frame, sequence: Any) -> list[Any]:
    """Return the elements of a sequence in a list of its own."""
    return _list(frame, sequence)

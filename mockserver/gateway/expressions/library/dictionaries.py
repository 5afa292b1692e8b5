"""What can be done with dictionaries?"""

from typing import Any

from mockserver.gateway.expressions.bounds import ELEMENT, Frame
from mockserver.gateway.expressions.library.sequences import add, items_of
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.throwing import missing_key, null_argument


def look_up(dictionary: Any, key: Any) -> Any:
    """Return what stands under a key."""
    if key is None:
        raise null_argument("key")
    try:
        return dictionary[key]
    except KeyError:
        raise missing_key() from None


def set_entry(frame: Frame, dictionary: Any, key: Any, value: Any) -> None:
    """Put something under a key."""
    if key is None:
        raise null_argument("key")
    frame.claim(ELEMENT)
    dictionary[key] = value


def _add_charged(frame: Frame, dictionary: dict[Any, Any], key: Any, value: Any) -> None:
    frame.claim(ELEMENT)
    add(dictionary, key, value)


def _or_default(dictionary: Any, key: str, default: Any = None) -> Any:
    found = dictionary.get(key, dictionary)
    return default if found is dictionary else found


def _keys(frame: Frame, dictionary: Any) -> list[Any]:
    frame.claim(len(dictionary) * ELEMENT)
    return list(dict.fromkeys(dictionary))


def _values(frame: Frame, dictionary: Any) -> list[Any]:
    frame.claim(len(dictionary) * ELEMENT)
    return [pair.value for pair in items_of(dictionary)]


READ_ONLY: Rows = [
    ("Count: int", len),
    ("Keys: IEnumerable<K>", Framed(_keys)),
    ("Values: IEnumerable<V>", Framed(_values)),
    ("[](K key): V", look_up),
    ("ContainsKey(K key): bool", lambda dictionary, key: key in dictionary),
    ("TryGetValue(K key, out V value): bool", lambda d, key: (key in d, d.get(key))),
    ("GetValueOrDefault(K key, [V? default]): V", _or_default),
]
DICTIONARY: Rows = [
    ("Add(K key, V value): void", Framed(_add_charged)),
    ("Remove(K key): bool", lambda d, key: d.pop(key, d) is not d),
    ("Clear(): void", dict.clear),
]
PAIR: Rows = [("Key: K", lambda pair: pair.key), ("Value: V", lambda pair: pair.value)]

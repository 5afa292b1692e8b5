"""What are JObject, JArray and JValue here? Views of plain JSON data.

A view knows what it is in, if it is in something. Newtonsoft copies a token that is put somewhere
while it already has a parent, and so do we: one piece of data is never in two places.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from typing_extensions import override

from mockserver.gateway.expressions.throwing import Thrown, missing_key, out_of_range
from mockserver.gateway.expressions.times import DateTime, TimeSpan

Scalar = str | int | float | bool | Decimal | DateTime | TimeSpan | UUID | bytes | bytearray | None


class JToken:
    """A piece of JSON: `data` is what it holds, `parent` what it is in."""

    __slots__ = ("data", "key", "parent")

    def __init__(self, data: Any, parent: "JToken | None" = None, key: str | int = "") -> None:
        self.data, self.parent, self.key = data, parent, key

    def children(self) -> "Iterator[JToken]":
        """Yield what is directly within."""
        return iter(())

    def root(self) -> "JToken":
        """Return what everything is in."""
        token = self
        while token.parent is not None:
            token = token.parent
        return token

    def path(self) -> str:
        """Return where in its root it is, as Newtonsoft writes it."""
        names: list[str] = []
        token = self
        while token.parent is not None:
            if isinstance(token.key, int):
                names.insert(0, f"[{token.key}]")
            else:
                names.insert(0, f".{token.key}")
            token = token.parent
        return "".join(names).removeprefix(".")


class JValue(JToken):
    """A string, a number, true, false or null."""

    __slots__ = ()


class JObject(JToken):
    """An object; `data` is a dict."""

    __slots__ = ()

    @override
    def children(self) -> Iterator[JToken]:
        return (JProperty(name, None, self) for name in list(self.data))

    def get(self, name: str) -> JToken | None:
        """Return a member, or None."""
        return wrap(self.data[name], self, name) if name in self.data else None


class JArray(JToken):
    """An array; `data` is a list."""

    __slots__ = ()

    @override
    def children(self) -> Iterator[JToken]:
        return (wrap(item, self, number) for number, item in enumerate(list(self.data)))


class JProperty(JToken):
    """A member of an object, or one that waits to be put into one."""

    __slots__ = ("name",)

    def __init__(self, name: str, value: Any = None, parent: JObject | None = None) -> None:
        super().__init__(None if parent is not None else value, parent, name)
        self.name = name

    @property
    def value(self) -> JToken:
        """Its value, as it is now."""
        if isinstance(self.parent, JObject):
            if self.name not in self.parent.data:
                raise missing_key()
            return wrap(self.parent.data[self.name], self.parent, self.name)
        return token_of(self.data)

    def replace(self, value: JToken) -> None:
        """Give it another value."""
        if isinstance(self.parent, JObject):
            put(self.parent, self.name, value)
        else:
            self.data = value

    @override
    def children(self) -> Iterator[JToken]:
        yield self.value


def wrap(data: Any, parent: JToken | None = None, key: str | int = "") -> JToken:
    """Return a view of JSON data."""
    if isinstance(data, dict):
        return JObject(data, parent, key)
    if isinstance(data, list):
        return JArray(data, parent, key)
    return JValue(data, parent, key)


def adopt(container: JToken, token: JToken, key: str | int) -> Any:
    """Return the data of a token that is about to be put into a container: its own or a copy."""
    if not isinstance(token, JObject | JArray):
        return token.data
    if token.parent is not None or container.root() is token:
        return copied(token.data)
    token.parent, token.key = container, key
    return token.data


def copied(data: Any) -> Any:
    """Return a deep copy of JSON data."""
    if isinstance(data, dict):
        return {name: copied(value) for name, value in data.items()}
    if isinstance(data, list):
        return [copied(item) for item in data]
    return data


def put(container: JToken, key: Any, token: JToken) -> None:
    """Set a member of an object or an element of an array."""
    if isinstance(container, JObject) and isinstance(key, str):
        container.data[key] = adopt(container, token, key)
    elif isinstance(container, JArray) and isinstance(key, int):
        if not 0 <= key < len(container.data):
            raise out_of_range()
        container.data[key] = adopt(container, token, key)
    else:
        raise Thrown(f"Set {type(container).__name__} values with invalid key value.")


def find(token: JToken, key: Any) -> JToken | None:
    """Return a member or an element, as the indexer of JToken does."""
    if isinstance(token, JObject) and isinstance(key, str):
        return token.get(key)
    if isinstance(token, JArray) and isinstance(key, int):
        if not 0 <= key < len(token.data):
            raise out_of_range()
        return wrap(token.data[key], token, key)
    if isinstance(token, JValue | JProperty):
        raise Thrown(
            f"Cannot access child value on Newtonsoft.Json.Linq.{type(token).__name__}.",
            "InvalidOperationException",
        )
    message = (
        f"Accessed {type(token).__name__} values with invalid key value: {key!r}."
        f" {'Object property name' if isinstance(token, JObject) else 'Array index'} expected."
    )
    raise Thrown(message, "ArgumentException")


def token_of(value: Any) -> JToken:
    """Make a token of a value."""
    if isinstance(value, JToken):
        return value
    return wrap(data_of(value))


def data_of(value: Any) -> Any:
    """Make JSON data of a value, whatever it holds."""
    if isinstance(value, JProperty):
        return {value.name: data_of(value.value)}
    if isinstance(value, JToken):
        return copied(value.data)
    if isinstance(value, dict):
        return {str(name): data_of(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [data_of(item) for item in value]
    if value is None or isinstance(
        value, str | int | float | Decimal | DateTime | bytes | bytearray | UUID
    ):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, TimeSpan):
        return str(value)
    raise Thrown(f"A value of type {type(value).__name__} cannot become JSON.")

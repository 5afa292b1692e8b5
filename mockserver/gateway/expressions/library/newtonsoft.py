"""What can be done with JSON?"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.expressions.bounds import ELEMENT, ELEMENTS, Frame
from mockserver.gateway.expressions.json_tokens import (
    JArray,
    JObject,
    JProperty,
    JToken,
    JValue,
    adopt,
    copied,
    data_of,
    find,
    put,
    token_of,
    wrap,
)
from mockserver.gateway.expressions.kinds import Kind
from mockserver.gateway.expressions.library.casts import cast
from mockserver.gateway.expressions.library.json_paths import select, select_one, step_into
from mockserver.gateway.expressions.members import Framed, Rows
from mockserver.gateway.expressions.texts import Named, read_json, to_text, write_json
from mockserver.gateway.expressions.throwing import Thrown, bad_cast, missing_key
from mockserver.gateway.expressions.times import DateTime

FACTS = (
    Fact(
        "Text in JSON that looks like a date stays text.",
        Evidence.ASSUMED,
        "Newtonsoft makes dates of it unless told otherwise; what the gateway does is not known",
    ),
)

_COPY = 4
"""How much more than writing data it costs to copy it."""


def parse(frame: Frame, text: str) -> JToken:
    """Read JSON."""
    frame.claim(len(text))
    return wrap(read_json(text))


def _parse_as(wanted: type[JToken]) -> Callable[[Frame, str], JToken]:
    def read(frame: Frame, text: str) -> JToken:
        token = parse(frame, text)
        if not isinstance(token, wanted):
            message = f"Error reading {wanted.__name__} from JsonReader."
            raise Thrown(f"{message} Current JsonReader item is not one.", "JsonReaderException")
        return token

    return read


def size_of(data: Any) -> int:
    """Return what data costs: somewhat more than its length as text."""
    if isinstance(data, dict):
        return sum(len(name) + ELEMENT + size_of(value) for name, value in data.items())
    if isinstance(data, list):
        return sum(map(size_of, data))
    return ELEMENT + len(data) if isinstance(data, str) else ELEMENT


def _charged(frame: Frame, data: Any) -> Any:
    size = size_of(data)
    frame.claim(size)
    frame.spend(size // 64)
    return data


def write(frame: Frame, token: JToken, formatting: Named | None = None) -> str:
    """Write a token: indented, unless the formatting is None."""
    indented = formatting is None or formatting.name == "Indented"
    _charged(frame, token.value.data if isinstance(token, JProperty) else token.data)
    if isinstance(token, JProperty | JValue) and indented:
        return to_text(token)
    return write_json(token.data, indented=indented)


def written(frame: Frame, value: Any) -> str:
    """Return the text of anything; what is long costs more."""
    if isinstance(value, JToken):
        return write(frame, value)
    return to_text(value)


def _claim(frame: Frame, container: JToken, token: JToken) -> None:
    """Note what putting a token into another one costs: much if it has to be copied."""
    is_copied = token.parent is not None or container.root() is token
    frame.claim(_COPY * size_of(token.data) if is_copied else ELEMENT)


def _serialize(frame: Frame, value: Any, formatting: Named | None = None) -> str:
    data = _charged(frame, data_of(value))
    return write_json(data, indented=formatting is not None and formatting.name == "Indented")


def _new_object(frame: Frame, *members: Any) -> JObject:
    made = JObject({})
    for member in members:
        add_content(frame, made, member)
    return made


def _new_array(frame: Frame, *items: Any) -> JArray:
    made = JArray([])
    given = items[0] if len(items) == 1 and isinstance(items[0], list) else items
    for item in given:
        add_content(frame, made, item)
    return made


def _new_property(_: Frame, name: str, value: Any) -> JProperty:
    return JProperty(name, token_of(value))


def add_content(frame: Frame, container: JToken, value: Any) -> None:
    if isinstance(container, JArray):
        token = token_of(value)
        _claim(frame, container, token)
        container.data.append(adopt(container, token, len(container.data)))
        return
    if not isinstance(container, JObject):
        raise bad_cast(type(container).__name__, "Newtonsoft.Json.Linq.JContainer")
    if isinstance(value, JObject):
        for name in list(value.data):
            add_member(frame, container, name, value.get(name))
        return
    if not isinstance(value, JProperty):
        message = f"Can not add Newtonsoft.Json.Linq.{type(value).__name__} to JObject."
        raise Thrown(message, "ArgumentException")
    add_member(frame, container, value.name, value.value)


def add_member(frame: Frame, container: JObject, name: str, value: Any) -> None:
    """Add a member that is not there yet."""
    if name in container.data:
        message = (
            f"Can not add property {name} to Newtonsoft.Json.Linq.JObject."
            " Property with the same name already exists on object."
        )
        raise Thrown(message, "ArgumentException")
    set_child(frame, container, name, value)


def set_child(frame: Frame, container: JToken, key: Any, value: Any) -> None:
    """Set a member or an element."""
    token = token_of(value)
    _claim(frame, container, token)
    put(container, key, token)


def _copy(frame: Frame, token: JToken) -> JToken:
    if isinstance(token, JProperty):
        return JProperty(token.name, wrap(copied(token.value.data)))
    return wrap(copied(_charged(frame, token.data)))


def _value(token: JToken, kind: Kind, key: Any = None) -> Any:
    child = token if key is None else find(token, key)
    return None if child is None else cast(child, kind)


def _values(token: JToken, kind: Kind) -> list[Any]:
    return [cast(child, kind) for child in token.children()]


def _kind_name(token: JToken) -> Named:
    data = token.data
    names = (
        *((isinstance(token, JProperty), "Property", 4), (isinstance(data, dict), "Object", 1)),
        *((isinstance(data, list), "Array", 2), (isinstance(data, bool), "Boolean", 9)),
        *((isinstance(data, int), "Integer", 6), (isinstance(data, float | Decimal), "Float", 7)),
        *(
            (isinstance(data, DateTime), "Date", 12),
            (isinstance(data, bytes | bytearray), "Bytes", 14),
        ),
        *((data is None, "Null", 10), (True, "String", 8)),
    )
    return next(Named("JTokenType", name, number) for is_it, name, number in names if is_it)


def _remove_token(token: JToken) -> None:
    """Take a token out of what it is in."""
    parent = token.parent
    if isinstance(parent, JObject):
        parent.data.pop(token.key, None)
    elif isinstance(parent, JArray) and isinstance(token.key, int) and token.key < len(parent.data):
        del parent.data[token.key]
    else:
        raise Thrown("The parent is missing.", "InvalidOperationException")


def _replace(frame: Frame, token: JToken, value: JToken) -> None:
    if isinstance(token, JProperty) or token.parent is None:
        raise Thrown("The parent is missing.", "InvalidOperationException")
    set_child(frame, token.parent, token.key, value)


def _remove(token: JToken, key: str) -> bool:
    return token.data.pop(key, token) is not token


def _property(token: JObject, name: str) -> JProperty | None:
    return JProperty(name, None, token) if name in token.data else None


def _try_get(token: JObject, name: str) -> tuple[bool, JToken | None]:
    return name in token.data, token.get(name)


def _parent(token: JToken) -> JToken | None:
    if isinstance(token, JProperty) or not isinstance(token.parent, JObject):
        return token.parent
    return JProperty(str(token.key), None, token.parent)


def _ignoring_case(token: JObject, name: str, _: Named) -> JToken | None:
    exact = token.get(name)
    if exact is not None:
        return exact
    lowered = name.lower()
    return next((token.get(key) for key in token.data if key.lower() == lowered), None)


def _remove_at(token: JArray, index: int) -> None:
    _remove_token(_element(token, index))


def _element(token: JToken, index: int) -> JToken:
    found = find(token, index)
    if found is None:
        raise missing_key()
    return found


def _set_property(prop: JProperty, value: JToken) -> None:
    prop.replace(value)


def _select_all(frame: Frame, token: JToken) -> list[JToken]:
    _children(frame, token)
    return step_into(token, None, None)


def _children(frame: Frame, token: JToken) -> list[JToken]:
    found = list(token.children())
    frame.spend(len(found) // ELEMENTS)
    return found


def _last(frame: Frame, token: JToken) -> JToken | None:
    found = _children(frame, token)
    return found[-1] if found else None


TOKEN: Rows = [
    ("[](object key): JToken", find),
    ("SelectToken(string path, [bool errorWhenNoMatch]): JToken", Framed(select_one)),
    ("SelectTokens(string path): IEnumerable<JToken>", Framed(select)),
    ("Value<T>([object key]): T", _value),
    ("Values<T>(): IEnumerable<T>", _values),
    ("Values(): IEnumerable<JToken>", Framed(_select_all)),
    ("ToObject<T>(): T", _value),
    ("Children(): IEnumerable<JToken>", Framed(_children)),
    ("HasValues: bool", lambda token: bool(isinstance(token.data, dict | list) and token.data)),
    ("First: JToken", lambda token: next(iter(token.children()), None)),
    ("Last: JToken", Framed(_last)),
    ("Type: JTokenType", _kind_name),
    ("Path: string", lambda token: token.path()),
    ("Root: JToken", lambda token: token.root()),
    ("Parent: JContainer", _parent),
    ("DeepClone(): JToken", Framed(_copy)),
    ("Remove(): void", _remove_token),
    ("Replace(JToken value): void", Framed(_replace)),
    ("ToString(): string", Framed(write)),
    ("ToString(Formatting formatting): string", Framed(write)),
]


def _merge(frame: Frame, token: JObject, other: Any) -> None:
    if not isinstance(other, JObject):
        raise bad_cast(type(other).__name__, "Newtonsoft.Json.Linq.JObject")
    for name in list(other.data):
        mine, theirs = token.get(name), other.get(name)
        if isinstance(mine, JObject) and isinstance(theirs, JObject):
            _merge(frame, mine, theirs)
        elif isinstance(mine, JArray) and isinstance(theirs, JArray):
            mine.data.extend(copied(_charged(frame, theirs.data)))
        else:
            set_child(frame, token, name, theirs)


OBJECT: Rows = [
    ("Count: int", lambda token: len(token.data)),
    ("Properties(): IEnumerable<JProperty>", Framed(_children)),
    ("PropertyValues(): IEnumerable<JToken>", Framed(_select_all)),
    ("Property(string name): JProperty", _property),
    ("Add(string name, JToken? value): void", Framed(add_member)),
    ("Add(object content): void", Framed(add_content)),
    ("Remove(string name): bool", _remove),
    ("ContainsKey(string name): bool", lambda token, name: name in token.data),
    ("GetValue(string name): JToken", lambda token, name: token.get(name)),
    ("GetValue(string name, StringComparison comparison): JToken", _ignoring_case),
    ("TryGetValue(string name, out JToken value): bool", _try_get),
    ("Merge(object content): void", Framed(_merge)),
    ("DeepClone(): JToken", Framed(_copy)),
]


ARRAY: Rows = [
    ("Count: int", lambda token: len(token.data)),
    ("Add(object? value): void", Framed(add_content)),
    ("RemoveAt(int index): void", _remove_at),
    ("Clear(): void", lambda token: token.data.clear()),
]
PROPERTY: Rows = [
    ("Name: string", lambda token: token.name),
    ("Value: JToken", lambda token: token.value),
    ("Remove(): void", _remove_token),
]
VALUE: Rows = [("Value: object", lambda token: token.data)]
SETTERS = {("JProperty", "Value"): _set_property}


def _from_object(frame: Frame, value: Any) -> JToken:
    return wrap(_charged(frame, data_of(value)))


def _deep_equal(frame: Frame, left: JToken | None, right: JToken | None) -> bool:
    return bool(_charged(frame, data_of(left)) == _charged(frame, data_of(right)))


STATIC: dict[str, Rows] = {
    "JToken": [
        ("Parse(string json): JToken", Framed(parse)),
        ("FromObject(object value): JToken", Framed(_from_object)),
        ("DeepEquals(JToken? left, JToken? right): bool", Framed(_deep_equal)),
    ],
    "JObject": [
        ("Parse(string json): JObject", Framed(_parse_as(JObject))),
        ("FromObject(object value): JObject", Framed(_from_object)),
        ("new(params object? content): JObject", Framed(_new_object)),
    ],
    "JArray": [
        ("Parse(string json): JArray", Framed(_parse_as(JArray))),
        ("FromObject(object value): JArray", Framed(_from_object)),
        ("new(IEnumerable<object> content): JArray", Framed(_new_array)),
        ("new(params object? content): JArray", Framed(_new_array)),
    ],
    "JProperty": [("new(string name, object? value): JProperty", Framed(_new_property))],
    "JValue": [("new(object? value): JValue", token_of)],
    "JsonConvert": [
        ("SerializeObject(object? value, [Formatting formatting]): string", Framed(_serialize)),
        (
            "DeserializeObject<T>(string json): T",
            Framed(lambda frame, kind, text: cast(parse(frame, text), kind)),
        ),
        ("DeserializeObject(string json): object", Framed(parse)),
    ],
}

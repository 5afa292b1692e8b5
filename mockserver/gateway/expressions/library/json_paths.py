"""Where does a path such as `$.a[0].b` lead?"""

import re

from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.json_tokens import JArray, JObject, JToken, wrap
from mockserver.gateway.expressions.throwing import Thrown

_STEP = re.compile(r"\.?([A-Za-z_$][\w$-]*)|\[(-?\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\.?(\*)|\[(\*)\]")


def select(frame: Frame, token: JToken, path: str) -> list[JToken]:
    """Return all tokens that a path leads to."""
    found, place = [token], 1 if path.startswith("$") else 0
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            raise Thrown(f"The path {path!r} is not supported: names, indexes and * are.")
        name, index, quoted, *_ = step.groups()
        frame.spend(sum(_breadth(item) for item in found) if step.group(4) or step.group(5) else 1)
        found = [child for item in found for child in step_into(item, name or quoted, index)]
        place = step.end()
    return found


def _breadth(token: JToken) -> int:
    return len(token.data) if isinstance(token.data, dict | list) else 1


def step_into(token: JToken, name: str | None, index: str | None) -> list[JToken]:
    """Return what one step of a path leads to: a member, an element, or all of them."""
    if name is not None:
        child = token.get(name) if isinstance(token, JObject) else None
        return [] if child is None else [child]
    if index is not None:
        if not isinstance(token, JArray) or not 0 <= int(index) < len(token.data):
            return []
        return [wrap(token.data[int(index)], token, int(index))]
    if isinstance(token, JObject):
        return [wrap(value, token, key) for key, value in token.data.items()]
    return list(token.children())


def select_one(frame: Frame, token: JToken, path: str, demand: bool = False) -> JToken | None:
    """Return the token that a path leads to, or null."""
    found = select(frame, token, path)
    if not found and demand:
        raise Thrown(f"Path '{path}' returned no match.", "JsonException")
    if len(found) > 1:
        raise Thrown("Path returned multiple tokens.", "JsonException")
    return found[0] if found else None

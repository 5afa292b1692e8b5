"""What does YAML stand for where only values of JSON are meant, and on which line is what?"""

import re
from contextlib import suppress
from typing import Any, cast

import yaml

from mockserver.gateway.openapi_import.part import Place

MOST_LEVELS = 45
"""Five less than a configuration may have: what is imported is to be pasted into one."""
_MOST_CHARACTERS = 16 << 20
"""Of the values, each alias written out. No file of 4 MB has as many without aliases."""
_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type]
    """Sees in a plain word what JSON knows, as OpenAPI asks: no dates, no `yes`, no octals."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012


_TAG = "tag:yaml.org,2002:"
for _kind, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _firsts = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(_TAG + _kind, re.compile(f"^(?:{_pattern})$"), _firsts)


class ValueNotUsable(yaml.MarkedYAMLError):
    """A text is YAML, but no value of JSON."""


def try_compose(text: str) -> yaml.Node | None:
    """Return the nodes of a text, if it is YAML; nearly all JSON is."""
    try:
        return compose(text)
    except yaml.YAMLError:
        return None


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a text. What is nested beyond reason meets no recursive reader."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MOST_LEVELS:
            raise _problem(event, "nested too deeply")
    return cast("yaml.Node | None", _Loader(text).get_single_node())


def _problem(at: Any, what: str) -> ValueNotUsable:
    return ValueNotUsable(problem=what, problem_mark=at.start_mark)


class Reading:
    """Makes plain values of nodes, each once: an alias shares the value of its anchor."""

    def __init__(self, name: str) -> None:
        self.twice: list[str] = []
        self._name = name
        self._made: dict[int, tuple[Any, int, int] | None] = {}

    def given_twice(self, node: yaml.Node) -> list[str]:
        """Return a line for each key that a mapping has twice."""
        with suppress(yaml.YAMLError):
            self.read(node)
        return self.twice

    def read(self, node: yaml.Node) -> tuple[Any, int, int]:
        """Return the value of a node, its characters and its levels with all aliases written out.

        Anchors stand before their aliases, so that recursion is as deep as the text is nested.
        """
        if id(node) not in self._made:
            self._made[id(node)] = None
            self._made[id(node)] = self._read(node)
        made = self._made[id(node)]
        if made is None:
            raise _problem(node, "an alias stands within what it stands for")
        return made

    def _read(self, node: yaml.Node) -> tuple[Any, int, int]:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node), len(node.value) + 1, 0
        if isinstance(node, yaml.SequenceNode):
            inner = [self.read(item) for item in node.value]
            value: Any = [each[0] for each in inner]
        else:
            value, inner = self._mapping(cast("yaml.MappingNode", node))
        size = 1 + sum(each[1] for each in inner)
        levels = 1 + max((each[2] for each in inner), default=0)
        if size > _MOST_CHARACTERS or levels > MOST_LEVELS:
            raise _problem(node, "its aliases unfold into too much")
        return value, size, levels

    def _mapping(self, node: yaml.MappingNode) -> tuple[dict[str, Any], list[tuple[Any, int, int]]]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        inner = []
        for key, value in node.value:
            made = self.read(value)
            inner += [made, (None, len(key.value) + 1, 0)]
            if not isinstance(key, yaml.ScalarNode):
                raise _problem(key, "a key must be a text")
            if key.tag == f"{_TAG}merge":
                for each in made[0] if isinstance(made[0], list) else [made[0]]:
                    if not isinstance(each, dict):
                        raise _problem(value, "`<<` takes a mapping, or a list of mappings")
                    merged = each | merged
            elif key.value in own:
                line = key.start_mark.line + 1
                self.twice.append(f"{self._name}:{line}: '{key.value}' is given twice")
            else:
                own[key.value] = made[0]
        return merged | own, inner


def _scalar(node: yaml.ScalarNode) -> Any:
    text: str = node.value
    kind = node.tag.removeprefix(_TAG)
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
            case "float":
                return float(text)
            case "str" | "merge":
                return text
            case _:
                raise _problem(node, f"not a value that JSON knows: {node.tag}")
    except ValueError as error:
        raise _problem(node, f"not a value of its type: {text[:50]}") from error


def line_of(node: yaml.Node | None, place: Place) -> int:
    """Return the line of a place, or of what is around it; 0 if there are no lines."""
    line = 0 if node is None else node.start_mark.line + 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            key, node = next((pair for pair in node.value if pair[0].value == step), (None, None))
            line = key.start_mark.line + 1 if key else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
            line = node.start_mark.line + 1 if node else line
    return line

"""How does an OpenAPI file become plain values, and on which line of it is a mistake?"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import yaml

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.openapi_import.nodes import (
    MOST_LEVELS,
    Reading,
    ValueNotUsable,
    compose,
    line_of,
    try_compose,
)
from mockserver.gateway.openapi_import.part import Mistake

FACTS = (
    Fact(
        "A document that is imported is no larger than 4 MB.",
        Evidence.PUBLISHED,
        "the page on API import restrictions, of documents that are imported inline",
    ),
    Fact(
        "OpenAPI 2.0 is imported from JSON only, 3.0 and 3.1 from JSON or YAML.",
        Evidence.PUBLISHED,
        "the page on API import restrictions; the formats of the management API",
    ),
)

MOST_BYTES = 4 << 20
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class DocumentNotReadable(Exception):
    """What is wrong with a file before it is even a document: one line per mistake."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class _GivenTwice(ValueError):
    pass


@dataclass(frozen=True, slots=True)
class Document:
    """The values of an OpenAPI file, as JSON knows them."""

    content: Any
    name: str
    _text: str = field(repr=False)

    def tell(self, mistakes: Iterable[Mistake]) -> list[str]:
        """Write mistakes as `file:line: field: what`."""
        node = try_compose(self._text)
        return [_line(self.name, node, mistake) for mistake in mistakes]


def read_document(raw: bytes, name: str) -> Document:
    """Read a file that messages call `name`. Raises DocumentNotReadable."""
    if len(raw) > MOST_BYTES:
        raise DocumentNotReadable([f"{name}: larger than 4 MB, the most that is imported"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentNotReadable([f"{name}:{line}: not UTF-8: {error.reason}"]) from error
    is_json = name.lower().endswith(".json")
    if is_json or text.lstrip().startswith("{"):
        try:
            return Document(_read_json(text, name), name, text)
        except DocumentNotReadable:
            if is_json:
                raise  # otherwise braces are YAML as well
    content = _read_yaml(text, name)
    if isinstance(content, dict) and "swagger" in content and "openapi" not in content:
        raise DocumentNotReadable([f"{name}: OpenAPI 2.0 is imported from JSON only, not YAML"])
    return Document(content, name, text)


def _read_json(text: str, name: str) -> Any:
    try:
        content = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
        _check_levels(content)
    except json.JSONDecodeError as error:
        raise DocumentNotReadable([f"{name}:{error.lineno}: not JSON: {error.msg}"]) from error
    except RecursionError as error:
        raise DocumentNotReadable([f"{name}: nested too deeply"]) from error
    except _GivenTwice as error:
        node = try_compose(text)
        twice = [] if node is None else Reading(name).given_twice(node)
        raise DocumentNotReadable(twice or [f"{name}: {error}"]) from error
    except ValueError as error:  # a number of thousands of digits, NaN
        raise DocumentNotReadable([f"{name}: {str(error).partition(':')[0]}"]) from error
    _refuse_halves(content, text, name)
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise _GivenTwice(f"'{key}' is given twice")
    return made


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _check_levels(content: Any) -> None:
    inside, levels = [content], 0
    while collections := [each for each in inside if isinstance(each, dict | list)]:
        levels += 1
        if levels > MOST_LEVELS:
            raise RecursionError
        lists = (each.values() if isinstance(each, dict) else each for each in collections)
        inside = list(chain.from_iterable(lists))


def _read_yaml(text: str, name: str) -> Any:
    try:
        node = compose(text)
        if node is None:
            raise DocumentNotReadable([f"{name}: there is nothing in it"])
        reading = Reading(name)
        content = reading.read(node)[0]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark else 1
        told = problem if isinstance(error, ValueNotUsable) else f"not YAML: {problem}"
        raise DocumentNotReadable([f"{name}:{line}: {told}"]) from error
    if reading.twice:
        raise DocumentNotReadable(reading.twice)
    _refuse_halves(content, text, name)
    return content


def _refuse_halves(content: Any, text: str, name: str) -> None:
    """Refuse what escapes can write, but nobody can print or send."""
    try:
        if _HALF.search(text):
            json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise DocumentNotReadable([f"{name}: not Unicode: half of a surrogate pair"]) from error


def _line(name: str, node: yaml.Node | None, mistake: Mistake) -> str:
    line = line_of(node, mistake.place)
    steps = (f"[{s}]" if isinstance(s, int) else f".{s}" for s in mistake.place)
    where = "".join(steps).lstrip(".")
    told = f"{where}: {mistake.what}" if where else mistake.what
    return f"{name}:{line}: {told}" if line and where else f"{name}: {told}"

"""What does an XML document look like as JSON?

It is read without a document type, so there are no entities but the five of XML.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from mockserver.gateway.json_xml import DEEPEST, NotConvertible

_PIECE = 64 << 10
_MOST_ELEMENTS = 500_000


@dataclass(frozen=True, slots=True)
class JsonStyle:
    """Which of the two forms the JSON has, and whether each child is in an array."""

    is_direct: bool
    always_arrays: bool = False


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    name: str
    members: dict[str, Any] = field(default_factory=dict)
    texts: list[list[str]] = field(default_factory=lambda: [[]])
    """The texts between its children, each in pieces."""
    repeated: set[str] = field(default_factory=set)
    """The members that are arrays already."""


def json_of_xml(content: bytes, style: JsonStyle) -> bytes:
    """Return an XML document as JSON, in UTF-8. Raises NotConvertible."""
    value = _Tree(style).read(content)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _Tree:
    """Hears the XML parser and keeps what will be JSON."""

    def __init__(self, style: JsonStyle) -> None:
        self._style = style
        self._open = [_Open("")]
        self._count = 0
        parser = self._parser = expat.ParserCreate()
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration

    def read(self, content: bytes) -> Mapping[str, Any]:
        """Parse; return the members of the document. Raises NotConvertible."""
        try:
            # In pieces: the parser hears of a refusal between them only.
            for start in range(0, len(content), _PIECE):
                self._parser.Parse(content[start : start + _PIECE], False)
            self._parser.Parse(b"", True)
        except NotConvertible:
            raise
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise NotConvertible(f"the body is no XML: {error}") from error
        return self._open[0].members

    def _declaration(self, version: str, *_: object) -> None:
        if self._style.is_direct:
            self._open[0].members["version"] = version

    def _doctype(self, *_: object) -> None:
        raise NotConvertible("the body has a document type")

    def _start(self, name: str, attributes: list[str]) -> None:
        self._count += 1
        if len(self._open) > DEEPEST:
            raise NotConvertible(f"the body has more than {DEEPEST} levels")
        if self._count > _MOST_ELEMENTS:
            raise NotConvertible(f"the body has more than {_MOST_ELEMENTS} elements")
        opened = _Open(self._name(name))
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            if self._style.is_direct:
                opened.members[f"@{self._name(key)}"] = value
            elif key != "xmlns" and not key.startswith("xmlns:"):
                _add(opened, self._name(key), value, always=False)
        self._open[-1].texts.append([])
        self._open.append(opened)

    def _characters(self, text: str) -> None:
        self._open[-1].texts[-1].append(text)

    def _end(self, _: str) -> None:
        done = self._open.pop()
        # Blanks between elements are for people.
        texts = [text for text in map("".join, done.texts) if text.strip()]
        value: Any = texts[0] if texts else None
        if done.members:
            value = done.members
            if texts:
                key = "#text" if self._style.is_direct else "text"
                value = {**done.members, key: texts[0] if len(texts) == 1 else texts}
        is_child = len(self._open) > 1
        _add(self._open[-1], done.name, value, always=is_child and self._style.always_arrays)

    def _name(self, name: str) -> str:
        """Return the member's name for an element or attribute."""
        return name.replace(":", "$") if self._style.is_direct else name.rpartition(":")[2]


def _add(parent: _Open, name: str, value: Any, *, always: bool) -> None:
    """Add a member; what comes again becomes an array."""
    if name in parent.repeated:
        parent.members[name].append(value)
    elif name in parent.members:
        parent.members[name] = [parent.members[name], value]
        parent.repeated.add(name)
    elif always:
        parent.members[name] = [value]
        parent.repeated.add(name)
    else:
        parent.members[name] = value

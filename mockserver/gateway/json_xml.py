"""What does a JSON document look like as XML?

Members become elements, arrays repeat them. What a JSON value looks like as text is .NET's way.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

DEEPEST = 100
"""How many levels a document may have."""
_ROOT = "Document"
_NIL = {"xsi:nil": "true", "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"}
_DOUBTFUL_IN_NAMES = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ISO_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_TICKS_DATE = re.compile(r"/Date\((-?[0-9]{1,16})([+-][0-9]{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NotConvertible(ValueError):
    """A document cannot be converted; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlStyle:
    """How JSON is read as XML. An empty name or prefix stands for none."""

    parses_dates: bool = True
    separator: str = "_"
    namespace_prefix: str = ""
    attribute_block: str = ""


def xml_of_json(content: bytes, style: XmlStyle) -> bytes:
    """Return a JSON document as XML, in UTF-8. Raises NotConvertible."""
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotConvertible(f"the body is no JSON: {error}") from error
    writer = _Writer(style)
    name, inner = _root_of(value, writer)
    root = writer.element(name, inner, frozenset(), 1)
    written: bytes = ET.tostring(root, "utf-8", xml_declaration=False)
    return written


def _root_of(value: Any, writer: "_Writer") -> tuple[str, Any]:
    """Return the name of the root element and what it holds."""
    if isinstance(value, list):
        raise NotConvertible("a JSON array cannot be a whole XML document")
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        if isinstance(inner, list) and len(inner) == 1:
            inner = inner[0]
        is_one = not isinstance(inner, list) or not inner
        if is_one and not writer.is_special(name):
            return name, inner
    return _ROOT, value


class _Writer:
    """Makes elements. Their names are as they are written, prefix and all."""

    def __init__(self, style: XmlStyle) -> None:
        self._style = style

    def is_special(self, name: str) -> bool:
        """Say whether a member becomes something else than elements."""
        return (
            name == "#text"
            or name.startswith("@")
            or (name == self._style.attribute_block != "")
            or self._declared(name) is not None
        )

    def element(self, name: str, value: Any, prefixes: frozenset[str], depth: int) -> ET.Element:
        """Return the element of a member; `prefixes` are those declared around it."""
        if depth > DEEPEST:
            raise NotConvertible(f"the body has more than {DEEPEST} levels")
        if isinstance(value, dict):
            prefixes |= {each for each in map(self._declared, value) if each is not None}
        made = ET.Element(self._name(name, prefixes))
        if isinstance(value, dict):
            for key, inner in value.items():
                self._add(made, key, inner, (prefixes, depth))
        elif isinstance(value, list):
            self._repeat(made, name, value, (prefixes, depth))
        elif value is None:
            made.attrib.update(_NIL)
        else:
            made.text = self._text(value)
        return made

    def _repeat(
        self, parent: ET.Element, name: str, values: list[Any], around: tuple[frozenset[str], int]
    ) -> None:
        prefixes, depth = around
        for value in values:
            parent.append(self.element(name, value, prefixes, depth + 1))

    def _add(
        self, parent: ET.Element, key: str, value: Any, around: tuple[frozenset[str], int]
    ) -> None:
        """Add a member to the element of its object."""
        prefixes, depth = around
        declared = self._declared(key)
        if key == self._style.attribute_block != "" and isinstance(value, dict):
            for name, inner in value.items():
                self._attribute(parent, self._name(name, prefixes), inner)
        elif declared is not None:
            self._attribute(parent, f"xmlns:{declared}" if declared else "xmlns", value)
        elif key.startswith("@") and len(key) > 1:
            self._attribute(parent, self._name(key[1:], prefixes), value)
        elif key == "#text" and not isinstance(value, dict | list):
            parent.text = (parent.text or "") + self._text(value)
        elif isinstance(value, list) and value:
            self._repeat(parent, key, value, around)
        else:
            parent.append(self.element(key, value, prefixes, depth + 1))

    def _attribute(self, parent: ET.Element, name: str, value: Any) -> None:
        if isinstance(value, dict | list):
            raise NotConvertible(f"the attribute {name[:60]} is no single value")
        parent.set(name, self._text(value))

    def _declared(self, name: str) -> str | None:
        """Return the prefix that a member declares, empty for the default one; None: it is none."""
        prefix, separator = self._style.namespace_prefix, self._style.separator
        if not prefix or not name.startswith(prefix):
            return None
        if name == prefix:
            return ""
        rest = name[len(prefix) :]
        return encode_name(rest.removeprefix(separator)) if rest.startswith(separator) else None

    def _name(self, name: str, prefixes: frozenset[str]) -> str:
        """Return the name of an element or attribute, with its prefix if that is declared."""
        prefix, separator, local = name.partition(self._style.separator or ":")
        if separator and local and prefix in prefixes:
            return f"{prefix}:{encode_name(local)}"
        return encode_name(name)

    def _text(self, value: Any) -> str:
        """Write a string, number, boolean or null."""
        text = _plain_text(value)
        if isinstance(value, str) and self._style.parses_dates:
            text = _date(value) or value
        if _NOT_IN_XML.search(text):
            raise NotConvertible("the body holds a character that XML does not have")
        return text


def encode_name(name: str) -> str:
    """Write a name so that it is one in XML, as .NET does."""
    if not name:
        raise NotConvertible("a member without a name cannot become an element")
    return _DOUBTFUL_IN_NAMES.sub(
        lambda found: (
            found[0]
            if _is_in_names(found[0], is_first=found.start() == 0)
            else f"_x{ord(found[0]):04X}_"
        ),
        name,
    )


@lru_cache(maxsize=4096)
def _is_in_names(character: str, *, is_first: bool) -> bool:
    """Ask a parser whether names may hold a letter; like .NET it has the tables of XML 1.0."""
    if character.isascii():
        return False
    try:
        expat.ParserCreate().Parse(f"<{'' if is_first else '_'}{character}/>".encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return False
    return True


def _plain_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        from mockserver.gateway.expressions.formats import write_double

        return write_double(value)
    return str(value)


def _date(text: str) -> str:
    """Return the date that a string holds as .NET writes it, or nothing."""
    try:
        if _ISO_DATE.fullmatch(text):
            moment = datetime.fromisoformat(text)
        elif ticks := _TICKS_DATE.fullmatch(text):
            moment = _EPOCH + timedelta(milliseconds=int(ticks[1]))
        else:
            return ""
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{moment.month:02d}/{moment.day:02d}/{moment.year:04d} {moment:%H:%M:%S}"

"""How is XML read that a client sent, and how is text written into XML?"""

import re
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

from mockserver.blobserver.errors import Refusal

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#xD;"})


def escape(text: str) -> str:
    """Write text as it may stand in XML; what XML cannot say becomes a question mark."""
    return _NOT_IN_XML.sub("?", text).translate(_ESCAPES)


def element(name: str, text: str | int) -> str:
    """Write an element that holds text only."""
    return f"<{name}>{escape(str(text))}</{name}>" if text != "" else f"<{name} />"


def name_element(name: str) -> str:
    """Write the name of a blob, with escapes and saying so if XML cannot say it."""
    if _NOT_IN_XML.search(name):
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return element("Name", name)


def read_block_list(document: bytes) -> list[tuple[str, str]]:
    """Return the blocks of a block list in order: where to look, and the id.

    Raises InvalidXmlDocument. A document type, and with it every entity, is refused.
    """
    reader = _BlockListReader()
    parser = expat.ParserCreate("utf-8")  # whatever the document says of its encoding
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise Refusal("InvalidXmlDocument", reason=str(error)) from error
    return reader.blocks


def _refuse_doctype(*_: Any) -> None:
    raise Refusal("InvalidXmlDocument", reason="a document type is not accepted")


class _BlockListReader:
    """Hears a parser on a block list."""

    def __init__(self) -> None:
        self.blocks: list[tuple[str, str]] = []
        self.text: list[str] = []
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        if name not in (("BlockList",), ("Committed", "Uncommitted", "Latest"))[self._depth > 0]:
            raise Refusal("InvalidXmlDocument", reason=f"there is an element {name[:40]!r}")
        self._depth += 1
        if self._depth > 2:  # noqa: PLR2004
            raise Refusal("InvalidXmlDocument", reason="elements are too deep")
        self.text.clear()

    def end(self, name: str) -> None:
        self._depth -= 1
        if self._depth:
            self.blocks.append((name, "".join(self.text).strip()))

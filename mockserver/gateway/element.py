"""What is an element of a policy document, and on which line does it stand?

Policy XML as people write it is not always XML: expressions hold quotes, `<` and `&&` as they are.
So expressions are cut out first, each with the place where it stood, and what is left must be XML.
No document type is accepted, so there are no entities but the five of XML; size and depth are
bounded.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from xml.parsers import expat

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Expressions may stand in policy XML with their quotes, `<` and `&&` as they are (rawxml)"
        " or escaped (xml).",
        Evidence.PUBLISHED,
        "the SDK's formats of a policy document",
    ),
)

LARGEST_DOCUMENT = 256 << 10
_LENGTHS = (256, 4 << 10, 64 << 10)
"""How far is looked for the end of an expression, step by step."""
_MOST_LEVELS = 40
_MOST_ELEMENTS = 5_000
_MARK = "\ue000"
_PLACEHOLDER = re.compile(f"{_MARK}([0-9]+){_MARK}")
_BEGIN = re.compile(r"""<!--|(?:=\s*["']|>|<!\[CDATA\[)\s*(@[({])""", re.DOTALL)
_CHARACTER = re.compile(r"&(?:quot|amp|lt|gt|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});|.", re.DOTALL)
_SKIPPED = re.compile(
    r"""@"(?:""|[^"])*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])+'|//[^\n]*|/\*.*?\*/""", re.DOTALL
)
_OPENING, _CLOSING = "([{", ")]}"


class DocumentNotUsable(ValueError):
    """A policy document cannot be run; `line` and `column` (from 1) and the text say why."""

    def __init__(self, line: int, column: int, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


@dataclass(frozen=True, slots=True)
class Source:
    """An expression as it is written, and where its `@` stands."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element; its values are texts, or expressions that are not compiled yet."""

    name: str
    attributes: Mapping[str, "str | Source"] = field(default_factory=dict)
    children: Sequence["Element"] = ()
    text: "str | Source" = ""
    line: int = 1
    column: int = 1


def read_elements(text: str) -> Element:
    """Return the root of a policy document. Raises DocumentNotUsable."""
    if len(text) > LARGEST_DOCUMENT:
        raise DocumentNotUsable(1, 1, f"the document is longer than {LARGEST_DOCUMENT} characters")
    if _MARK in text:
        raise DocumentNotUsable(1, 1, "U+E000 cannot be used")
    sources: list[Source] = []
    without = "".join(_cut_out(text, sources))
    return _Tree(sources).read(without)


def _cut_out(text: str, sources: list[Source]) -> Iterator[str]:
    """Yield the document with a mark in the place of each expression."""
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    done = 0
    while begin := _BEGIN.search(text, done):
        if begin[1] is None:  # a comment
            end = text.find("-->", begin.end())
            end = len(text) if end < 0 else end
            yield text[done:end]
            done = end
            continue
        start = begin.start(1)
        line = bisect_right(lines, start)
        place = (line, start - lines[line - 1] + 1)
        end, code = _expression(text, start, place)
        yield (
            text[done:start] + f"{_MARK}{len(sources)}{_MARK}" + "\n" * text.count("\n", start, end)
        )
        sources.append(Source(code, *place))
        done = end
    yield text[done:]


def _expression(text: str, start: int, place: tuple[int, int]) -> tuple[int, str]:
    """Return where the expression that begins at `start` ends, and its text without escapes."""
    code = ""
    for length in _LENGTHS:  # most are short
        pieces = list(_CHARACTER.finditer(text, start, start + length))
        code = "".join(unescape(piece[0]) if len(piece[0]) > 1 else piece[0] for piece in pieces)
        end = _balanced(code, 1)
        if end is not None:
            return pieces[end - 1].end(), code[:end]
    raise DocumentNotUsable(*place, f"an expression without an end: {code[:60]!r}")


def _balanced(code: str, position: int, level: int = 0) -> int | None:
    """Return the end of what is opened at `position`, strings and comments left aside."""
    depth = 0
    while position < len(code):
        skipped = _skip(code, position, level)
        if skipped is None:
            return None
        if skipped > position:
            position = skipped
            continue
        if code[position] in _OPENING:
            depth += 1
        elif code[position] in _CLOSING:
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None


def _skip(code: str, position: int, level: int) -> int | None:
    """Return where a string or comment that begins here ends: here if there is none, or None."""
    if code.startswith('$"', position):
        return _interpolated(code, position + 2, level + 1)
    if skipped := _SKIPPED.match(code, position):
        return skipped.end()
    is_unclosed = code[position] in "\"'" or code.startswith("/*", position)
    return None if is_unclosed else position


def _interpolated(code: str, position: int, level: int) -> int | None:
    """Return the end of an interpolated string whose text begins at `position`."""
    if level > _MOST_LEVELS:
        return None
    while position < len(code):
        if code[position] == '"':
            return position + 1
        if code[position : position + 2] in ("{{", "}}") or code[position] == "\\":
            position += 2
        elif code[position] == "{":
            closed = _balanced(code, position, level)
            if closed is None:
                return None
            position = closed
        else:
            position += 1
    return None


@dataclass(slots=True)
class _Open:
    """An element whose end has not come yet."""

    name: str
    attributes: Mapping[str, "str | Source"]
    line: int
    column: int
    children: list[Element] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


class _Tree:
    """Hears the XML parser and keeps the elements."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._open: list[_Open] = [_Open("", {}, 1, 1)]
        self._count = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, text: str) -> Element:
        """Parse; return the root. Raises DocumentNotUsable."""
        try:
            self._parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            if problem.startswith("not well-formed"):
                problem += "; in XML, & is written &amp; and < is written &lt;"
            raise DocumentNotUsable(error.lineno, error.offset + 1, f"not XML: {problem}") from None
        except ValueError as error:  # the declaration names an encoding that nobody knows
            if isinstance(error, DocumentNotUsable):
                raise
            raise DocumentNotUsable(1, 1, f"not XML: {error}") from None
        except LookupError as error:
            raise DocumentNotUsable(1, 1, f"not XML: {error}") from None
        return self._open[0].children[0]

    def _place(self) -> tuple[int, int]:
        # API Management counts from 1, and means the name, which stands after the bracket.
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 2

    def _doctype(self, *_: object) -> None:
        raise DocumentNotUsable(*self._place(), "a document type cannot be used")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _MOST_LEVELS or self._count > _MOST_ELEMENTS:
            raise DocumentNotUsable(*self._place(), "too many elements, or nested too deeply")
        values = {key: self._value(value) for key, value in attributes.items()}
        self._open.append(_Open(name, values, *self._place()))

    def _characters(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _end(self, name: str) -> None:
        done = self._open.pop()
        text = self._value("".join(done.text))
        if done.children:
            if isinstance(text, Source) or text.strip():
                raise DocumentNotUsable(
                    done.line, done.column, f"<{name}> holds text beside elements"
                )
            text = ""
        self._open[-1].children.append(
            Element(name, done.attributes, tuple(done.children), text, done.line, done.column)
        )

    def _value(self, text: str) -> "str | Source":
        """Return a text, or the expression whose mark is all that it holds."""
        mark = _PLACEHOLDER.search(text)
        if mark is None:
            return text
        source = self._sources[int(mark[1])]
        if _PLACEHOLDER.sub("", text, count=1).strip():
            raise DocumentNotUsable(
                source.line, source.column, "an expression must be the whole value"
            )
        return source

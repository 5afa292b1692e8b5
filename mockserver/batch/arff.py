"""How is an ARFF file read?

The header names the attributes; behind `@data` each line is a row of values with commas between
them. Values and names may stand in single or double quotes, with backslashes before signs that
would end them; `?` is a missing value; `%` begins a line of comment. No library reads this format
block by block, with texts, and keeps what was written.
"""

import re
from collections.abc import Iterator

import pyarrow as pa

from mockserver.batch.failures import (
    FaultyRow,
    HeaderNotUnderstood,
    NotUtf8,
    RecordTooLong,
    RowNotUnderstood,
    RowOfOtherWidth,
    UnclosedQuote,
)
from mockserver.batch.header import places_of
from mockserver.batch.pieces import LONGEST_RECORD, Oversized, whole_records
from mockserver.batch.source import Block, Records, Source
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.tables import Schema, Text

FACTS = (
    Fact(
        "An ARFF file is UTF-8; attributes of any type are read as the schema's columns of that"
        " name; sparse rows and relational attributes are refused.",
        Evidence.ASSUMED,
        "the format's own description; no job over such a file was captured",
    ),
)

_VALUE = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"\s][^,]*?)?)\s*(,|\Z)""", re.DOTALL
)
_ATTRIBUTE = re.compile(
    r"""@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s'"{][^\s{]*))\s*(\S.*)\Z""",
    re.IGNORECASE | re.DOTALL,
)
_TYPE = re.compile(
    r"(?:(?:numeric|real|integer|string)|\{.*\})\s*(?:%.*)?\Z|date\b", re.IGNORECASE | re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class ArffFile:
    """A file of attributes, and of rows that lines end."""

    def __init__(self, source: Source, schema: Schema, block_bytes: int) -> None:
        self.name, self.schema = source.name, schema
        self._source, self._block_bytes = source, block_bytes
        self._names: list[str] = []
        self._places: list[int] = []
        self._has_data = False

    def blocks(self) -> Iterator[Block]:
        """Yield the lines behind the header. Raises FaultyRow for one too long."""
        try:
            for block in whole_records(self._source.chunks(), _last_line_end, self._block_bytes):
                if self._has_data:
                    yield block
                elif data := self._behind_header(block.data):
                    yield block._replace(data=data)
        except Oversized:
            what = f"longer than {LONGEST_RECORD >> 20} MB"
            raise FaultyRow(RecordTooLong, 0, what) from None
        if not self._has_data:
            raise self._bad_header("there is no @data")

    def _behind_header(self, data: bytes) -> bytes:
        """Read the header as far as it goes; return what follows it."""
        size = 0
        for line in data.splitlines(keepends=True):
            size += len(line)
            try:
                self._read_header(line.decode().strip())
            except UnicodeDecodeError as error:
                raise self._bad_header(f"the header cannot be read: {error}") from None
            if self._has_data:
                self._places = places_of(self.name, self._names, self.schema)
                break
        return data[size:]

    def _read_header(self, line: str) -> None:
        word = line.partition(" ")[0].partition("\t")[0].lower()
        if word == "@attribute":
            found = _ATTRIBUTE.match(line)
            if found is None or not _TYPE.match(found[4]):
                raise self._bad_header(f"not an attribute: {line[:100]}")
            self._names.append(_unquoted(found[1], found[2]) or found[3] or "")
        elif word == "@data":
            self._has_data = True
        elif line and not line.startswith("%") and word != "@relation":
            raise self._bad_header(f"neither comment nor declaration: {line[:100]}")

    def _bad_header(self, what: str) -> HeaderNotUnderstood:
        return HeaderNotUnderstood(self.name, None, what)

    def read(self, block: Block) -> Records:
        """Return the texts of a block, up to the first mistake."""
        rows: list[list[Text]] = []
        fault = None
        for line in block.data.splitlines():
            line = line.strip()  # noqa: PLW2901  line ends of any kind
            if not line or line.startswith(b"%"):
                continue
            try:
                values = self._values(line, len(rows))
            except FaultyRow as error:
                fault = error
                break
            rows.append([values[place] for place in self._places])
        columns = list(zip(*rows, strict=True)) or [()] * len(self._places)
        return Records([pa.array(column, pa.string()) for column in columns], fault)

    def _values(self, line: bytes, row: int) -> list[Text]:
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise FaultyRow(NotUtf8, row, str(error)) from None
        if text.startswith("{"):
            raise FaultyRow(RowNotUnderstood, row, "sparse rows are not supported")
        values = self._split(text, row)
        if len(values) != len(self._names):
            what = f"{len(values)} values for {len(self._names)} columns"
            raise FaultyRow(RowOfOtherWidth, row, what)
        return values

    def _split(self, text: str, row: int) -> list[Text]:
        if not any(sign in text for sign in "'\"\\"):
            return [_missing(value.strip()) for value in text.split(",")]
        values: list[Text] = []
        at = 0
        while True:
            found = _VALUE.match(text, at)
            if found is None:
                column = self._names[len(values)] if len(values) < len(self._names) else ""
                what = "the quoted value is not closed, or no comma follows it"
                raise FaultyRow(UnclosedQuote, row, what, column=column)
            quoted = _unquoted(found[1], found[2])
            values.append(_missing(found[3] or "") if quoted is None else quoted)
            at = found.end()
            if not found[4]:
                return values


def _last_line_end(data: bytes) -> int:
    # A carriage return at the end may be half of a line end.
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, max(len(data) - 1, 0))) + 1


def _missing(value: str) -> Text:
    return None if value in ("?", "") else value


def _unquoted(single: str | None, double: str | None) -> str | None:
    quoted = double if single is None else single
    if quoted is None or "\\" not in quoted:
        return quoted
    return _ESCAPE.sub(lambda escape: _CONTROLS.get(escape[1], escape[1]), quoted)

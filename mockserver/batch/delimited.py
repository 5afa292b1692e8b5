"""How is a CSV or TSV file read?

The header is read first, then blocks of whole records, each on its own and by any thread, into one
Arrow array of texts for each column of the schema.
"""

import csv
from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions, ReadOptions, read_csv

from mockserver.batch.failures import (
    FaultyRow,
    HeaderNotUnderstood,
    MalformedFile,
    NotUtf8,
    RecordTooLong,
    RowOfOtherWidth,
    UnclosedQuote,
)
from mockserver.batch.header import places_of
from mockserver.batch.pieces import LONGEST_RECORD, Oversized, whole_records
from mockserver.batch.record_ends import last_record_end, open_quote
from mockserver.batch.source import Block, Columns, Records, Source
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.tables import Schema

FACTS = (
    Fact(
        "A CSV or TSV file is UTF-8, with or without byte order mark, and has a header row; values"
        " may be quoted, quotes within are doubled, quoted values may hold line ends; lines end"
        " with LF, CRLF or CR; blank lines are skipped.",
        Evidence.ASSUMED,
        "only the header row is documented; the rest is how such files are usually read",
    ),
)

_POOL = pa.system_memory_pool()
"""It gives memory back, where Arrow's own keeps it for later."""


class DelimitedFile:
    """A file of records whose values `delimiter` separates."""

    def __init__(self, source: Source, schema: Schema, delimiter: str, block_bytes: int) -> None:
        self.name, self.schema = source.name, schema
        self._source, self._delimiter, self._block_bytes = source, delimiter, block_bytes
        self._names: list[str] = []
        self._places: list[str] = []

    def blocks(self) -> Iterator[Block]:
        """Yield the file's records, without the header. Raises FaultyRow for one too long."""
        find = partial(last_record_end, delimiter=self._delimiter)
        try:
            for block in whole_records(self._source.chunks(), find, self._block_bytes):
                if self._names:
                    yield block
                elif data := self._behind_header(block.data):
                    yield block._replace(data=data)
        except Oversized as error:
            what = f"longer than {LONGEST_RECORD >> 20} MB"
            raise self._faulty(RecordTooLong, what, error.args[0]) from None
        if not self._names:
            raise HeaderNotUnderstood(self.name, None, "the file is empty")

    def _behind_header(self, data: bytes) -> bytes:
        """Read the first record that is not blank; return what follows it."""
        size = 0

        def lines() -> Iterator[str]:
            nonlocal size
            for line in data.splitlines(keepends=True):
                size += len(line)
                yield line.decode()

        try:
            names = next(filter(None, csv.reader(lines(), delimiter=self._delimiter)), [])
        except (UnicodeDecodeError, csv.Error) as error:
            what = f"the header cannot be read: {error}"
            raise HeaderNotUnderstood(self.name, None, what) from None
        if names:
            places = places_of(self.name, names, self.schema)
            self._places = [str(place) for place in places]
            self._names = names
        return data[size:]

    def read(self, block: Block) -> Records:
        """Return the texts of a block, up to the first mistake."""
        if block.is_tail and open_quote(block.data, self._delimiter) is not None:
            fault = self._faulty(UnclosedQuote, "the quoted value is not closed", block.data)
            return Records([pa.array([], pa.string()) for _ in self._places], fault)
        ragged: list[InvalidRow] = []
        try:
            table = self._parse(block.data, pa.string(), ragged)
        except pa.ArrowInvalid:
            return self._read_up_to_other_text(block.data)
        if not ragged:
            return Records(_columns(table), None)
        return Records(_columns(table.slice(0, ragged[0].number - 1)), _other_width(ragged[0]))

    def _parse(self, data: bytes, kind: pa.DataType, ragged: list[InvalidRow]) -> pa.Table:
        """Return the columns of the schema; rows of another width are skipped and noted."""
        return read_csv(
            pa.BufferReader(data),
            read_options=ReadOptions(
                use_threads=False,
                block_size=len(data),
                column_names=[str(place) for place in range(len(self._names))],
            ),
            parse_options=ParseOptions(
                delimiter=self._delimiter,
                newlines_in_values=True,
                invalid_row_handler=_noting(ragged),
            ),
            convert_options=ConvertOptions(
                include_columns=self._places,
                column_types=dict.fromkeys(self._places, kind),
                strings_can_be_null=False,
            ),
            memory_pool=_POOL,
        )

    def _read_up_to_other_text(self, data: bytes) -> Records:
        """Read a block that has a row which is not UTF-8; another may be of another width."""
        ragged: list[InvalidRow] = []
        table = self._parse(data, pa.binary(), ragged)
        fault = _other_width(ragged[0]) if ragged else None
        for place, column in zip(self._places, table.columns, strict=True):
            for row, cell in enumerate(column.to_pylist()):
                if fault is not None and row >= fault.row:
                    break
                try:
                    cell.decode()
                except UnicodeDecodeError as error:
                    name = self._names[int(place)]
                    fault = FaultyRow(NotUtf8, row, str(error), column=name)
        rows = fault.row if fault else len(table)
        return Records(_columns(table.slice(0, rows).cast(_texts(table))), fault)

    def _faulty(self, kind: type[MalformedFile], what: str, record: bytes) -> FaultyRow:
        """Return the mistake of a record that goes on to the end of what was read."""
        quote = open_quote(record, self._delimiter)
        if quote is None:
            return FaultyRow(kind, 0, what)
        before = record[:quote].decode(errors="replace") + "."
        place = len(next(csv.reader([before], delimiter=self._delimiter))) - 1
        name = self._names[place] if place < len(self._names) else ""
        return FaultyRow(kind, 0, what, column=name)


def _columns(table: pa.Table) -> Columns:
    return [
        column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        for column in table.columns
    ]


def _texts(table: pa.Table) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in table.column_names])


def _noting(ragged: list[InvalidRow]) -> Callable[[InvalidRow], str]:
    def note(row: InvalidRow) -> str:
        # One is enough to tell, and all of a large block would be many.
        if not ragged:
            ragged.append(row)
        return "skip"

    return note


def _other_width(row: InvalidRow) -> FaultyRow:
    what = f"{row.actual_columns} values for {row.expected_columns} columns"
    return FaultyRow(RowOfOtherWidth, row.number - 1, what)

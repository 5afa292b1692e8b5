"""How is a table written as CSV, TSV or ARFF?"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mockserver.batch.compiled import Bytes
from mockserver.batch.hash_kernel import Counts
from mockserver.batch.source import Columns
from mockserver.batch.text_kernel import lines, quote_column
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.tables import Column, ColumnType, Schema

FACTS = (
    Fact(
        "A CSV or TSV output has a header row, CRLF line ends, and quotes only around values that"
        " hold the delimiter, a quote or a line end; a missing value is an empty one.",
        Evidence.ASSUMED,
        "header, comma and numbers are captured; the line end is .NET's on Windows",
    ),
    Fact(
        "An ARFF output has attributes of type string, numeric, {True,False} and date; strings"
        " stand in single quotes; a missing value is `?`; lines end with LF.",
        Evidence.ASSUMED,
        "the format's own description; no such output was captured",
    ),
)

_ARFF_TYPES = {
    ColumnType.STRING: "string",
    ColumnType.BOOLEAN: "{True,False}",
    ColumnType.DATETIME: "date 'M/d/yyyy h:mm:ss a'",
}
_ARFF_ESCAPES = (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))


@dataclass(frozen=True, slots=True)
class Format:
    """How tables are written in files of one extension."""

    delimiter: str
    line_end: str
    head: Callable[["Format", str, Schema], bytes]
    """Writes what stands before the rows, from the output's name and schema."""
    encode: Callable[["Format", pa.StringArray, Column, bool], pa.StringArray]
    """Writes the texts of a column as they stand in the file; True if there is no other column."""

    def header(self, name: str, schema: Schema) -> bytes:
        """Return what stands before the rows."""
        return self.head(self, name, schema)

    def body(self, columns: Columns, schema: Schema, counts: Counts | None = None) -> memoryview:
        """Return rows as they stand in the file; the last columns may be given as counts."""
        is_only = len(schema.columns) == 1
        encoded = [
            self.encode(self, texts, column, is_only)
            for texts, column in zip(columns, schema.columns, strict=False)
        ]
        joined = encoded[0]
        if len(encoded) > 1:
            # Loaded only where it is needed: it takes 9 MB.
            import pyarrow.compute as pc

            joined = pc.binary_join_element_wise(*encoded, self.delimiter)
        if counts is None:
            counts = np.empty((len(joined), 0), np.uint32)
        written = lines(*buffers_of(joined), counts, self.delimiter, self.line_end)
        return written.data


def buffers_of(texts: pa.StringArray) -> tuple[NDArray[np.int32], Bytes]:
    """Return offsets and bytes of a column, without a copy. Nulls have no meaning here."""
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    texts_of_all = np.frombuffer(data or b"", np.uint8)
    # All alike: functions are compiled anew for arrays that may be written to.
    starts.flags.writeable = texts_of_all.flags.writeable = False
    return starts, texts_of_all


def _csv_header(form: Format, name: str, schema: Schema) -> bytes:
    del name
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=form.delimiter, lineterminator=form.line_end)
    writer.writerow(schema.names)
    return text.getvalue().encode()


def _csv_column(
    form: Format, texts: pa.StringArray, column: Column, is_only: bool
) -> pa.StringArray:
    del column
    if texts.null_count:
        texts = texts.fill_null("")
    if quoted := quote_column(*buffers_of(texts), form.delimiter):
        offsets, data = map(pa.py_buffer, quoted)
        texts = pa.StringArray.from_buffers(len(texts), offsets, data)
    if is_only:
        import pyarrow.compute as pc

        # An empty line would be none.
        is_empty = pc.equal(texts, "")
        texts = pc.if_else(is_empty, '""', texts)
    return texts


def _arff_header(form: Format, name: str, schema: Schema) -> bytes:
    del form
    attributes = [
        f"@attribute {_arff_text(column.name)} {_ARFF_TYPES.get(column.type, 'numeric')}"
        for column in schema.columns
    ]
    head = [f"@relation {_arff_text(name)}", "", *attributes, "", "@data", ""]
    return "\n".join(head).encode()


def _arff_text(text: str) -> str:
    for sign, escape in _ARFF_ESCAPES:
        text = text.replace(sign, escape)
    return f"'{text}'"


def _arff_column(
    form: Format, texts: pa.StringArray, column: Column, is_only: bool
) -> pa.StringArray:
    import pyarrow.compute as pc

    del form, is_only
    if column.type in (ColumnType.STRING, ColumnType.DATETIME):
        for sign, escape in _ARFF_ESCAPES:
            texts = pc.replace_substring(texts, sign, escape)
        texts = pc.binary_join_element_wise("'", texts, "'", "")
    return texts.fill_null("?")


FORMATS = {
    ".csv": Format(",", "\r\n", _csv_header, _csv_column),
    ".tsv": Format("\t", "\r\n", _csv_header, _csv_column),
    ".arff": Format(",", "\n", _arff_header, _arff_column),
}

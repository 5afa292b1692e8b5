"""Is a CSV or TSV file read as it was meant, and what is wrong with it said with its place?"""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.batch import pieces
from mockserver.batch.delimited import DelimitedFile
from mockserver.batch.failures import (
    HeaderNotUnderstood,
    MalformedFile,
    NotUtf8,
    RecordTooLong,
    RowOfOtherWidth,
    UnclosedQuote,
)
from mockserver.batch.reading import go_over
from mockserver.batch.source import Columns
from mockserver.experiment.failures import InputColumnsMismatch
from mockserver.experiment.tables import Column, ColumnType, Schema
from tests.mockserver.batch.files import TEXT, MemorySource, written

PAIR = Schema((Column("b", ColumnType.STRING), Column("a", ColumnType.STRING)))
cells = st.text(st.characters(codec="utf-8") | st.sampled_from(' ",\n\r\t;\x00'), max_size=8)
tables = st.lists(st.tuples(cells, cells, cells), max_size=8)


def read(
    content: bytes,
    schema: Schema = PAIR,
    *,
    delimiter: str = ",",
    piece: int = 0,
    block_bytes: int = 1 << 20,
    threads: int = 1,
) -> list[list[str]]:
    """Return the rows of a file."""
    source = MemorySource(content)
    source.piece = piece or source.piece
    file = DelimitedFile(source, schema, delimiter, block_bytes)
    rows: list[list[str]] = []

    def lists(columns: Columns) -> list[list[str]]:
        return [list(row) for row in zip(*(c.to_pylist() for c in columns), strict=True)]

    for count, block in go_over(file, lists, threads, lambda: None):
        assert count == len(block)
        rows += block
    return rows


@given(
    rows=tables,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    delimiter=st.sampled_from([",", "\t"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 60), st.integers(1, 3)),
    is_cut=st.booleans(),
)
def test_whatever_python_writes_is_read(  # noqa: PLR0913  a table of everything that varies
    *,
    rows: list[tuple[str, str, str]],
    line_end: str,
    quoting: int,
    delimiter: str,
    mark: bytes,
    sizes: tuple[int, int, int],
    is_cut: bool,
) -> None:
    """Any file that Python's csv module writes is read back, wherever it is cut into blocks."""
    if line_end != "\r\n":
        # Python quotes only those line ends that it writes itself.
        quoting = csv.QUOTE_ALL
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([("a", "x", "b"), *rows])
    content = stream.getvalue()
    if is_cut:
        content = content.removesuffix(line_end)
    piece, block_bytes, threads = sizes
    found = read(
        mark + content.encode(),
        delimiter=delimiter,
        piece=piece,
        block_bytes=block_bytes,
        threads=threads,
    )
    assert found == [[b, a] for a, _, b in rows]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n\n\r\n3,4\n\n", [["2", "1"], ["4", "3"]]),
        (b"\n\na,b\n1,2", [["2", "1"]]),
        (b'a,b\n5" disk,the "best"\n"x"y"z",""\n', [['the "best"', '5" disk'], ["", 'xy"z"']]),
        (b'"a","b"\r\n"1","2"\r\n', [["2", "1"]]),
        (b'\xef\xbb\xbf"a","b"\n1,2\n', [["2", "1"]]),
        (b"a,b\r1,2\r", [["2", "1"]]),
        (b"a,b\n1, 2 \n", [[" 2 ", "1"]]),
        (b"a,b", []),
        (b"a,b\n", []),
        ('a,b\n"\u00e4\U0001f600",\u2028\n'.encode(), [["\u2028", "ä😀"]]),
        (b"a,b,a2,a2\n1,2,3,4\n", [["2", "1"]]),
        (b"a,x,b\n1,\xff,2\n", [["2", "1"]]),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 3, 7, 1000])
def test_corners(content: bytes, rows: list[list[str]], block_bytes: int) -> None:
    """Blank lines, odd quotes, spaces, marks and ignored columns are what they are."""
    assert read(content, block_bytes=block_bytes) == rows


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"", HeaderNotUnderstood, "input1: the file is empty"),
        (b"\xef\xbb\xbf", HeaderNotUnderstood, "input1: the file is empty"),
        (b"\n\n", HeaderNotUnderstood, "input1: the file is empty"),
        (b"a,b\n1,2\n1,2,3\n", RowOfOtherWidth, "input1, row 2: 3 values for 2 columns"),
        (b"a,b\n\n1,2\n\n3\n1,2,3\n", RowOfOtherWidth, "input1, row 2: 1 values for 2 columns"),
        (
            b'a,b\n1,"2\n3,4\n',
            UnclosedQuote,
            'input1, row 1, column "b": the quoted value is not closed',
        ),
        (
            b'a,b\n1,2\n"3,4',
            UnclosedQuote,
            'input1, row 2, column "a": the quoted value is not closed',
        ),
        (b'a,b\n1,2\n3,4,5,"', UnclosedQuote, "input1, row 2: the quoted value is not closed"),
        (b'a,b\n1\n1,"2', RowOfOtherWidth, "input1, row 1: 1 values for 2 columns"),
        (
            b"a,b\n1,2\nx,\xff\n1\n",
            NotUtf8,
            (
                "input1, row 2, column \"b\": 'utf-8' codec can't decode byte 0xff in position 0:"
                " invalid start byte"
            ),
        ),
        (
            b"a,b\n\xe4,2\nx,\xff\n",
            NotUtf8,
            (
                "input1, row 1, column \"a\": 'utf-8' codec can't decode byte 0xe4 in position 0:"
                " unexpected end of data"
            ),
        ),
        (b"a,b\n1,2\n1\nx,\xff\n", RowOfOtherWidth, "input1, row 2: 1 values for 2 columns"),
        (
            "a,b\n".encode("utf-16"),
            HeaderNotUnderstood,
            (
                "input1: the header cannot be read: 'utf-8' codec can't decode byte 0xff"
                " in position 0: invalid start byte"
            ),
        ),
        (
            b'a,"' + b"b" * 200_000 + b'"\n1,2\n',
            HeaderNotUnderstood,
            "input1: the header cannot be read: field larger than field limit (131072)",
        ),
    ],
)
@pytest.mark.parametrize("block_bytes", [1, 9, 1000])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_malformed_file_is_refused_with_the_place(
    content: bytes, kind: type[MalformedFile], text: str, block_bytes: int, threads: int
) -> None:
    """The first row at fault is named, with its column where there is one."""
    with pytest.raises(kind) as caught:
        read(content, block_bytes=block_bytes, threads=threads)
    assert caught.value.arguments == (text,)
    assert caught.value.error_id
    assert caught.value.library_message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a,c\n1,2\n", "input1: missing ['b'], doubled []; the file has ['a', 'c']"),
        (b"a,b,a\n1,2,3\n", "input1: missing [], doubled ['a']; the file has ['a', 'b', 'a']"),
        (b"A,B\n1,2\n", "input1: missing ['b', 'a'], doubled []; the file has ['A', 'B']"),
    ],
)
def test_columns_of_the_schema_must_be_there_once(content: bytes, reason: str) -> None:
    """A missing or doubled column is named, and what the file has."""
    with pytest.raises(InputColumnsMismatch) as caught:
        read(content)
    assert caught.value.reason == reason


def test_many_wrong_columns_are_cut() -> None:
    """A file of hundreds of columns does not fill the log."""
    with pytest.raises(InputColumnsMismatch) as caught:
        read(",".join(f"x{n}" for n in range(300)).encode())
    assert "…" in caught.value.reason


def test_a_record_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that does not end is given up before it fills the memory."""
    monkeypatch.setattr(pieces, "LONGEST_RECORD", 1000)
    text = b"word " * 400
    with pytest.raises(RecordTooLong) as caught:
        read(b'a,b\n1,2\n3,"' + text, block_bytes=100)
    assert caught.value.arguments == ('input1, row 2, column "b": longer than 32 MB',)
    with pytest.raises(RecordTooLong) as caught:
        read(b"a,b\n1,2\n3," + text, block_bytes=10_000)
    assert caught.value.arguments == ("input1, row 2: longer than 32 MB",)


def test_a_long_record_is_read_whole() -> None:
    """A value of some megabytes goes through, though blocks are smaller."""
    text = "word\n" * 600_000
    content = written([["Col2"], [text], ["x"]])
    assert read(content, TEXT, block_bytes=1 << 16, piece=1 << 14) == [[text], ["x"]]

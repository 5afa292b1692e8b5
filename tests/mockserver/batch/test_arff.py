"""Is an ARFF file read as the format says, and what is wrong with it said with its place?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.batch import pieces
from mockserver.batch.arff import ArffFile
from mockserver.batch.failures import (
    HeaderNotUnderstood,
    MalformedFile,
    NotUtf8,
    RecordTooLong,
    RowNotUnderstood,
    RowOfOtherWidth,
    UnclosedQuote,
)
from mockserver.batch.reading import go_over
from mockserver.batch.source import Columns
from mockserver.experiment.canned import Canned
from mockserver.experiment.failures import InputColumnsMismatch
from mockserver.experiment.python_function import PythonFunction
from mockserver.experiment.tables import Column, ColumnType, Schema, ScoredTable
from tests.mockserver.batch.files import RATED, MemorySource, scored

PAIR = Schema((Column("b", ColumnType.STRING), Column("a", ColumnType.STRING)))
HEAD = b"% a file\n@RELATION r\n\n@attribute a numeric\n@Attribute 'b' STRING % text\n@DATA\n"
cells = st.text(st.characters(codec="utf-8") | st.sampled_from(" '\"\\,\n\r\t?%{}"), max_size=8)


def read(content: bytes, block_bytes: int = 1 << 20) -> list[list[str | None]]:
    """Return the rows of a file."""
    rows: list[list[str | None]] = []

    def lists(columns: Columns) -> list[list[str | None]]:
        return [list(row) for row in zip(*(c.to_pylist() for c in columns), strict=True)]

    for count, block in go_over(
        ArffFile(MemorySource(content, ".arff"), PAIR, block_bytes), lists, 2, lambda: None
    ):
        assert count == len(block)
        rows += block
    return rows


@pytest.mark.parametrize("block_bytes", [1, 5, 1000])
@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"", []),
        (b"1,x\n2,y", [["x", "1"], ["y", "2"]]),
        (b"1, x \r\n\r\n% no\r\n2,'y, z'\r\n", [["x", "1"], ["y, z", "2"]]),
        (b"1,x\r2,y\r", [["x", "1"], ["y", "2"]]),
        (b"?,?\n,''\n'?',\"?\"\n", [[None, None], ["", None], ["?", "?"]]),
        (rb"1,'it\'s \\ \n \r \t \% \q'" + b"\n", [["it's \\ \n \r \t % q", "1"]]),
        (rb'1,"a \"b\" c"' + b"\n", [['a "b" c', "1"]]),
        (rb"1,back\slash" + b"\n", [["back\\slash", "1"]]),
        ("1,ü€😀\n".encode(), [["ü€😀", "1"]]),
    ],
)
def test_rows_are_read(data: bytes, rows: list[list[str | None]], block_bytes: int) -> None:
    """Quotes, escapes, comments, missing values and all line ends are understood."""
    assert read(HEAD + data, block_bytes) == rows


@pytest.mark.parametrize(
    "declaration",
    [b"real", b"integer", b"{x, 'y z'}", b"date", b'date "yyyy-MM-dd"', b"STRING"],
)
def test_any_type_of_attribute_is_text_at_first(declaration: bytes) -> None:
    """The schema, not the file, says what a column is."""
    head = b"@relation r\n@attribute b\t" + declaration + b'\n@attribute "a" real\n@data\n'
    assert read(head + b"x,1\n") == [["x", "1"]]


@pytest.mark.parametrize("block_bytes", [1, 9, 1000])
@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        (b"", HeaderNotUnderstood, "input1: there is no @data"),
        (b"a,b\n1,2\n", HeaderNotUnderstood, "input1: neither comment nor declaration: a,b"),
        (
            b"@attribute a\n",
            HeaderNotUnderstood,
            "input1: not an attribute: @attribute a",
        ),
        (
            b"@attribute a relational\n",
            HeaderNotUnderstood,
            "input1: not an attribute: @attribute a relational",
        ),
        (
            b"@attribute \xff real\n",
            HeaderNotUnderstood,
            (
                "input1: the header cannot be read: 'utf-8' codec can't decode byte 0xff"
                " in position 11: invalid start byte"
            ),
        ),
        (HEAD + b"1,x\n1\n", RowOfOtherWidth, "input1, row 2: 1 values for 2 columns"),
        (HEAD + b"1,'x',3\n", RowOfOtherWidth, "input1, row 1: 3 values for 2 columns"),
        (HEAD + b"{0 1, 1 x}\n", RowNotUnderstood, "input1, row 1: sparse rows are not supported"),
        (
            HEAD + b"1,'x\n",
            UnclosedQuote,
            'input1, row 1, column "b": the quoted value is not closed, or no comma follows it',
        ),
        (
            HEAD + b"1,x,'y' z\n",
            UnclosedQuote,
            "input1, row 1: the quoted value is not closed, or no comma follows it",
        ),
        (
            HEAD + b"1,\xff\n",
            NotUtf8,
            "input1, row 1: 'utf-8' codec can't decode byte 0xff in position 2: invalid start byte",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_the_place(
    content: bytes, kind: type[MalformedFile], text: str, block_bytes: int
) -> None:
    """The first row at fault is named, with its column where there is one."""
    with pytest.raises(kind) as caught:
        read(content, block_bytes)
    assert caught.value.arguments == (text,)


def test_the_schemas_attributes_must_be_there() -> None:
    """A file without one of them does not fit."""
    with pytest.raises(InputColumnsMismatch):
        read(b"@attribute a real\n@data\n1\n")


def test_a_line_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that does not end is given up before it fills the memory."""
    monkeypatch.setattr(pieces, "LONGEST_RECORD", 100)
    with pytest.raises(RecordTooLong):
        read(HEAD + b"1,x\n1," + b"x" * 300, 50)


def same(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return rows


@given(rows=st.lists(st.tuples(st.integers(-5, 5) | st.none(), cells), max_size=6))
def test_what_is_written_is_read_again(rows: list[tuple[int | None, str]]) -> None:
    """Any rows survive being written as ARFF and read again."""
    texts = [["" if number is None else str(number), text] for number, text in rows]
    table = ScoredTable(RATED, [[number or None, text] for number, text in texts])
    first = scored(
        b"Col1,Col2\n",
        Canned({"input1": RATED}, {"output1": table}, {}),
        extensions=(".csv", ".arff"),
    )
    function = PythonFunction(same, {"input1": RATED}, {"output1": RATED}, {})
    assert scored(first, function, extensions=(".arff", ".arff"), piece=9) == first
    assert scored(first, function, extensions=(".arff", ".csv")) == scored(
        b"Col1,Col2\n",
        Canned({"input1": RATED}, {"output1": table}, {}),
    )


def test_an_output_declares_its_columns() -> None:
    """Each type of column has its attribute; what is missing is a question mark."""
    schema = Schema(
        tuple(Column(f"it's {kind}", kind) for kind in ColumnType),
    )
    row = ["a'b\nc", "1.5", "1", "2", "3", "True", "5/30/2010 6:09:00 PM"]
    table = ScoredTable(schema, [row, [None] * 7])
    stub = Canned({}, {"my output": table}, {})
    experiment = Canned({"input1": PAIR}, stub.tables, {})
    result = scored(b"a,b\n", experiment, extensions=(".csv", ".arff"))
    assert result.decode() == (
        "@relation 'my output'\n\n"
        "@attribute 'it\\'s String' string\n"
        "@attribute 'it\\'s Double' numeric\n"
        "@attribute 'it\\'s Single' numeric\n"
        "@attribute 'it\\'s Int32' numeric\n"
        "@attribute 'it\\'s Int64' numeric\n"
        "@attribute 'it\\'s Boolean' {True,False}\n"
        "@attribute 'it\\'s DateTime' date 'M/d/yyyy h:mm:ss a'\n"
        "\n@data\n"
        "'a\\'b\\nc',1.5,1,2,3,True,'5/30/2010 6:09:00 PM'\n"
        "?,?,?,?,?,?,?\n"
    )

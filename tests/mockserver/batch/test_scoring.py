"""Does a file score to what its rows would score to, in its order and in any format?"""

import csv
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from mockserver.batch import scoring
from mockserver.batch.failures import RowOfOtherWidth
from mockserver.batch.scoring import score_files
from mockserver.experiment.binding import bind_texts
from mockserver.experiment.canned import Canned
from mockserver.experiment.failures import InputNotParsed, ModuleFailed
from mockserver.experiment.feature_hashing import BITSIZE, FeatureHashing
from mockserver.experiment.python_function import PythonFunction
from mockserver.experiment.tables import Column, ColumnType, Parameter, Schema, ScoredTable
from tests.mockserver.batch.files import (
    RATED,
    TEXT,
    MemorySink,
    MemorySource,
    reread,
    scored,
    written,
)

cells = st.text(st.characters(codec="utf-8") | st.sampled_from(' ",\n\r\t0'), max_size=12)
TYPED = Schema(
    (*tuple(Column(f"{kind}", kind) for kind in ColumnType), Column("Col2", ColumnType.STRING))
)


@given(
    rows=st.lists(st.tuples(st.integers(-9, 9), cells), min_size=1, max_size=8),
    piece=st.integers(1, 40),
    threads=st.integers(1, 3),
    bits=st.integers(1, 5),
    extension=st.sampled_from([(".csv", ","), (".tsv", "\t")]),
)
def test_a_file_scores_as_its_rows_do(
    rows: list[tuple[int, str]], piece: int, threads: int, bits: int, extension: tuple[str, str]
) -> None:
    """What RRS answers for the rows stands in the file, however that came in and was cut."""
    module = FeatureHashing(RATED, ["Col2"], bits, 2)
    names, expected = expected_rows(module, [[str(rating), text] for rating, text in rows])
    content = written([["Col1", "Col2"], *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "BLOCK_BYTES", 16)
        patch.setattr(scoring, "_LEAST_BLOCK_BYTES", 1)
        ending, delimiter = extension
        result = scored(content, module, extensions=(".csv", ending), threads=threads, piece=piece)
    assert reread(result, delimiter) == [names, *expected]


def expected_rows(
    module: FeatureHashing, rows: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    """Return header and rows as RRS gives them, a missing value as an empty text."""
    [schema] = module.inputs.values()
    table = module.score({"input1": bind_texts("input1", rows, schema)}, {})["output1"]
    return list(table.schema.names), [[cell or "" for cell in row] for row in table.rows]


def test_the_how_to_gets_its_result() -> None:
    """`This is a good day` gives the text and 1 1 2 2 0 2 0 1; Col1 is not the service's."""
    content = b'Col1,Col2\n5,This is a good day\n1,"no, not"\n'
    names = ["Col2", *(f"Col2_HashingFeature.{n}" for n in range(8))]
    lines = scored(content).decode().split("\r\n")
    assert lines[:2] == [",".join(names), "This is a good day,1,1,2,2,0,2,0,1"]
    assert lines[2].startswith('"no, not",')
    assert lines[3:] == [""]


def test_values_are_written_as_the_service_writes_them() -> None:
    """Numbers, dates and booleans beside the text come back in the service's spelling."""
    header = [column.name for column in TYPED.columns]
    row = ["x", "1.50", "0.1", " 7", "+8", "true", "2010-05-30 18:09", "words here"]
    empty = ["", "", "", "", "", "", "", ""]
    module = FeatureHashing(TYPED, ["Col2"], 1, 1)
    result = reread(scored(written([header, row, empty, row]), module))
    want = ["x", "1.5", "0.1", "7", "8", "True", "5/30/2010 6:09:00 PM", "words here"]
    assert [line[:8] for line in result[1:]] == [want, empty, want]
    assert result == [*result[:1], *expected_rows(module, [row, empty, row])[1]]


@pytest.mark.parametrize("experiment_kind", ["hashing", "function"])
def test_a_cell_of_the_wrong_type_is_named(experiment_kind: str) -> None:
    """The first row that does not fit is named, though a later one is worse."""
    hashing = FeatureHashing(RATED, ["Col2"], 3, 2)
    function = PythonFunction(list, {"input1": RATED}, {"output1": RATED}, {})
    experiment = hashing if experiment_kind == "hashing" else function
    content = b"Col1,Col2\n1,a\n2,b\nfive,c\n3,d,e\n"
    with pytest.raises(InputNotParsed) as caught:
        scored(content, experiment, threads=2)
    message = 'input1, row 3, column "Col1": cannot convert "five" to Int32'
    assert caught.value.arguments == (message,)
    with pytest.raises(RowOfOtherWidth):
        scored(content.replace(b"five", b"5"), experiment)


@given(at=st.integers(0, 300), threads=st.integers(1, 4), piece=st.integers(1, 50))
def test_the_row_at_fault_does_not_depend_on_blocks(at: int, threads: int, piece: int) -> None:
    """With several threads and any blocks, the first fault in the file is reported."""
    rows = [["1", f"text {n}"] for n in range(320)]
    rows[at] = ["1", "2", "3"]
    rows[310] = ["x"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scoring, "BLOCK_BYTES", 40)
        patch.setattr(scoring, "_LEAST_BLOCK_BYTES", 1)
        with pytest.raises(RowOfOtherWidth) as caught:
            scored(written([["Col1", "Col2"], *rows]), threads=threads, piece=piece)
    assert caught.value.row == at + 1


def test_no_rows_are_an_error_of_the_hashing_module() -> None:
    """A file with nothing but a header is module error 0003, as a call without rows."""
    with pytest.raises(ModuleFailed) as caught:
        scored(b"Col2\n")
    assert caught.value.arguments == ('Error 0003: Input "input1" is null or empty',)


def test_parameters_change_the_hashing_of_a_file() -> None:
    """Exposed parameters count for files as for calls."""
    module = FeatureHashing(TEXT, ["Col2"], 3, 2, exposed=(BITSIZE,))
    result = reread(scored(b"Col2\na b\n", module, parameters={BITSIZE: 1}))
    assert len(result[0]) == 3


def test_several_targets_are_hashed() -> None:
    """Each target column appends its counts, in the order of the targets."""
    schema = Schema((Column("a", ColumnType.STRING), Column("b", ColumnType.STRING)))
    module = FeatureHashing(schema, ["b", "a"], 2, 2)
    rows = [["one two", "three, four"], ["", "five"]]
    assert reread(scored(written([["a", "b"], *rows]), module)) == [
        *[list(module.outputs["output1"].names)],
        *expected_rows(module, rows)[1],
    ]


def test_many_buckets_are_written_in_parts() -> None:
    """Thousands of columns do not make a block large: its rows are hashed in parts."""
    module = FeatureHashing(TEXT, ["Col2"], 13, 2)
    rows = [[f"text {n}, of words"] for n in range(150)]
    result = reread(scored(written([["Col2"], *rows]), module))
    assert result[1:] == expected_rows(module, rows)[1]


def test_a_row_without_target_is_dropped() -> None:
    """A missing text, which only ARFF can say, drops its row."""
    content = (
        b"@relation r\n@attribute Col1 integer\n@attribute Col2 string\n@data\n1,?\n2,b\n?,''\n"
    )
    module = FeatureHashing(RATED, ["Col2"], 1, 1)
    result = reread(scored(content, module, extensions=(".arff", ".csv")))
    assert [row[:2] for row in result[1:]] == [["2", "b"], ["", ""]]


def doubled(rows: list[dict[str, Any]], parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {"Col1": row["Col1"] and row["Col1"] * parameters["by"], "Col2": f"{len(rows)}"}


def test_a_function_gets_so_many_rows_at_a_time() -> None:
    """Calls have `rows_per_call` rows whatever the blocks are; the last has what remains."""
    by = {"by": Parameter("by", ColumnType.INT32)}
    function = PythonFunction(doubled, {"input1": RATED}, {"output1": RATED}, by, rows_per_call=3)
    content = written([["Col2", "Col1"], *(["x", n] for n in range(7)), ["", ""]])
    result = scored(content, function, parameters={"by": 2}, threads=2, piece=5)
    sizes = ["3", "3", "3", "3", "3", "3", "2", "2"]
    expected = [*zip(map(str, range(0, 14, 2)), sizes, strict=False), ("", "2")]
    assert reread(result)[1:] == [list(row) for row in expected]


def test_a_function_sees_a_file_without_rows() -> None:
    """It is called once, with no rows, as by a call without rows."""
    calls: list[int] = []

    def note(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        calls.append(len(rows))
        return rows

    function = PythonFunction(note, {"input1": RATED}, {"output1": RATED}, {})
    assert reread(scored(b"Col1,Col2\n", function)) == [["Col1", "Col2"]]
    assert calls == [0]


def test_several_inputs_are_read_whole() -> None:
    """A function of two inputs gets all rows of both in one call, and may have two outputs."""

    def swap(tables: dict[str, Any]) -> dict[str, Any]:
        return {"one": tables["b"], "two": tables["a"], "unwanted": []}

    schemas = {"a": TEXT, "b": RATED}
    outputs = {"one": RATED, "two": TEXT, "unwanted": TEXT}
    function = PythonFunction(swap, schemas, outputs, {}, rows_per_call=1)
    sources = {
        "a": MemorySource(b'Col2\nx\n""\nz\n', name="a"),
        "b": MemorySource(b"Col1,Col2\n1,y\n", name="b"),
    }
    sinks = {"one": MemorySink(".tsv"), "two": MemorySink()}
    assert score_files(function, sources, {}, sinks, threads=1) == 4
    assert sinks["one"].content == b"Col1\tCol2\r\n1\ty\r\n"
    assert sinks["two"].content == b'Col2\r\nx\r\n""\r\nz\r\n'


def test_canned_rows_are_written_once() -> None:
    """A stub checks its input to the last row and writes its rows once."""
    table = ScoredTable(RATED, [["1", "good"], [None, "bad"]])
    stub = Canned({"input1": RATED}, {"output1": table}, {})
    content = written([["Col1", "Col2"], *([n, "x"] for n in range(50))])
    assert scored(content, stub, piece=10) == b"Col1,Col2\r\n1,good\r\n,bad\r\n"
    with pytest.raises(InputNotParsed):
        scored(content + b"y,z\r\n", stub)


def test_an_experiment_without_inputs_is_run_once() -> None:
    """It needs no file."""
    stub = Canned({}, {"output1": ScoredTable(TEXT, [["x"]])}, {})
    sink = MemorySink()
    assert score_files(stub, {}, {}, {"output1": sink}, threads=1) == 0
    assert sink.content == b"Col2\r\nx\r\n"


class Aborted(Exception):
    """The test does not want any more."""


class EndlessSource(MemorySource):
    """A file that goes on until nobody reads it."""

    pieces = 0

    @override
    def chunks(self) -> Iterator[bytes]:
        yield b"Col2\n"
        while True:
            self.pieces += 1
            yield b"some words\n" * 1000


@pytest.mark.parametrize("threads", [1, 2])
def test_a_check_ends_the_scoring(threads: int) -> None:
    """What `check` raises ends an endless file, and nobody goes on reading it."""
    source, sink, checks = EndlessSource(b""), MemorySink(), iter(range(20))

    def check() -> None:
        if next(checks, None) is None:
            raise Aborted

    module = FeatureHashing(TEXT, ["Col2"], 3, 2)
    with pytest.raises(Aborted):
        score_files(module, {"input1": source}, {}, {"output1": sink}, threads=threads, check=check)
    wait_until_idle()
    pieces = source.pieces
    time.sleep(0.01)
    assert source.pieces == pieces


def test_a_check_ends_a_source_that_says_nothing() -> None:
    """`check` is called while the scoring waits for its file."""
    go_on = threading.Event()

    class SilentSource(MemorySource):
        @override
        def chunks(self) -> Iterator[bytes]:
            go_on.wait(60)
            yield b"Col2\n"

    checks = iter(range(3))

    def check() -> None:
        if next(checks, None) is None:
            raise Aborted

    module = FeatureHashing(TEXT, ["Col2"], 3, 2)
    try:
        with pytest.raises(Aborted):
            score_files(
                module,
                {"input1": SilentSource(b"")},
                {},
                {"output1": MemorySink()},
                threads=1,
                check=check,
            )
    finally:
        go_on.set()
    wait_until_idle()


def wait_until_idle() -> None:
    """Wait until no thread of a scoring is left."""
    for thread in threading.enumerate():
        if thread.name.startswith("batch"):
            thread.join(60)
            assert not thread.is_alive()


def test_what_a_source_or_sink_raises_comes_through() -> None:
    """A lost file is not a mistake of the data."""

    class Lost(MemorySource):
        @override
        def chunks(self) -> Iterator[bytes]:
            yield b"Col2\nx\n"
            raise ConnectionError("lost")

    class Full(MemorySink):
        @override
        def write(self, block: bytes) -> None:
            raise OSError("full")

    module = FeatureHashing(TEXT, ["Col2"], 3, 2)
    with pytest.raises(ConnectionError, match="lost"):
        score_files(module, {"input1": Lost(b"")}, {}, {"output1": MemorySink()}, threads=1)
    with pytest.raises(OSError, match="full"):
        score_files(
            module, {"input1": MemorySource(b"Col2\nx\n")}, {}, {"output1": Full()}, threads=1
        )


def test_files_written_by_python_are_the_same_to_the_byte() -> None:
    """The output quotes where Python's csv module does."""
    rows = [["a b"], ['say "x"'], ["1,2"], ["line\nend"], ["return\r"], [" lead"], ["\t"], ["é"]]
    module = FeatureHashing(TEXT, ["Col2"], 2, 1)
    names, expected = expected_rows(module, rows)
    assert scored(written([["Col2"], *rows], quoting=csv.QUOTE_ALL), module) == written(  # type: ignore[arg-type]
        [names, *expected]
    )

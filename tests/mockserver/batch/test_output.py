"""Does an output go to its sink in blocks that are neither many nor large?"""

import pytest

from mockserver.batch import output
from mockserver.batch.output import Output
from mockserver.experiment.tables import Schema
from tests.mockserver.batch.files import TEXT, MemorySink


def test_small_pieces_become_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are kept until a block is full; the last block is what is left."""
    monkeypatch.setattr(output, "BLOCK_BYTES", 10)
    sink = MemorySink()
    made = Output("output1", TEXT, sink)
    for _ in range(5):
        made.add(b"1234\n")
    made.close()
    assert sink.blocks == [b"Col2\r\n1234\n", b"1234\n1234\n", b"1234\n1234\n"]
    made.close()
    assert len(sink.blocks) == 3


def test_blocks_grow_with_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the output is, it has not too many blocks."""
    monkeypatch.setattr(output, "BLOCK_BYTES", 10)
    monkeypatch.setattr(output, "_MOST_BLOCKS", 10)
    sink = MemorySink()
    made = Output("output1", TEXT, sink)
    for _ in range(2000):
        made.add(b"12345\n")
    made.close()
    assert len(sink.content) == 12_006
    assert len(sink.blocks) < 70
    assert max(map(len, sink.blocks)) < 1500


def test_headers_are_quoted_as_values_are() -> None:
    """A strange column name does not break the file."""
    from mockserver.experiment.tables import Column, ColumnType

    schema = Schema((Column('a,"b"', ColumnType.INT32), Column("c", ColumnType.STRING)))
    sink = MemorySink()
    Output("output1", schema, sink).close()
    assert sink.content == b'"a,""b""",c\r\n'

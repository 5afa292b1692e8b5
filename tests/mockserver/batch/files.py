"""What do these tests score: files in memory, cut into pieces of a chosen size?"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from mockserver.batch.scoring import score_files
from mockserver.experiment.feature_hashing import FeatureHashing
from mockserver.experiment.tables import Cell, Column, ColumnType, Experiment, Schema

TEXT = Schema((Column("Col2", ColumnType.STRING),))
RATED = Schema((Column("Col1", ColumnType.INT32), Column("Col2", ColumnType.STRING)))


class MemorySource:
    """A file in memory."""

    def __init__(self, content: bytes, extension: str = ".csv", *, name: str = "input1") -> None:
        self.content, self.extension, self.name = content, extension, name
        self.piece = len(content) or 1

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), self.piece):
            yield self.content[start : start + self.piece]


class MemorySink:
    """A file that stays in memory."""

    def __init__(self, extension: str = ".csv") -> None:
        self.extension = extension
        self.blocks: list[bytes] = []

    def write(self, block: bytes) -> None:
        self.blocks.append(block)

    @property
    def content(self) -> bytes:
        return b"".join(self.blocks)


def written(rows: Sequence[Sequence[object]], **options: str) -> bytes:
    """Return a CSV file as Python writes it."""
    stream = io.StringIO(newline="")
    csv.writer(stream, **options).writerows(rows)  # type: ignore[arg-type]  # options of a dialect
    return stream.getvalue().encode()


def reread(content: bytes, delimiter: str = ",") -> list[list[str]]:
    """Read a CSV file as Python reads it."""
    text = io.StringIO(content.decode(), newline="")
    return list(csv.reader(text, delimiter=delimiter))


def scored(
    content: bytes,
    experiment: Experiment | None = None,
    *,
    extensions: tuple[str, str] = (".csv", ".csv"),
    parameters: Mapping[str, Cell] | None = None,
    threads: int = 1,
    piece: int = 0,
) -> bytes:
    """Score a file with one input and one output: by default, hash Col2 to 8 columns."""
    experiment = experiment or FeatureHashing(TEXT, ["Col2"], 3, 2)
    source, sink = MemorySource(content, extensions[0]), MemorySink(extensions[1])
    source.piece = piece or source.piece
    [name], [output] = experiment.inputs, experiment.outputs
    given = parameters or {}
    score_files(experiment, {name: source}, given, {output: sink}, threads=threads)
    return sink.content

"""How is an output written, piece by piece, without ever holding much of it?"""

from mockserver.batch.formats import FORMATS
from mockserver.batch.hash_kernel import Counts
from mockserver.batch.source import Columns, Sink
from mockserver.experiment.tables import Schema

BLOCK_BYTES = 2 << 20
_MOST_BLOCKS = 25_000
"""Of one size; a blob takes 50,000. Blocks of a longer output grow with it."""


class Output:
    """One output file. Blocks of at least 2 MB, but for the last, go to the sink."""

    def __init__(self, name: str, schema: Schema, sink: Sink) -> None:
        self._schema, self._sink = schema, sink
        self._format = FORMATS[sink.extension]
        self._pieces: list[bytes | memoryview] = [self._format.header(name, schema)]
        self._size, self._written = len(self._pieces[0]), 0

    def encode(self, columns: Columns, counts: Counts | None = None) -> memoryview:
        """Return rows as they are written; the last columns may be counts. Any thread may."""
        return self._format.body(columns, self._schema, counts)

    def add(self, piece: bytes | memoryview) -> None:
        """Append what `encode` returned."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= max(BLOCK_BYTES, self._written // _MOST_BLOCKS):
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        if self._pieces:
            self._flush()

    def _flush(self) -> None:
        block = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        self._written += len(block)
        self._sink.write(block)

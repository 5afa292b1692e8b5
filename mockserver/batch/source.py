"""What does the scoring of files need of whoever holds the files?"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import pyarrow as pa

from mockserver.batch.failures import FaultyRow
from mockserver.experiment.tables import Schema

Columns = list[pa.StringArray]
"""The texts of some rows, one array for each column of a schema; null is a missing value."""


class Source(Protocol):
    """A file that is read once, from front to back."""

    @property
    def name(self) -> str:
        """The name of the input, for messages."""
        ...

    @property
    def extension(self) -> str:
        """The format: `.csv`, `.tsv` or `.arff`."""
        ...

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes of the file, in pieces of any size; called once, in another thread."""
        ...


class Sink(Protocol):
    """A file that is written once, from front to back."""

    @property
    def extension(self) -> str:
        """The format: `.csv`, `.tsv` or `.arff`."""
        ...

    def write(self, block: bytes) -> None:
        """Take the next bytes: some megabytes, the last block excepted."""
        ...


class Block(NamedTuple):
    """Some whole records of a file."""

    data: bytes
    is_tail: bool
    """Whether these are the bytes behind the last line end of the file."""


class Records(NamedTuple):
    """What a block holds, up to its first mistake."""

    columns: Columns
    fault: FaultyRow | None


class InputFile(Protocol):
    """A file of one format, over the columns of one schema."""

    name: str
    """The name of the input, for messages."""
    schema: Schema

    def blocks(self) -> Iterator[Block]:
        """Yield the file's records. Reads the header first, which `read` needs."""
        ...

    def read(self, block: Block) -> Records:
        """Return the texts of a block. May run in several threads at once."""
        ...

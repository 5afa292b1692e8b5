"""How is an input file gone over, and which row of it is at fault?"""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeVar

from mockserver.batch.arff import ArffFile
from mockserver.batch.delimited import DelimitedFile
from mockserver.batch.failures import FaultyRow
from mockserver.batch.in_order import in_order
from mockserver.batch.source import Block, Columns, InputFile, Source
from mockserver.experiment.tables import Schema

_R = TypeVar("_R")


def open_input(source: Source, schema: Schema, block_bytes: int) -> InputFile:
    """Return the reader for the file's extension. Raises KeyError for an unknown one."""
    if source.extension == ".arff":
        return ArffFile(source, schema, block_bytes)
    delimiter = {".csv": ",", ".tsv": "\t"}[source.extension]
    return DelimitedFile(source, schema, delimiter, block_bytes)


def go_over(
    file: InputFile, use: Callable[[Columns], _R], threads: int, check: Callable[[], None]
) -> Iterator[tuple[int, _R]]:
    """Yield, block by block, how many rows it has and what `use` makes of them.

    Raises the failure of the first row that is at fault, wherever blocks begin and end.
    """

    def work(block: Block) -> tuple[int, _R]:
        columns, fault = file.read(block)
        result = use(columns)
        if fault is not None:
            raise fault
        return len(columns[0]), result

    rows = 0
    try:
        with closing(in_order(file.blocks(), work, threads, check)) as results:
            for count, result in results:
                yield count, result
                rows += count
    except FaultyRow as fault:
        raise fault.within(file.name, rows) from None

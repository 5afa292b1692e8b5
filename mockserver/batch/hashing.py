"""How does Feature Hashing go over a file: whole columns at once, by the compiled kernel?"""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from mockserver.batch.formats import buffers_of
from mockserver.batch.hash_kernel import Counts, count_column
from mockserver.batch.output import Output
from mockserver.batch.source import Columns
from mockserver.batch.typed import rewritten
from mockserver.experiment.feature_hashing import FeatureHashing
from mockserver.experiment.tables import Schema

_MOST_COUNTS = 1 << 19
"""So many counts are held at once: 2 MB."""


def hashed(
    module: FeatureHashing, schema: Schema, columns: Columns, outputs: Iterable[Output]
) -> list[tuple[Output, memoryview]]:
    """Return the scored rows of some columns, as each of `outputs` writes them.

    Raises FaultyRow.
    """
    columns = _complete(rewritten(columns, schema), module.places)
    return [
        (output, output.encode(part, _counts(module, part)))
        for output in outputs
        for part in _parts(columns, len(module.places) << module.bits)
    ]


def _complete(columns: Columns, targets: list[int]) -> Columns:
    """Leave out the rows in which a target is missing."""
    if not any(columns[target].null_count for target in targets):
        return columns
    table = pa.table(columns, [str(place) for place in range(len(columns))])
    keep = np.ones(len(table), bool)
    for target in targets:
        keep &= columns[target].is_valid().to_numpy(zero_copy_only=False)
    return [column.combine_chunks() for column in table.filter(pa.array(keep)).columns]


def _parts(columns: Columns, width: int) -> Iterator[Columns]:
    """Cut rows into parts whose counts are not too many."""
    size = max(1, _MOST_COUNTS // width)
    for start in range(0, len(columns[0]), size):
        yield [column.slice(start, size) for column in columns]


def _counts(module: FeatureHashing, columns: Columns) -> Counts:
    counts = [
        count_column(*buffers_of(columns[target]), module.bits, module.ngrams)
        for target in module.places
    ]
    return counts[0] if len(counts) == 1 else np.concatenate(counts, axis=1)

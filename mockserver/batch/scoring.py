"""How is a whole file scored?

Files are read block by block, in a thread of their own. Feature Hashing is computed by whole
columns, several blocks at once; any other experiment gets rows, so many at a time as it wants. What
comes out is written in the order of what went in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import pyarrow as pa

from mockserver.batch.hashing import hashed
from mockserver.batch.output import Output
from mockserver.batch.prepare import prepare
from mockserver.batch.reading import go_over, open_input
from mockserver.batch.source import Columns, Sink, Source
from mockserver.batch.typed import typed_rows
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.failures import ModuleFailed
from mockserver.experiment.feature_hashing import MODULE, FeatureHashing
from mockserver.experiment.tables import Cell, Experiment, Rows, Schema, ScoredTable

FACTS = (
    Fact(
        "A file without rows is module error 0003 of Feature Hashing; a Python function is called"
        " once, without rows.",
        Evidence.ASSUMED,
        "what a call without rows gives",
    ),
    Fact(
        "No memory quota bounds what a file is scored to.",
        Evidence.ASSUMED,
        "files are scored block by block here, whatever the real service does",
    ),
)

BLOCK_BYTES = 1 << 19
"""Of input; less where a few bytes become many columns."""

_LEAST_BLOCK_BYTES = 1 << 10
_USUAL_COLUMNS = 64

_R = TypeVar("_R")


def score_files(
    experiment: Experiment,
    sources: Mapping[str, Source],
    parameters: Mapping[str, Cell],
    sinks: Mapping[str, Sink],
    *,
    threads: int,
    check: Callable[[], None] = lambda: None,
) -> int:
    """Score the files of one job; return how many rows they have.

    `sources` are the files of all inputs, `sinks` those of the wanted outputs, by name;
    `parameters` are typed, as `bind_parameters` returns them. `check` is called again and again in
    the calling thread, at least at every block; what it raises ends the scoring. For data that
    cannot be scored a `Failure` is raised; what sources and sinks raise comes through.
    """
    files = _Files(sources, sinks, threads, check)
    prepare()
    if isinstance(experiment, FeatureHashing):
        return _hash_file(experiment, parameters, files)
    return _score_rows(experiment, parameters, files)


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of one job, and how they are gone over."""

    sources: Mapping[str, Source]
    sinks: Mapping[str, Sink]
    threads: int
    check: Callable[[], None]

    def outputs(self, schemas: Mapping[str, Schema]) -> Mapping[str, Output]:
        return {name: Output(name, schemas[name], sink) for name, sink in self.sinks.items()}

    def go_over(
        self, name: str, schema: Schema, use: Callable[[Columns], _R], block_bytes: int
    ) -> Iterator[tuple[int, _R]]:
        file = open_input(self.sources[name], schema, block_bytes)
        return go_over(file, use, self.threads, self.check)

    def rows(self, name: str, schema: Schema) -> Iterator[Rows]:
        """Yield the typed rows of an input, some at a time."""
        use = partial(typed_rows, schema=schema)
        return (rows for _, rows in self.go_over(name, schema, use, BLOCK_BYTES))


def _hash_file(module: FeatureHashing, parameters: Mapping[str, Cell], files: _Files) -> int:
    if parameters:
        module = module.with_parameters(parameters)
    [(name, schema)] = module.inputs.items()
    outputs = files.outputs(module.outputs)
    use = partial(hashed, module, schema, outputs=outputs.values())
    width = len(module.places) << module.bits
    block_bytes = max(
        _LEAST_BLOCK_BYTES, BLOCK_BYTES * _USUAL_COLUMNS // max(_USUAL_COLUMNS, width)
    )
    total = 0
    for count, pieces in files.go_over(name, schema, use, block_bytes):
        for output, piece in pieces:
            output.add(piece)
        total += count
    if not total:
        raise ModuleFailed(3, f'Input "{name}" is null or empty', target=MODULE)
    for output in outputs.values():
        output.close()
    return total


def _score_rows(experiment: Experiment, parameters: Mapping[str, Cell], files: _Files) -> int:
    outputs = files.outputs(experiment.outputs)
    total = 0
    for inputs, count in _calls(experiment, files):
        tables = experiment.score(inputs, parameters)
        total += count
        for name, output in outputs.items():
            _write(tables[name], output)
        files.check()
    for output in outputs.values():
        output.close()
    return total


def _calls(experiment: Experiment, files: _Files) -> Iterator[tuple[Mapping[str, Rows], int]]:
    """Yield what the experiment is called with, and how many rows of files that stands for."""
    if experiment.rows_per_call and len(experiment.inputs) == 1:
        [(name, schema)] = experiment.inputs.items()
        for rows in _grouped(files.rows(name, schema), experiment.rows_per_call):
            yield {name: rows}, len(rows)
        return
    inputs: dict[str, Rows] = {}
    total = 0
    for name, schema in experiment.inputs.items():
        kept: list[Sequence[Cell]] = []
        for rows in files.rows(name, schema):
            total += len(rows)
            if experiment.rows_per_call:
                kept += rows
        inputs[name] = kept
    yield inputs, total


def _grouped(blocks: Iterator[Rows], size: int) -> Iterator[Rows]:
    """Yield groups of `size` rows, the last of fewer: at least one, if need be without rows."""
    group: list[Sequence[Cell]] = []
    has_yielded = False
    for rows in blocks:
        group += rows
        while len(group) >= size:
            yield group[:size]
            group, has_yielded = group[size:], True
    if group or not has_yielded:
        yield group


def _write(table: ScoredTable, output: Output) -> None:
    if table.rows:
        columns = zip(*table.rows, strict=True)
        output.add(output.encode([pa.array(column, pa.string()) for column in columns]))

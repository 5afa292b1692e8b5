"""Which bucket does a word fall in, and what does the Feature Hashing module return?

The rule is Vowpal Wabbit's. A token's hash is murmur3 (x86, 32 bit, seed 0) of its UTF-8 bytes; a
token of ASCII digits only hashes to its own value. The n-gram of k tokens continues with
`x = x * 27942141 + h`. The bucket is `x & (2**bits - 1)`, and every length from 1 to n is counted.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from mmh3 import hash as murmur3

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.cells import write_rows
from mockserver.experiment.failures import MemoryQuotaExceeded, ModuleFailed
from mockserver.experiment.tables import (
    Cell,
    Column,
    ColumnType,
    Parameter,
    Rows,
    Schema,
    ScoredTable,
)

FACTS = (
    Fact(
        "Feature hashing is computed by Vowpal Wabbit's rule; `This is a good day` with 3 bits and"
        " 2-grams gives 1 1 2 2 0 2 0 1.",
        Evidence.PUBLISHED,
        "the how-to's sample result; the rule itself was checked against Vowpal Wabbit 9.11",
    ),
    Fact(
        "Tokens are split at ASCII white space; `:` and `|` are ordinary characters; a token of"
        " digits hashes to its value.",
        Evidence.ASSUMED,
        "Vowpal Wabbit does so; a classic service's answer to `10 : |` would settle it",
    ),
    Fact(
        "The input columns are kept; `{column}_HashingFeature.{i}` follow, of type Int32.",
        Evidence.ASSUMED,
        "the module's successor, whose source says that it keeps the names",
    ),
    Fact(
        "A row whose target cell is missing is dropped, and N-grams 0 counts single tokens.",
        Evidence.ASSUMED,
        "the module's successor",
    ),
    Fact(
        "Module errors 0001, 0003, 0004 and 0017 are reported with their published texts.",
        Evidence.PUBLISHED,
        "the module reference and the list of module error codes",
    ),
    Fact(
        "The module's parameters, made web service parameters, are named as Studio shows them.",
        Evidence.ASSUMED,
        "Studio let authors expose any parameter; a captured call with one would settle it",
    ),
    Fact(
        "A bit size above 31 or more than 100,000 output columns is module error 0008.",
        Evidence.ASSUMED,
        "the documented range, and the successor's limit of columns",
    ),
)

MODULE = "Feature Hashing"
QUADRATIC = 27942141
MOST_BITS = 31
MOST_NGRAMS = 10
MOST_COLUMNS = 100_000
_BYTES_OF_A_CELL = 60
"""What a written cell costs in a Python list of strings, about."""

_SMALL = tuple(map(str, range(1024)))
"""Counts as text: most are small, and looking them up is cheaper than writing them."""

BITSIZE, NGRAMS, COLUMNS = "Hashing bitsize", "N-grams", "Target column(s)"
"""The module's parameters, under the names that Studio shows."""


def token_hash(token: bytes) -> int:
    """Return the hash of one token, given as UTF-8. Only its lowest 32 bits have a meaning."""
    # 10**32 is a multiple of 2**32: the last 32 digits decide, however long the number is.
    return murmur3(token) if not token.isdigit() else int(token[-32:])


def count_buckets(text: str, bits: int, ngrams: int) -> list[int]:
    """Return how many n-grams of `text` fall in each of the `2**bits` buckets, 1 to 31 bits.

    A bucket is the lowest bits of a hash, and these depend on the lowest bits of its parts alone.
    """
    tokens = text.encode().split()
    mask = (1 << bits) - 1
    counts = [0] * (mask + 1)
    has_pairs = ngrams > 1
    previous = None
    for token in tokens:
        # `token_hash`, written out: calling it would take a quarter of the time of this loop.
        low = (murmur3(token) if not token.isdigit() else int(token[-32:])) & mask
        counts[low] += 1
        if previous is not None:
            counts[(previous * QUADRATIC + low) & mask] += 1
        if has_pairs:
            previous = low
    if ngrams > 2:  # noqa: PLR2004  pairs are done
        _count_longer(tokens, mask, ngrams, counts)
    return counts


def _count_longer(tokens: list[bytes], mask: int, ngrams: int, counts: list[int]) -> None:
    """Count the n-grams of three tokens and more."""
    lows = [token_hash(token) & mask for token in tokens]
    for length in range(3, min(ngrams, len(lows)) + 1):
        for start in range(len(lows) - length + 1):
            value = 0
            for low in lows[start : start + length]:
                value = (value * QUADRATIC + low) & mask
            counts[value] += 1


class FeatureHashing:
    """The module: hashes its target columns and appends the counts to the input's columns.

    `bits` 1 to 31 and `ngrams` 0 to 10. `exposed` are those of its parameters that are web service
    parameters: a call may set them in `GlobalParameters`. `memory_quota` is in bytes. Raises
    `ModuleFailed`, as the module would, for columns or values that it cannot work with.
    """

    rows_per_call = 10_000

    def __init__(  # noqa: PLR0913  the module's parameters, and where it stands
        self,
        schema: Schema,
        targets: Sequence[str],
        bits: int = 10,
        ngrams: int = 2,
        *,
        names: tuple[str, str] = ("input1", "output1"),
        exposed: tuple[str, ...] = (),
        memory_quota: int = 1 << 30,
    ) -> None:
        _check(schema, targets, bits, ngrams)
        self._schema, self._targets = schema, targets
        self.bits, self.ngrams = bits, ngrams
        self._input, self._output = names
        self._memory_quota = memory_quota
        self.places = [schema.names.index(name) for name in targets]
        self._scored = _output_schema(schema, targets, bits)
        width = len(self._scored.names)
        self._most_rows = memory_quota // (width * _BYTES_OF_A_CELL)
        # A call that may set the bit size may ask for anything.
        self.inline_bytes = -1 if exposed else (1 << 20) // width
        self.inputs: Mapping[str, Schema] = {self._input: schema}
        self.outputs: Mapping[str, Schema] = {self._output: self._scored}
        defaults: dict[str, tuple[ColumnType, Cell]] = {
            BITSIZE: (ColumnType.INT32, bits),
            NGRAMS: (ColumnType.INT32, ngrams),
            COLUMNS: (ColumnType.STRING, ",".join(targets)),
        }
        self.parameters: Mapping[str, Parameter] = {
            name: Parameter(name, *defaults[name], is_required=False) for name in exposed
        }

    def score(
        self, inputs: Mapping[str, Rows], parameters: Mapping[str, Cell]
    ) -> Mapping[str, ScoredTable]:
        if parameters:
            return self.with_parameters(parameters).score(inputs, {})
        rows = inputs[self._input]
        if not rows:
            raise ModuleFailed(3, f'Input "{self._input}" is null or empty', target=MODULE)
        if len(rows) > self._most_rows:
            raise MemoryQuotaExceeded(str(self._memory_quota >> 20))
        scored = []
        for row in write_rows(rows, self._schema):
            cells = [*row]
            for place in self.places:
                text = row[place]
                if text is None:
                    break
                counts = count_buckets(text, self.bits, self.ngrams)
                try:
                    cells += [_SMALL[count] for count in counts]
                except IndexError:
                    cells += map(str, counts)
            else:
                scored.append(cells)
        return {self._output: ScoredTable(self._scored, scored)}

    def with_parameters(self, parameters: Mapping[str, Cell]) -> "FeatureHashing":
        """Return the module as this call wants it."""
        if missing := [name for name, value in parameters.items() if value is None]:
            raise ModuleFailed(3, f'Input "{missing[0]}" is null or empty', target=MODULE)
        names = str(parameters.get(COLUMNS, ",".join(self._targets)))
        return FeatureHashing(
            self._schema,
            tuple(dict.fromkeys(name.strip() for name in names.split(","))),
            cast("int", parameters.get(BITSIZE, self.bits)),
            cast("int", parameters.get(NGRAMS, self.ngrams)),
            names=(self._input, self._output),
            memory_quota=self._memory_quota,
        )


def _output_schema(schema: Schema, targets: Sequence[str], bits: int) -> Schema:
    """Return the columns of the module's output."""
    taken = set(schema.names)
    columns = list(schema.columns)
    for target in targets:
        clash = any(f"{target}_HashingFeature.{i}" in taken for i in range(1 << bits))
        stem = f"{target}_HashingFeature{2 if clash else ''}"
        columns += [Column(f"{stem}.{i}", ColumnType.INT32) for i in range(1 << bits)]
    return Schema(tuple(columns))


def _check(schema: Schema, targets: Sequence[str], bits: int, ngrams: int) -> None:
    """Raise the module's error if it could not run with these parameters."""
    types = {column.name: column.type for column in schema.columns}
    for name in targets:
        if name not in types:
            raise ModuleFailed(1, f'Column with name or index "{name}" not found', target=MODULE)
        if types[name] is not ColumnType.STRING:
            text = f'Cannot process column "{name}" of type {types[name]}.'
            raise ModuleFailed(
                17, f"{text} The type is not supported by the module.", target=MODULE
            )
    for name, value, bound in ((BITSIZE, bits, 0), (NGRAMS, ngrams, -1)):
        if value <= bound:
            text = f'Parameter "{name}" value should be greater than {bound}.'
            raise ModuleFailed(4, text, target=MODULE)
    _check_width(bits, len(targets))
    if ngrams > MOST_NGRAMS:
        raise _out_of_range(NGRAMS, 0, MOST_NGRAMS)


def _check_width(bits: int, targets: int) -> None:
    if bits > MOST_BITS:
        raise _out_of_range(BITSIZE, 1, MOST_BITS)
    if targets << bits > MOST_COLUMNS:
        raise _out_of_range(BITSIZE, 1, (MOST_COLUMNS // targets).bit_length() - 1)


def _out_of_range(name: str, low: int, high: int) -> ModuleFailed:
    text = f'Parameter "{name}" value should be in the range of [{low}, {high}].'
    return ModuleFailed(8, text, target=MODULE)

"""What is a table here: its columns, their types, its rows?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

import msgspec

Cell = str | float | int | bool | date | None
"""A typed value: what an experiment computes with (a date may be a datetime); None is missing."""

Text = str | None
"""A value as it is written on the wire. None is a missing value."""


Rows = Sequence[Sequence[Cell]]
"""The typed rows of one input, in the order of its schema."""


class ColumnType(StrEnum):
    """The .NET type names that the service prints in `ColumnTypes`."""

    STRING = "String"
    DOUBLE = "Double"
    SINGLE = "Single"
    INT32 = "Int32"
    INT64 = "Int64"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """The columns of one input or output, in order. Compared by identity: made once, at start."""

    columns: tuple[Column, ...]
    names: tuple[str, ...] = field(init=False)
    name_set: frozenset[str] = field(init=False)
    is_text: bool = field(init=False)
    """True if every column is a String, so that rows of strings need no conversion."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))
        object.__setattr__(self, "name_set", frozenset(self.names))
        is_text = all(column.type is ColumnType.STRING for column in self.columns)
        object.__setattr__(self, "is_text", is_text)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A web service parameter, sent in `GlobalParameters`. Without default it is required."""

    name: str
    type: ColumnType
    default: Cell = None
    is_required: bool = True


class ScoredTable(msgspec.Struct, frozen=True, gc=False):
    """One output: its schema and its rows, every cell already written as on the wire."""

    schema: Schema
    rows: Sequence[Sequence[Text]]


class Experiment(Protocol):
    """What a web service runs. Every input and output is a table under a name."""

    @property
    def inputs(self) -> Mapping[str, Schema]: ...

    @property
    def outputs(self) -> Mapping[str, Schema]: ...

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...

    @property
    def inline_bytes(self) -> int:
        """Up to which size of request `score` is quick enough to run on the event loop."""
        ...

    @property
    def rows_per_call(self) -> int:
        """How many rows of a file `score` is given at a time, at most.

        0 if what it returns does not depend on the rows: it is called once, without any. An
        experiment with several inputs gets all rows of each at once.
        """
        ...

    def score(
        self, inputs: Mapping[str, Rows], parameters: Mapping[str, Cell]
    ) -> Mapping[str, ScoredTable]:
        """Compute the outputs. Raises a `Failure`, and nothing else, if that is not possible."""
        ...

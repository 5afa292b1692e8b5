"""What does a stub answer? Fixed rows, whatever the (valid) input."""

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.experiment.tables import Cell, Parameter, Rows, Schema, ScoredTable


@dataclass(frozen=True, slots=True)
class Canned:
    """An experiment with fixed outputs. Inputs and parameters are checked, then ignored."""

    inputs: Mapping[str, Schema]
    tables: Mapping[str, ScoredTable]
    parameters: Mapping[str, Parameter]

    inline_bytes = 128 << 10
    rows_per_call = 0

    @property
    def outputs(self) -> Mapping[str, Schema]:
        return {name: table.schema for name, table in self.tables.items()}

    def score(
        self, inputs: Mapping[str, Rows], parameters: Mapping[str, Cell]
    ) -> Mapping[str, ScoredTable]:
        del inputs, parameters
        return self.tables

"""What does the service take and give? Learnt from the target, by HTTP."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.target import Hashing

HOWTO_BODY: Any = {
    "Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}},
    "GlobalParameters": {},
}
"""The how-to's own request; tried where the target says nothing about itself."""

Columns = Mapping[str, str]
"""Column name to type, as in a Swagger document: string, number, integer or boolean."""


@dataclass(frozen=True)
class Service:
    """One service as a client sees it."""

    inputs: Mapping[str, Columns]
    sample: Any
    """A body in table form that is scored."""
    output_names: tuple[str, ...] = ()
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of each output, as the sample's reply names them."""
    hashing: Hashing | None = None

    @property
    def input_name(self) -> str:
        """The first input."""
        return next(iter(self.inputs))

    def body(self, rows: list[list[Any]]) -> Any:
        """Return a body in table form with these rows for the first input.

        Other inputs keep the sample's rows.
        """
        name = self.input_name
        table = {"ColumnNames": list(self.inputs[name]), "Values": rows}
        return {**self.sample, "Inputs": {**self.sample["Inputs"], name: table}}

    def records(self, rows: list[list[Any]]) -> Any:
        """Return the same in the form for `format=swagger`."""
        tables = self.body(rows)
        inputs = {
            name: [dict(zip(table["ColumnNames"], row, strict=True)) for row in table["Values"]]
            for name, table in tables["Inputs"].items()
        }
        return {**tables, "Inputs": inputs}

    @property
    def sample_rows(self) -> list[list[Any]]:
        """The rows of the sample's first input."""
        rows: list[list[Any]] = self.sample["Inputs"][self.input_name]["Values"]
        return rows


def inputs_from_swagger(document: Any) -> tuple[dict[str, Columns], Any] | None:
    """Return inputs and a sample in table form, as a service's swagger.json tells them.

    Clients read `definitions.ExecutionRequest.example` and `definitions.{input}Item` (captured).
    """
    try:
        definitions = document["definitions"]
        example = definitions["ExecutionRequest"]["example"]
        inputs: dict[str, Columns] = {}
        tables: dict[str, Any] = {}
        for name, records in example["Inputs"].items():
            properties = definitions[f"{name}Item"]["properties"]
            inputs[name] = {
                column: spec.get("type", "string") for column, spec in properties.items()
            }
            rows = [[record[column] for column in inputs[name]] for record in records]
            tables[name] = {"ColumnNames": list(inputs[name]), "Values": rows}
        parameters = example.get("GlobalParameters") or {}
    except (KeyError, TypeError, AttributeError):
        return None
    return (inputs, {"Inputs": tables, "GlobalParameters": parameters}) if inputs else None


def inputs_from_sample(sample: Any) -> dict[str, Columns]:
    """Return the inputs of a body in table form, with types guessed from its first row.

    Raises ValueError if it is no such body.
    """
    try:
        return {
            name: {
                column: _type_of(table["Values"][0][number])
                for number, column in enumerate(table["ColumnNames"])
            }
            for name, table in sample["Inputs"].items()
        }
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError("a sample is a body in table form with at least one row") from error


def _type_of(cell: Any) -> str:
    match cell:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"


_HASHED = re.compile(r"(.+)_HashingFeature\.(\d+)")


def hashing_of(columns: tuple[str, ...], ngrams: int) -> Hashing | None:
    """Return what is hashed, if the names of the outputs say so: `{column}_HashingFeature.{i}`."""
    found = [match for name in columns if (match := _HASHED.fullmatch(name))]
    if not found:
        return None
    (column, count), *others = Counter(match[1] for match in found).most_common()
    if others or count & (count - 1) or {int(m[2]) for m in found} != set(range(count)):
        return None
    return Hashing(column, count.bit_length() - 1, ngrams)

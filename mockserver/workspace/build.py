"""How does a declaration become a workspace whose services can score?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mockserver.experiment.canned import Canned
from mockserver.experiment.cells import read_cell, write_rows
from mockserver.experiment.failures import ModuleFailed
from mockserver.experiment.feature_hashing import FeatureHashing
from mockserver.experiment.python_function import (
    FunctionNotUsable,
    PythonFunction,
    check_signature,
    import_function,
)
from mockserver.experiment.tables import (
    Cell,
    Column,
    ColumnType,
    Experiment,
    Parameter,
    Schema,
    ScoredTable,
)
from mockserver.workspace.declaration import (
    CannedDeclaration,
    FeatureHashingDeclaration,
    PythonDeclaration,
    ServiceDeclaration,
    WorkspaceDeclaration,
)
from mockserver.workspace.job_script import JobScript
from mockserver.workspace.model import Endpoint, Service, Workspace

Place = tuple[int | str, ...]


class DeclarationNotUsable(Exception):
    """A declaration is well formed, but nothing can be built from it. `place` says where."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Defaults:
    """What services share: the folder of their functions, a quota in bytes, how jobs go."""

    folder: Path
    memory_quota: int
    jobs: JobScript


def build_workspace(declared: WorkspaceDeclaration, place: Place, defaults: Defaults) -> Workspace:
    """Build a workspace."""
    services = tuple(
        _build_service(service, (*place, "services", number), defaults)
        for number, service in enumerate(declared.services)
    )
    return Workspace(declared.id, declared.name, services)


def _build_service(declared: ServiceDeclaration, place: Place, defaults: Defaults) -> Service:
    inputs = {name: _schema(columns) for name, columns in declared.inputs.items()}
    outputs = {name: _schema(columns) for name, columns in declared.outputs.items()}
    parameters = {
        name: Parameter(
            name,
            parameter.type,
            _typed(parameter.default, parameter.type, (*place, "parameters", name, "default")),
            is_required=parameter.is_required,
        )
        for name, parameter in declared.parameters.items()
    }
    here = (*place, "experiment")
    experiment: Experiment
    match declared.experiment:
        case FeatureHashingDeclaration():
            experiment = _feature_hashing(declared.experiment, inputs, here, defaults.memory_quota)
        case PythonDeclaration(function=path, rows_per_call=rows_per_call):
            try:
                function = import_function(path, defaults.folder)
                check_signature(function, 2 if parameters else 1)
            except FunctionNotUsable as error:
                raise DeclarationNotUsable((*here, "function"), str(error)) from error
            experiment = PythonFunction(function, inputs, outputs, parameters, rows_per_call)
        case CannedDeclaration(rows=rows):
            tables = _canned_tables(rows, outputs, (*here, "rows"))
            experiment = Canned(inputs, tables, parameters)
    endpoints = tuple(Endpoint(**endpoint.model_dump()) for endpoint in declared.endpoints)
    sample = _sample(declared, inputs, (*place, "sample"))
    return Service(
        declared.id,
        declared.name,
        experiment,
        endpoints,
        declared.description,
        sample,
        declared.bes.applied_to(defaults.jobs),
    )


def _schema(columns: Mapping[str, ColumnType]) -> Schema:
    return Schema(tuple(Column(name, kind) for name, kind in columns.items()))


def _typed(value: Cell, kind: ColumnType, place: Place) -> Cell:
    try:
        if not isinstance(value, (str, int, float, date, type(None))):
            raise ValueError(value)  # noqa: TRY301, TRY004  one way out for all that is no cell
        return read_cell(value, kind)
    except ValueError:
        raise DeclarationNotUsable(place, f"{value!r} is not a value of type {kind}") from None


def _feature_hashing(
    declared: FeatureHashingDeclaration,
    inputs: Mapping[str, Schema],
    place: Place,
    memory_quota: int,
) -> FeatureHashing:
    ((name, schema),) = inputs.items()
    texts = [column.name for column in schema.columns if column.type is ColumnType.STRING]
    targets = tuple(dict.fromkeys(declared.columns or texts))
    if not targets:
        raise DeclarationNotUsable(place, "the input has no String column to hash")
    try:
        return FeatureHashing(
            schema,
            targets,
            declared.bitsize,
            declared.ngrams,
            names=(name, declared.output),
            exposed=tuple(declared.exposed),
            memory_quota=memory_quota,
        )
    except ModuleFailed as error:
        field = {1: "columns", 17: "columns", 8: "bitsize"}.get(error.number, "kind")
        raise DeclarationNotUsable((*place, field), error.arguments[0]) from error


def _canned_tables(
    rows: Mapping[str, list[list[Cell]]], outputs: Mapping[str, Schema], place: Place
) -> dict[str, ScoredTable]:
    if rows.keys() != outputs.keys():
        raise DeclarationNotUsable(place, f"rows are needed for exactly {list(outputs)}")
    tables = {}
    for name, schema in outputs.items():
        typed: list[list[Cell]] = []
        for number, row in enumerate(rows[name]):
            here = (*place, name, number)
            if len(row) != len(schema.columns):
                width = len(schema.columns)
                raise DeclarationNotUsable(here, f"{len(row)} values for {width} columns")
            pairs = zip(row, schema.columns, strict=True)
            typed.append(
                [_typed(cell, column.type, (*here, i)) for i, (cell, column) in enumerate(pairs)]
            )
        tables[name] = ScoredTable(schema, write_rows(typed, schema))
    return tables


def _sample(
    declared: ServiceDeclaration, inputs: Mapping[str, Schema], place: Place
) -> dict[str, dict[str, Cell]]:
    sample: dict[str, dict[str, Cell]] = {}
    for name, row in declared.sample.items():
        if name not in inputs or row.keys() != set(inputs[name].names):
            message = f"must name an input and exactly its columns; the inputs are {list(inputs)}"
            raise DeclarationNotUsable((*place, name), message)
        kinds = {column.name: column.type for column in inputs[name].columns}
        sample[name] = {
            key: _typed(value, kinds[key], (*place, name, key)) for key, value in row.items()
        }
    return sample

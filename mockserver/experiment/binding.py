"""Do the given columns and rows fit the schema, and in which order must they be taken?

Columns are matched by name, so a client may send them in any order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import cast

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.cells import read_cell
from mockserver.experiment.failures import (
    InputColumnsMismatch,
    InputNotParsed,
    InputNotProvided,
    ParameterMissing,
    ParameterNotParsed,
    ParameterUnexpected,
    UnknownInput,
)
from mockserver.experiment.tables import Cell, Parameter, Rows, Schema

FACTS = (
    Fact(
        "Columns are matched by name, in any order; a missing or unknown column is"
        " BadUserArgument/InputMismatchError.",
        Evidence.ASSUMED,
        "the texts of the published error table; an answer to a wrong column would settle it",
    ),
    Fact(
        "A row of the wrong width or a cell of the wrong type is BadUserArgument/InputParseError.",
        Evidence.ASSUMED,
        "the published table; field reports of older versions show LibraryExecutionError",
    ),
    Fact(
        "A parameter value of the wrong type is BadUserArgument/UserParameterInvalid with the text"
        " of module error 0002.",
        Evidence.ASSUMED,
        "the published texts; a captured answer would settle it",
    ),
)

_LONGEST_ECHO = 100


def _echo(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


def match_inputs(given: Sequence[str], declared: Mapping[str, Schema]) -> None:
    """Check that exactly the declared inputs are given."""
    if unknown := [name for name in given if name not in declared]:
        raise UnknownInput(
            ", ".join(map(_echo, unknown)), reason=f"the service's inputs are {list(declared)}"
        )
    if missing := [name for name in declared if name not in given]:
        raise InputNotProvided(reason=f"no data for {missing}")


def match_columns(
    name: str, given: Sequence[str], schema: Schema
) -> Callable[[Sequence[Cell]], Sequence[Cell]] | None:
    """Return what puts a row into schema order, or None if it already is."""
    if tuple(given) == schema.names:
        return None
    missing = [column for column in schema.names if column not in given]
    unknown = [_echo(column) for column in given if column not in schema.names]
    if missing or unknown or len(given) != len(schema.names):
        reason = f"{name}: missing {missing}, unknown {unknown}, given {len(given)} columns"
        raise InputColumnsMismatch(reason=reason)
    places = [given.index(column) for column in schema.names]
    pick = itemgetter(*places)
    return cast("Callable[[Sequence[Cell]], Sequence[Cell]]", pick)


def bind_rows(name: str, given: Sequence[str], rows: Rows, schema: Schema) -> Rows:
    """Return the typed rows of a table, in schema order."""
    reorder = match_columns(name, given, schema)
    width = len(schema.names)
    if any(len(row) != width for row in rows):
        number, row = next((i, row) for i, row in enumerate(rows) if len(row) != width)
        raise InputNotParsed(f"{name}, row {number}: {len(row)} values for {width} columns")
    return _typed_rows(name, rows if reorder is None else map(reorder, rows), schema)


def bind_records(name: str, records: Sequence[Mapping[str, Cell]], schema: Schema) -> Rows:
    """Return the typed rows of a list of objects, in schema order."""
    names = schema.names
    rows: list[list[Cell]] = []
    for record in records:
        if len(record) != len(names) or not all(column in record for column in names):
            match_columns(name, list(record), schema)
        rows.append([record[column] for column in names])
    return _typed_rows(name, rows, schema)


def _typed_rows(name: str, rows: Iterable[Sequence[Cell]], schema: Schema) -> Rows:
    if schema.is_text:
        return [
            row if all(type(cell) is str for cell in row) else _typed(name, number, row, schema)
            for number, row in enumerate(rows)
        ]
    return [_typed(name, number, row, schema) for number, row in enumerate(rows)]


def _typed(name: str, number: int, row: Sequence[Cell], schema: Schema) -> list[Cell]:
    typed: list[Cell] = []
    for cell, column in zip(row, schema.columns, strict=True):
        try:
            typed.append(read_cell(cell, column.type))
        except ValueError:
            message = f'{name}, row {number}, column "{_echo(column.name)}": '
            raise InputNotParsed(
                f'{message}cannot convert "{_echo(cell)}" to {column.type}'
            ) from None
    return typed


def bind_parameters(
    given: Mapping[str, Cell], declared: Mapping[str, Parameter]
) -> Mapping[str, Cell]:
    """Return the typed value of every declared parameter."""
    if not given and not declared:
        return declared  # type: ignore[return-value]  # an empty mapping is one of any type
    if unknown := [_echo(name) for name in given if name not in declared]:
        raise ParameterUnexpected(reason=f"unknown {unknown}, declared {list(declared)}")
    values: dict[str, Cell] = {}
    for name, parameter in declared.items():
        if name in given:
            values[name] = _typed_parameter(given[name], parameter)
        elif parameter.is_required:
            raise ParameterMissing(reason=f"no value for {name!r}")
        else:
            values[name] = parameter.default
    return values


def _typed_parameter(value: Cell, parameter: Parameter) -> Cell:
    try:
        return read_cell(value, parameter.type)
    except ValueError:
        raise ParameterNotParsed(
            f'Failed to convert "{parameter.name}" parameter value "{_echo(value)}"'
            f' from "String" to "{parameter.type}".'
        ) from None

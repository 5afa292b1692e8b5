"""Do the given columns and rows fit the schema, and in which order must they be taken?

Columns are matched by name, so a client may send them in any order.
"""

from collections.abc import Mapping, Sequence

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.cells import read_cell, read_column, write_plain
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
_MOST_NAMES = 20


def echo(value: object) -> str:
    """Write a value for a message, cut if it is long."""
    text = write_plain(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


def match_inputs(given: Mapping[str, object], declared: Mapping[str, Schema]) -> None:
    """Check that exactly the declared inputs are given."""
    if given.keys() == declared.keys():
        return
    if unknown := [name for name in given if name not in declared]:
        reason = f"the service's inputs are {list(declared)}"
        shown = [echo(name) for name in unknown[:_MOST_NAMES]]
        if len(unknown) > _MOST_NAMES:
            shown.append("…")
        raise UnknownInput(", ".join(shown), reason=reason)
    missing = [name for name in declared if name not in given]
    raise InputNotProvided(reason=f"no data for {missing}")


def match_columns(name: str, given: Sequence[str], schema: Schema) -> list[int]:
    """Return at which places the schema's columns are given."""
    missing = [column for column in schema.names if column not in given]
    unknown = [echo(column) for column in given if column not in schema.names]
    if missing or unknown or len(given) != len(schema.names):
        reason = f"{name}: missing {missing}, unknown {unknown}, given {len(given)} columns"
        raise InputColumnsMismatch(reason=reason)
    return [given.index(column) for column in schema.names]


def bind_rows(name: str, given: Sequence[str], rows: Rows, schema: Schema) -> Rows:
    """Return the typed rows of a table, in schema order."""
    places = match_columns(name, given, schema)
    for number, row in enumerate(rows):
        if len(row) != len(places):
            widths = f"{len(row)} values for {len(places)} columns"
            raise InputNotParsed(f"{name}, row {number}: {widths}")
    if tuple(given) != schema.names:
        rows = [[row[place] for place in places] for row in rows]
    return bind_texts(name, rows, schema)


def bind_records(name: str, records: Sequence[Mapping[str, Cell]], schema: Schema) -> Rows:
    """Return the typed rows of a list of objects, in schema order."""
    for record in records:
        if record.keys() != schema.name_set:
            match_columns(name, list(record), schema)
    rows = [[record[column] for column in schema.names] for record in records]
    return bind_texts(name, rows, schema)


def bind_texts(name: str, rows: Rows, schema: Schema) -> Rows:
    """Return the typed cells of rows that have the right width and order."""
    try:
        columns = [
            read_column(values, column.type)
            for values, column in zip(zip(*rows, strict=True), schema.columns, strict=False)
        ]
    except ValueError:
        # Read once more, row by row, to say where the mistake is.
        return [_typed(name, number, row, schema) for number, row in enumerate(rows)]
    return list(zip(*columns, strict=True))


def _typed(name: str, number: int, row: Sequence[Cell], schema: Schema) -> list[Cell]:
    typed: list[Cell] = []
    for cell, column in zip(row, schema.columns, strict=True):
        try:
            typed.append(read_cell(cell, column.type))
        except ValueError:
            message = f'{name}, row {number}, column "{echo(column.name)}": '
            raise InputNotParsed(
                f'{message}cannot convert "{echo(cell)}" to {column.type}'
            ) from None
    return typed


def bind_parameters(
    given: Mapping[str, Cell], declared: Mapping[str, Parameter]
) -> Mapping[str, Cell]:
    """Return the typed value of every declared parameter."""
    if not given and not declared:
        return declared  # type: ignore[return-value]  # an empty mapping is one of any type
    if unknown := [echo(name) for name in given if name not in declared]:
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
            f'Failed to convert "{parameter.name}" parameter value "{echo(value)}"'
            f' from "String" to "{parameter.type}".'
        ) from None

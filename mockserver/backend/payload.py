"""How is the body of an execute call read?

Most bodies are tables of strings with the columns in the schema's order. A decoder compiled from
the service's inputs reads and checks those in one step. Every other body, with records, with
numbers, with `NaN`, or with a mistake, is read again, leniently, so that what is wrong can be said.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Literal, cast

import msgspec

from mockserver.backend.failures import RequestBodyNotUsable
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.binding import bind_records, bind_rows, bind_texts, match_inputs
from mockserver.experiment.tables import Cell, Rows, Schema

FACTS = (
    Fact(
        "A body with the literals NaN or Infinity is accepted.",
        Evidence.CAPTURED,
        "azmlclient 2.6.0 sends them for missing numbers",
    ),
    Fact(
        "A byte order mark is skipped; member names are found in any case; of a doubled member the"
        " last one counts; unknown members are ignored.",
        Evidence.ASSUMED,
        "Json.NET, which the service was written with, reads so",
    ),
    Fact(
        "With format=swagger an input must be a list of objects, without it a table; anything else"
        " is BadArgument/RequestBodyInvalid.",
        Evidence.ASSUMED,
        "the request contract is chosen by that parameter; a captured answer would settle it",
    ),
    Fact(
        "GlobalParameters may be omitted, and hold numbers.",
        Evidence.CAPTURED,
        "real clients send such bodies",
    ),
    Fact(
        "Inputs and GlobalParameters that are null count as absent.",
        Evidence.ASSUMED,
        "batch clients send null for the latter; an RRS capture would settle it",
    ),
)


_NONE: Mapping[str, Cell] = {}
_SCALARS = (str, int, float, bool, type(None))


class Payload(msgspec.Struct, frozen=True, gc=False):
    """What a call brings: typed rows for each input, and the parameters as given."""

    inputs: Mapping[str, Rows]
    parameters: Mapping[str, Cell]


class PayloadReader:
    """Reads the bodies of one service. `declared` are its inputs."""

    def __init__(self, declared: Mapping[str, Schema]) -> None:
        self._declared = declared
        self._inputs = [
            (name, f"input_{i}", schema) for i, (name, schema) in enumerate(declared.items())
        ]
        self._read_plain = msgspec.json.Decoder(_plain_call(self._inputs)).decode

    def read(self, body: bytes, *, swagger: bool) -> Payload:
        """Read a body.

        Raises RequestBodyNotUsable for what is no call at all, and the failures of `binding` for
        data that do not fit.
        """
        if swagger:
            return _read_leniently(body, self._declared, swagger=True)
        try:
            call = self._read_plain(body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return _read_leniently(body, self._declared, swagger=False)
        rows = {}
        for name, field, schema in self._inputs:
            texts = getattr(call.Inputs, field).Values
            rows[name] = texts if schema.is_text else bind_texts(name, texts, schema)
        return Payload(rows, call.GlobalParameters or _NONE)


def _plain_call(inputs: list[tuple[str, str, Schema]]) -> type[Any]:
    """Make the type of a call whose columns are all there, in order, with strings for cells."""
    tables: list[tuple[str, Any]] = []
    for _, field, schema in inputs:
        names: Any = tuple.__class_getitem__(tuple(Literal[name] for name in schema.names))
        row: Any = tuple.__class_getitem__((str | None,) * len(schema.names))
        members = [("ColumnNames", names), ("Values", list[row])]
        tables.append((field, msgspec.defstruct("Table", members, gc=False)))
    rename = {field: name for name, field, _ in inputs}
    given = msgspec.defstruct("Inputs", tables, rename=rename, forbid_unknown_fields=True, gc=False)
    parameters: Any = dict[str, str | int | float | bool | None] | None
    return msgspec.defstruct(
        "Call",
        [("Inputs", given), ("GlobalParameters", parameters, None)],
        # A member that is not known may be a known one in another case.
        forbid_unknown_fields=True,
        gc=False,
    )


def _read_leniently(body: bytes, declared: Mapping[str, Schema], *, swagger: bool) -> Payload:
    content = read_json(body)
    inputs = _member(content, "Inputs", {})
    parameters = _member(content, "GlobalParameters", {})
    if not isinstance(inputs, dict) or not isinstance(parameters, dict):
        raise RequestBodyNotUsable(reason="Inputs and GlobalParameters must be objects")
    for name, value in parameters.items():
        if not isinstance(value, _SCALARS):
            raise RequestBodyNotUsable(reason=f"GlobalParameters.{name[:100]} is not a plain value")
    match_inputs(inputs, declared)
    read = _rows_of_records if swagger else _rows_of_table
    rows = {name: read(name, given, declared[name]) for name, given in inputs.items()}
    return Payload(rows, parameters)


def read_json(body: bytes) -> dict[str, Any]:
    """Read a body that is a JSON object. Raises RequestBodyNotUsable."""
    if not body:
        raise RequestBodyNotUsable(reason="the body is empty")
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        content = _read_json_with_nan(body)
    if not isinstance(content, dict):
        raise RequestBodyNotUsable(reason="the body is not an object")
    return content


def _read_json_with_nan(body: bytes) -> Any:
    """Read what no strict reader takes: NaN and Infinity, a byte order mark."""
    try:
        text = body.decode("utf-8-sig")
        content = json.loads(text, parse_float=_finite)
        if "\\u" in text:
            # An escaped half of a surrogate pair is a string in Python, but no text.
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise RequestBodyNotUsable(reason=f"the body is not JSON: {str(error)[:200]}") from error
    return content


def _finite(text: str) -> float:
    """Read a number; one beyond the range of a double is none, unlike the literal Infinity."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:20]} is out of range")
    return number


def _member(content: dict[str, Any], name: str, default: Any = None) -> Any:
    """Return a member, found in any case; null counts as absent."""
    key = name if name in content else next((k for k in content if k.lower() == name.lower()), name)
    value = content.get(key)
    return default if value is None else value


def _rows_of_table(name: str, given: Any, schema: Schema) -> Rows:
    if not isinstance(given, dict):
        hint = " (a list of objects needs format=swagger)" if isinstance(given, list) else ""
        raise RequestBodyNotUsable(reason=f"Inputs.{name} is not a table{hint}")
    names, values = _member(given, "ColumnNames"), _member(given, "Values")
    if not isinstance(names, list) or not all(isinstance(column, str) for column in names):
        raise RequestBodyNotUsable(reason=f"Inputs.{name}.ColumnNames is not a list of strings")
    if not isinstance(values, list) or not all(_is_row(row) for row in values):
        raise RequestBodyNotUsable(reason=f"Inputs.{name}.Values is not a list of rows")
    return bind_rows(name, names, cast("Rows", values), schema)


def _is_row(row: Any) -> bool:
    return isinstance(row, list) and all(isinstance(cell, _SCALARS) for cell in row)


def _rows_of_records(name: str, given: Any, schema: Schema) -> Rows:
    if not isinstance(given, list):
        hint = " (a table goes without format=swagger)" if isinstance(given, dict) else ""
        raise RequestBodyNotUsable(reason=f"Inputs.{name} is not a list of objects{hint}")
    for record in given:
        if not isinstance(record, dict) or not _is_row(list(record.values())):
            raise RequestBodyNotUsable(reason=f"Inputs.{name} holds more than flat objects")
    return bind_records(name, cast("list[dict[str, Cell]]", given), schema)

"""What does an answer look like on the wire: a result in its three shapes, or an error?"""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from mockserver.backend import failures as facts
from mockserver.backend.error_codes import CLASSES, CODES, WORDING
from mockserver.evidence import Evidence, Fact
from mockserver.experiment.failures import ModuleFailed
from mockserver.experiment.tables import Schema, ScoredTable
from mockserver.failures import Failure

FACTS = (
    Fact(
        "JSON is compact; the keys of a table come as type, value, ColumnNames, ColumnTypes,"
        " Values.",
        Evidence.CAPTURED,
        "six live responses in public notebooks",
    ),
    Fact(
        "Every cell is a JSON string, whatever its type; a missing value is null.",
        Evidence.CAPTURED,
        "the same responses",
    ),
    Fact(
        "Without details=true the reply holds Values alone; with format=swagger an output is a bare"
        " list of objects, details or not.",
        Evidence.CAPTURED,
        "live responses in public notebooks; a help page claims that only the types vanish",
    ),
    Fact(
        "JSON is sent as `application/json; charset=utf-8`, every reply carries x-ms-request-id.",
        Evidence.ASSUMED,
        "clients fail on other media types; the header's name was not captured",
    ),
)

JSON_TYPE = b"application/json; charset=utf-8"

_encode = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, frozen=True, gc=False):
    """An answer before it is sent."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def as_response(self) -> Response:
        """Return the answer as FastAPI sends it."""
        headers = {name.decode(): value.decode() for name, value in self.headers}
        media_type = JSON_TYPE.decode() if self.body else None
        return Response(self.body, self.status, headers, media_type)


Heads = Mapping[tuple[str, Schema, bool], bytes]
"""What stands before the rows of a table: by name and schema of the output, and details."""


def encode_heads(outputs: Mapping[str, Schema]) -> Heads:
    """Write, once, the heads of the outputs that a service declares."""
    return {
        (name, schema, details): _head(name, schema, details)
        for name, schema in outputs.items()
        for details in (True, False)
    }


def encode_results(
    results: Mapping[str, ScoredTable], heads: Heads, *, details: bool, swagger: bool
) -> bytes:
    """Write the outputs of a scoring in the shape that the call asked for.

    `heads` may lack those of outputs whose columns depend on the call.
    """
    if swagger:
        return _encode({"Results": {name: _records(table) for name, table in results.items()}})
    parts = [b'{"Results":{']
    for name, table in results.items():
        head = heads.get((name, table.schema, details)) or _head(name, table.schema, details)
        parts += (head, _encode(table.rows), b"}},")
    # Instead of its comma, the last table is followed by the braces that close the whole.
    parts[-1] = b"}}}}" if results else b'{"Results":{}}'
    return b"".join(parts)


def _head(name: str, schema: Schema, details: bool) -> bytes:
    names = _encode(schema.names)
    types = _encode([column.type for column in schema.columns])
    described = b'"ColumnNames":%b,"ColumnTypes":%b,' % (names, types) if details else b""
    return b'%b:{"type":"table","value":{%b"Values":' % (_encode(name), described)


def _records(table: ScoredTable) -> list[dict[str, str | None]]:
    names = table.schema.names
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def refuse(failure: Failure) -> Reply:
    """Word a failure: the envelope and its status."""
    if isinstance(failure, ModuleFailed):
        kind, code, message = "ModuleExecutionError", str(failure.number), failure.arguments[0]
    else:
        kind, code = WORDING[type(failure)]
        message = _fill(CODES[kind][code].message, failure.arguments)
    target = {"target": failure.target} if failure.target else {}
    detail = {"code": code, **target, "message": message}
    error = {"code": kind, "message": CLASSES[kind].message, "details": [detail]}
    return Reply(CLASSES[kind].status, _encode({"error": error}), _headers(failure))


def _headers(failure: Failure) -> tuple[tuple[bytes, bytes], ...]:
    if isinstance(failure, facts.VerbNotSupported):
        return ((b"allow", ", ".join(failure.allowed).encode()),)
    return ()


def _fill(template: str, arguments: tuple[str, ...]) -> str:
    """Fill the places `{0}`, `{1}` …; what a client sent is never read as a template."""
    return template.format(*arguments) if arguments else template.replace("{0}", "")

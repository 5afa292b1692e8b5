"""What does a service's own `swagger.json` say?

It is the Swagger 2.0 document that code generators and the R client read: the paths carry their
query string, `execute` takes and returns lists of objects.
"""

from collections.abc import Mapping
from typing import Any

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.cells import write_cell
from mockserver.experiment.tables import ColumnType, Parameter, Schema
from mockserver.workspace.model import Published

FACTS = (
    Fact(
        "swagger.json needs no key; its skeleton, paths, summaries and definitions are those of a"
        " stored document.",
        Evidence.CAPTURED,
        "two stored swagger.json files",
    ),
    Fact(
        "host and schemes are those of the emulator, so that generated clients call it.",
        Evidence.ASSUMED,
        "not a fact of the service: a need of whoever works offline",
    ),
)

_TYPES = {
    ColumnType.STRING: ("string", None),
    ColumnType.DOUBLE: ("number", "double"),
    ColumnType.SINGLE: ("number", "float"),
    ColumnType.INT32: ("integer", "int32"),
    ColumnType.INT64: ("integer", "int64"),
    ColumnType.BOOLEAN: ("boolean", None),
    ColumnType.DATETIME: ("string", "date-time"),
}
_PLACEHOLDERS: dict[str, Any] = {"string": "value", "number": 1, "integer": 1, "boolean": True}

_Json = dict[str, Any]


def swagger_document(published: Published, host: str) -> _Json:
    """Write the document of one endpoint, for callers that reach it as `host`."""
    service, endpoint = published.service, published.endpoint
    experiment = service.experiment
    return {
        "swagger": "2.0",
        "info": {
            "version": "2.0",
            "title": service.name,
            "description": service.description,
            "x-endpoint-name": endpoint.name,
        },
        "host": host,
        "basePath": f"/workspaces/{published.workspace.id}/services/{endpoint.id}",
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": _paths(),
        "definitions": _definitions(published)
        | {f"{name}Item": _item(schema) for name, schema in experiment.inputs.items()}
        | {f"{name}Item": _item(schema) for name, schema in experiment.outputs.items()},
        "securityDefinitions": {
            "apiKey": {"type": "apiKey", "in": "header", "name": "Authorization"}
        },
        "security": [{"apiKey": []}],
    }


def _paths() -> _Json:
    job = [{"name": "jobId", "in": "path", "required": True, "type": "string"}]
    return {
        "/swagger.json": {
            "get": {
                **_operation(
                    "getSwaggerDocument",
                    "Get swagger API document for the web service",
                    {"type": "object"},
                ),
                "security": [],
            }
        },
        "/execute?api-version=2.0&format=swagger": {
            "post": _operation(
                "execute",
                "Execute the web service and get a response synchronously",
                _ref("ExecutionResults"),
                [_body("executePayload", "ExecutionRequest")],
            )
        },
        "/jobs?api-version=2.0": {
            "post": _operation(
                "submitjob",
                "Submit an asynchronous job to execute the web service",
                {"type": "string"},
                [_body("jobPayload", "BatchExecutionRequest")],
            )
        },
        "/jobs/{jobId}?api-version=2.0": {
            "get": _operation(
                "getjobstatus",
                "Get the status for a give job",  # as the service spells it
                _ref("BatchExecutionStatus"),
                job,
            ),
            "delete": _operation("canceljob", "Cancel a job", None, job),
        },
        "/jobs/{jobId}/start?api-version=2.0": {
            "post": _operation("startjob", "Start running a job", None, job)
        },
    }


def _operation(
    name: str, summary: str, returns: _Json | None, parameters: list[_Json] | None = None
) -> _Json:
    ok = {"description": "OK"} | ({"schema": returns} if returns else {})
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters or [],
        "responses": {"200": ok, "default": {"description": "Error", "schema": _ref("Error")}},
    }


def _definitions(published: Published) -> _Json:
    service = published.service
    experiment = service.experiment
    inputs = {name: _list(f"{name}Item") for name in experiment.inputs}
    outputs = {name: _list(f"{name}Item") for name in experiment.outputs}
    parameters = {
        name: _property(parameter.type) for name, parameter in experiment.parameters.items()
    }
    given = {"GlobalParameters": {"type": "object", "properties": parameters}}
    blobs = {"type": "object", "additionalProperties": _ref("BlobReference")}
    text = {"type": "string"}
    places = ("ConnectionString", "RelativeLocation", "BaseLocation", "SasBlobToken")
    return {
        "ExecutionRequest": {
            "type": "object",
            "properties": {"Inputs": {"type": "object", "properties": inputs}, **given},
            "example": _example(service.sample, experiment.inputs, experiment.parameters),
        },
        "ExecutionResults": {
            "type": "object",
            "properties": {"Results": {"type": "object", "properties": outputs}},
        },
        "BatchExecutionRequest": {
            "type": "object",
            "properties": {"Inputs": blobs, "Outputs": blobs, **given},
        },
        "BatchExecutionStatus": {
            "type": "object",
            "properties": {"StatusCode": text, "Results": blobs, "Details": text},
        },
        "BlobReference": {"type": "object", "properties": dict.fromkeys(places, text)},
        "Error": {"type": "object", "properties": {"error": {"type": "object"}}},
    }


def _example(
    sample: Mapping[str, Mapping[str, Any]],
    inputs: Mapping[str, Schema],
    parameters: Mapping[str, Parameter],
) -> _Json:
    rows = {
        name: [
            {
                column.name: _shown(sample.get(name, {}).get(column.name), column.type)
                for column in schema.columns
            }
        ]
        for name, schema in inputs.items()
    }
    values = {
        name: _shown(parameter.default, parameter.type) for name, parameter in parameters.items()
    }
    return {"Inputs": rows, "GlobalParameters": values}


def _shown(value: Any, kind: ColumnType) -> Any:
    if value is None:
        return _PLACEHOLDERS[_TYPES[kind][0]]
    return write_cell(value, kind) if kind is ColumnType.DATETIME else value


def _item(schema: Schema) -> _Json:
    properties = {column.name: _property(column.type) for column in schema.columns}
    return {"type": "object", "properties": properties}


def _property(kind: ColumnType) -> _Json:
    name, form = _TYPES[kind]
    return {"type": name} | ({"format": form} if form else {}) | {"x-ms-isnullable": True}


def _list(item: str) -> _Json:
    return {"type": "array", "items": _ref(item)}


def _ref(name: str) -> _Json:
    return {"$ref": f"#/definitions/{name}"}


def _body(name: str, definition: str) -> _Json:
    return {"name": name, "in": "body", "required": True, "schema": _ref(definition)}

"""Which requests are sent, and which services does mockserver publish to answer them?

The small call is the how-to's. The tables have 1000 rows of 10 columns and 63 KB, once ten numbers
in a row, once a text and nine numbers; all cells are strings, as the known clients send them.
"""

import json
from dataclasses import dataclass
from typing import Any

from mockserver.workspace.configuration import load_configuration

SMALL, TABLE = "small call", "63 KB table"
"""The two loads."""

ROWS, COLUMNS = 1000, 10
TEXT = "This is a good day"
_NAMES = [f"C{number}" for number in range(1, COLUMNS + 1)]
_NUMBERS = [f"{number}.5" for number in range(1, COLUMNS + 1)]
_WORDS = [TEXT, *(str(number) for number in range(5, 4 + COLUMNS))]
"""A row as long as one of `_NUMBERS`."""

_HASHING = "hashing 1 of 10 columns"
_QUERY = "api-version=2.0&details=true"
_WORKSPACE = f"{1:032x}"
_KEY = "bench-key"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, sent over `connections` at once. `path` includes the query."""

    path: str
    key: str
    body: bytes
    connections: int


def small_call() -> Call:
    """Return the how-to's call, as the default configuration answers it."""
    workspace = load_configuration(None).workspaces[0]
    endpoint = workspace.services[0].endpoints[0]
    path = _path(workspace.id, endpoint.id)
    return Call(path, endpoint.primary_key, _body(["Col2"], [[TEXT]]), connections=32)


def table_calls() -> dict[str, Call]:
    """Return one call for each service of `table_services`."""
    return {
        name: Call(
            _path(_WORKSPACE, endpoint_id(number)),
            _KEY,
            _body(_NAMES, [_WORDS if name == _HASHING else _NUMBERS] * ROWS),
            connections=8,
        )
        for number, name in enumerate(_EXPERIMENTS)
    }


def endpoint_id(number: int) -> str:
    """Return the id of the endpoint of a service of `table_services`."""
    return f"{0x200 + number:032x}"


def table_services() -> str:
    """Return a configuration whose services take the tables. JSON is YAML."""
    services = [
        {
            "name": name,
            "id": f"{0x100 + number:032x}",
            **experiment,
            "endpoints": [
                {"id": endpoint_id(number), "primary_key": _KEY, "secondary_key": "another-key"}
            ],
        }
        for number, (name, experiment) in enumerate(_EXPERIMENTS.items())
    ]
    return json.dumps({"workspaces": [{"id": _WORKSPACE, "services": services}]})


def _path(workspace: str, endpoint: str) -> str:
    return f"/workspaces/{workspace}/services/{endpoint}/execute?{_QUERY}"


def _body(names: list[str], rows: list[list[str]]) -> bytes:
    inputs = {"input1": {"ColumnNames": names, "Values": rows}}
    body = {"Inputs": inputs, "GlobalParameters": {}}
    return json.dumps(body, separators=(",", ":")).encode()


def _canned(kind: str) -> dict[str, Any]:
    """Return a stub that answers like the how-to's service, and so as long as Prism's example."""
    features = {f"Col2_HashingFeature.{number}": "Int32" for number in range(8)}
    return {
        "inputs": {"input1": dict.fromkeys(_NAMES, kind)},
        "outputs": {"output1": {"Col2": "String", **features}},
        "experiment": {"kind": "canned", "rows": {"output1": [[TEXT, 1, 1, 2, 2, 0, 2, 0, 1]]}},
    }


_EXPERIMENTS: dict[str, dict[str, Any]] = {
    "canned String": _canned("String"),
    "canned Double": _canned("Double"),
    _HASHING: {
        "inputs": {"input1": dict.fromkeys(_NAMES, "String")},
        "experiment": {"kind": "feature-hashing", "columns": ["C1"], "bitsize": 3, "ngrams": 2},
    },
}

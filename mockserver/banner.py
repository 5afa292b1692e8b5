"""What is printed once the emulator listens? The addresses, the keys, and one command to copy."""

import shlex
import shutil

import msgspec

from mockserver.experiment.tables import Schema
from mockserver.ready_file import Ready
from mockserver.workspace.model import Published, Service

_WIDTH = 14
_PLACEHOLDER = "1"
"""A value that every column type can read."""


def banner(ready: Ready, first: Published) -> str:
    """Return the text: where everything is, and a call of the first endpoint."""
    services = ready["services"]
    return "\n".join(
        [
            f"mockserver serves {first.service.name}, endpoint {first.endpoint.name}",
            "",
            f"  RRS            {_execute_url(ready)}",
            f"  workspace      {services['workspace']}",
            f"  service        {services['service']}",
            f"  primary key    {services['primary_key']}",
            f"  secondary key  {services['secondary_key']}",
            *_storage(ready),
            *_gateway(ready),
            "",
            "Try it in another terminal:",
            "",
            example_call(ready, first.service, has_curl=shutil.which("curl") is not None),
            "",
            "Stop with Ctrl-C.",
        ]
    )


def _storage(ready: Ready) -> list[str]:
    if "storage" not in ready:
        return []
    storage = ready["storage"]
    return [
        f"  BES            {_service_url(ready)}/jobs?api-version=2.0",
        f"  storage        {storage['url']}/{storage['account']}",
    ]


def _gateway(ready: Ready) -> list[str]:
    if "gateway" not in ready:
        return []
    gateway = ready["gateway"]
    return [
        f"  gateway        {gateway['api']}",
        *(
            f"  {f'key {identifier}'[:_WIDTH]:{_WIDTH}} {subscription['primary_key']}"
            for identifier, subscription in gateway["subscriptions"].items()
        ),
    ]


def example_call(ready: Ready, service: Service, *, has_curl: bool) -> str:
    """Return a shell command that scores one row and prints what the service computed from it."""
    url = _execute_url(ready)
    body = msgspec.json.encode({"Inputs": _inputs(service), "GlobalParameters": {}}).decode()
    key = f"Bearer {ready['services']['primary_key']}"
    kept = _kept_columns(service)
    show = f'print(*next(iter(r.values()))["value"]["Values"][0][{kept}:])'
    if has_curl:
        code = f'import json, sys; r = json.load(sys.stdin)["Results"]; {show}'
        headers = f"-H {shlex.quote(f'Authorization: {key}')} -H 'Content-Type: application/json'"
        return (
            f"curl -s {shlex.quote(url)} {headers} \\\n"
            f"  -d {shlex.quote(body)} \\\n"
            f"  | python3 -c {shlex.quote(code)}"
        )
    code = (
        "import json, sys, urllib.request as u; url, key, body = sys.argv[1:];"
        " q = u.Request(url, body.encode(),"
        ' {"Authorization": key, "Content-Type": "application/json"});'
        f' r = json.load(u.urlopen(q))["Results"]; {show}'
    )
    parts = (code, url, key, body)
    return "python3 -c " + " \\\n  ".join(map(shlex.quote, parts))


def _service_url(ready: Ready) -> str:
    services = ready["services"]
    path = f"/workspaces/{services['workspace']}/services/{services['service']}"
    return services["url"] + path


def _execute_url(ready: Ready) -> str:
    return f"{_service_url(ready)}/execute?api-version=2.0&details=true"


def _inputs(service: Service) -> dict[str, object]:
    def row(name: str, schema: Schema) -> list[object]:
        sample = service.sample.get(name, {})
        return [sample.get(column, _PLACEHOLDER) for column in schema.names]

    return {
        name: {"ColumnNames": schema.names, "Values": [row(name, schema)]}
        for name, schema in service.experiment.inputs.items()
    }


def _kept_columns(service: Service) -> int:
    """Return how many input columns the first output repeats: they are not worth showing."""
    inputs, outputs = service.experiment.inputs, service.experiment.outputs
    given = next(iter(inputs.values())).names if inputs else ()
    returned = next(iter(outputs.values())).names
    return len(given) if returned[: len(given)] == given else 0

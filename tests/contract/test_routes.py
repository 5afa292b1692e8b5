"""Do the app's routes and the contract name the same operations?"""

from typing import Any

import yaml
from fastapi.routing import APIRoute

from mockserver.backend.app import ServicesSurface
from mockserver.backend.batch import BatchCalls, BatchOptions
from mockserver.backend.error_codes import CLASSES, CODES
from mockserver.request_log import RequestLog
from mockserver.settings import Settings
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.model import Directory
from tests.conftest import TOP

CONTRACT = yaml.safe_load((TOP / "openapi.yaml").read_text())

BASE = "/workspaces/{workspace}/services/{service}"
WITHOUT_ID = {
    ("POST", f"{BASE}/jobs//start", "start_job"),
    ("GET", f"{BASE}/jobs/", "get_job_status"),
    ("DELETE", f"{BASE}/jobs/", "delete_job"),
}
"""No operations of their own: addresses whose job id is empty, so that this can be said."""


def routes() -> set[tuple[str, str, str]]:
    directory = Directory(load_configuration(None).workspaces)
    nothing: Any = None  # what only a call needs
    calls = BatchCalls(nothing, nothing, nothing, nothing, BatchOptions(200, "", 1))
    surface = ServicesSurface(directory, Settings(), RequestLog("text"), calls)
    surface.threads.shutdown()
    found = set()
    for route in surface.api.routes:
        assert isinstance(route, APIRoute), f"{route} is none of ours"
        name = route.endpoint.__name__
        assert str(route.operation_id).partition("/")[0] == name
        found |= {(verb, route.path, name) for verb in route.methods or ()}
    return found


def test_the_routes_are_those_of_the_contract() -> None:
    """Path, verb, operationId and handler name agree, in both directions."""
    contract = {
        (verb.upper(), path, operation["operationId"])
        for path, item in CONTRACT["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }
    assert routes() == contract | WITHOUT_ID


def test_classes_and_codes_of_the_contract_are_those_of_the_table() -> None:
    """Every class of the contract is a row of the error table, with the same codes."""
    schemas = CONTRACT["components"]["schemas"]
    compared = set()
    for name in CODES:
        properties = schemas[name]["properties"]
        items = properties["details"]["items"]
        assert name in properties["code"]["enum"]
        assert set(items["properties"]["code"]["enum"]) == CODES[name].keys(), name
        compared |= set(properties["code"]["enum"])
    assert compared <= CLASSES.keys()

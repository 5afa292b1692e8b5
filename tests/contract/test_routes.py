"""Do the app's routes and the contract name the same operations?"""

import httpx
import pytest
import yaml
from fastapi.routing import APIRoute

from mockserver.backend.app import ServicesSurface
from mockserver.backend.error_codes import CLASSES, CODES
from mockserver.ready_file import Ready
from mockserver.request_log import RequestLog
from mockserver.settings import Settings
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.model import Directory
from tests.conftest import TOP

CONTRACT = yaml.safe_load((TOP / "openapi.yaml").read_text())

NOT_SERVED_YET = {
    ("POST", "/workspaces/{workspace}/services/{service}/jobs", "submit_job"),
    ("POST", "/workspaces/{workspace}/services/{service}/jobs/{job}/start", "start_job"),
    ("GET", "/workspaces/{workspace}/services/{service}/jobs/{job}", "get_job_status"),
    ("DELETE", "/workspaces/{workspace}/services/{service}/jobs/{job}", "delete_job"),
}
"""BES is in the contract already; the issue after RRS serves it and empties this set."""


def routes() -> set[tuple[str, str, str]]:
    directory = Directory(load_configuration(None).workspaces)
    surface = ServicesSurface(directory, Settings(), RequestLog("text"))
    surface.threads.shutdown()
    found = set()
    for route in surface.api.routes:
        assert isinstance(route, APIRoute), f"{route} is none of ours"
        assert route.operation_id == route.endpoint.__name__
        found |= {(verb, route.path, route.operation_id) for verb in route.methods or ()}
    return found


def test_the_routes_are_those_of_the_contract() -> None:
    """Path, verb, operationId and handler name agree, in both directions."""
    contract = {
        (verb.upper(), path, operation["operationId"])
        for path, item in CONTRACT["paths"].items()
        for verb, operation in item.items()
        if verb != "parameters"
    }
    assert routes() == contract - NOT_SERVED_YET
    assert contract >= NOT_SERVED_YET


@pytest.mark.parametrize(("verb", "path", "operation"), sorted(NOT_SERVED_YET))
def test_what_is_not_served_yet_is_unknown(
    ready: Ready, verb: str, path: str, operation: str
) -> None:
    """Until it is built, an operation answers the envelope of an unknown path, no framework's."""
    assert operation
    services = ready["services"]
    ids = {"workspace": services["workspace"], "service": services["service"], "job": "0" * 32}
    reply = httpx.request(verb, services["url"] + path.format(**ids), trust_env=False)
    assert reply.status_code == 404
    assert reply.json()["error"]["details"][0]["code"] == "ResourceNotFound"


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

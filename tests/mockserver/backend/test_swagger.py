"""Does a service's swagger.json have the shape that its readers rely on?"""

from datetime import datetime
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator

from mockserver.backend.swagger import swagger_document
from mockserver.experiment.canned import Canned
from mockserver.experiment.tables import Column, ColumnType, Schema
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.model import Directory, Endpoint, Published, Service, Workspace

ENDPOINT = Endpoint("e", "default", "k1", "k2")


@pytest.fixture
def document() -> dict[str, Any]:
    directory = Directory(load_configuration(None).workspaces)
    return swagger_document(directory.published[0], "localhost:8080")


def test_the_skeleton(document: dict[str, Any]) -> None:
    """Title, endpoint name, host and base path are those of the endpoint."""
    assert document["swagger"] == "2.0"
    assert document["info"]["title"] == "SimpleFeatureHashingExperiment"
    assert document["info"]["x-endpoint-name"] == "default"
    assert document["host"] == "localhost:8080"
    assert document["basePath"].startswith("/workspaces/")


def test_the_paths_and_operations(document: dict[str, Any]) -> None:
    """Six operations under five paths, in the stored order, each with its query string."""
    operations = {
        (path, verb): operation["operationId"]
        for path, verbs in document["paths"].items()
        for verb, operation in verbs.items()
    }
    assert operations == {
        ("/swagger.json", "get"): "getSwaggerDocument",
        ("/execute?api-version=2.0&format=swagger", "post"): "execute",
        ("/jobs?api-version=2.0", "post"): "submitjob",
        ("/jobs/{jobId}?api-version=2.0", "get"): "getjobstatus",
        ("/jobs/{jobId}?api-version=2.0", "delete"): "canceljob",
        ("/jobs/{jobId}/start?api-version=2.0", "post"): "startjob",
    }
    # The R client takes the method name from the second path.
    assert list(document["paths"])[1].startswith("/execute")


def test_what_the_r_client_looks_up(document: dict[str, Any]) -> None:
    """Column names and a sample row, input types and output types are where it looks."""
    definitions = document["definitions"]
    example = definitions["ExecutionRequest"]["example"]
    assert example == {
        "Inputs": {"input1": [{"Col2": "This is a good day"}]},
        "GlobalParameters": {},
    }
    assert definitions["input1Item"]["properties"]["Col2"]["type"] == "string"
    outputs = definitions["output1Item"]["properties"]
    assert outputs["Col2_HashingFeature.7"]["type"] == "integer"
    assert outputs["Col2_HashingFeature.7"]["format"] == "int32"


def test_the_document_is_valid_swagger(document: dict[str, Any]) -> None:
    """A validator of Swagger 2.0 has nothing to say."""
    assert not list(OpenAPIV2SpecValidator(document).iter_errors())
    document["paths"]["/swagger.json"]["get"].pop("responses")
    assert list(OpenAPIV2SpecValidator(document).iter_errors())


def test_examples_are_json(document: dict[str, Any]) -> None:
    """A column without a sample gets a placeholder, a date of the sample its text."""
    assert document
    schema = Schema((Column("when", ColumnType.DATETIME), Column("n", ColumnType.INT32)))
    stub = Canned({"input1": schema}, {}, {})
    sample = {"input1": {"when": datetime(2010, 5, 30), "n": None}}  # noqa: DTZ001
    service = Service("s", "s", stub, (ENDPOINT,), sample=sample)
    written = swagger_document(Published(Workspace("w", "w", (service,)), service, ENDPOINT), "h")
    example = written["definitions"]["ExecutionRequest"]["example"]
    assert example["Inputs"] == {"input1": [{"when": "5/30/2010 12:00:00 AM", "n": 1}]}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """No definition is named that does not exist."""

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    found = {reference.removeprefix("#/definitions/") for reference in references(document)}
    assert found
    assert found <= document["definitions"].keys()

"""Is openapi.yaml sound in itself: valid OpenAPI, true examples, links that lead somewhere?"""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT4

Json = dict[str, Any]

CONTRACT = Path(__file__).parents[2] / "openapi.yaml"
DOCUMENT: Json = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
EXECUTE = "/workspaces/{workspace}/services/{service}/execute"
STATUS = "/workspaces/{workspace}/services/{service}/jobs/{job}"
VERBS = ("get", "post", "delete")
JOB_LINKS = {
    ("submit_job", "200", "start_job"),
    ("submit_job", "200", "get_job_status"),
    ("submit_job", "200", "delete_job"),
    ("start_job", "200", "get_job_status"),
    ("start_job", "200", "delete_job"),
    ("start_job", "204", "get_job_status"),
    ("start_job", "204", "delete_job"),
}


def pointer_to(*keys: str) -> str:
    """Return the JSON pointer along these keys, written for the fragment of an address."""
    return "".join("/" + quote(key.replace("~", "~0").replace("/", "~1")) for key in keys)


def nodes(node: Any, *keys: str) -> Iterator[tuple[tuple[str, ...], Json]]:
    """Walk every object below this one, but not what an example holds."""
    if isinstance(node, list):
        node = {str(index): item for index, item in enumerate(node)}
    elif isinstance(node, dict):
        yield keys, node
    else:
        return
    for key, child in node.items():
        if key not in ("example", "examples"):
            yield from nodes(child, *keys, key)


def examples(document: Json) -> Iterator[tuple[str, Any]]:
    """Return each example beside the pointer to the schema that it has to follow."""
    for keys, node in nodes(document):
        if "schema" in node:
            shown = [item["value"] for item in node.get("examples", {}).values()]
            for value in [*shown, *([node["example"]] if "example" in node else [])]:
                yield pointer_to(*keys, "schema"), value


def follows(value: Any, schema_pointer: str) -> bool:
    """Say whether a value is valid against the schema at this place of the contract."""
    registry = Registry[Any]().with_resource("urn:contract", DRAFT4.create_resource(DOCUMENT))
    schema = {"$ref": f"urn:contract#{schema_pointer}"}
    return bool(OAS30Validator(schema, registry=registry).is_valid(value))


def resolved(document: Json, node: Json) -> Json:
    """Return the node, or what its reference names."""
    if "$ref" not in node:
        return node
    found: Any = document
    for key in node["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def operations(document: Json) -> dict[str, Json]:
    """Return each operation by its id, with the names of its parameters by place."""
    found = {}
    for path in document["paths"].values():
        for verb in VERBS:
            if verb in path:
                operation = path[verb]
                declared = [*path.get("parameters", []), *operation.get("parameters", [])]
                taken = [resolved(document, parameter) for parameter in declared]
                places = {item["name"]: item["in"] for item in taken}
                found[operation["operationId"]] = {**operation, "places": places}
    return found


def links(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Return each link with the operation and the status that it starts from."""
    for source, operation in operations(document).items():
        for status, response in operation["responses"].items():
            for link in resolved(document, response).get("links", {}).values():
                yield source, status, resolved(document, link)


def broken_links(document: Json) -> list[str]:
    """Name every link to an unknown operation, and every parameter unknown at either end."""
    known = operations(document)
    problems = []
    for source, _, link in links(document):
        target = link["operationId"]
        if target not in known:
            problems.append(f"{source} leads to {target}")
            continue
        for name, value in link["parameters"].items():
            if name not in known[target]["places"]:
                problems.append(f"{target} takes no {name}")
            sent = value.removeprefix("$request.path.")
            if sent != value and known[source]["places"].get(sent) != "path":
                problems.append(f"{source} has no {sent} in its path")
    return problems


def test_the_document_is_valid_openapi() -> None:
    """The validator of the OpenAPI 3.0 format has nothing to say."""
    assert list(OpenAPIV30SpecValidator(DOCUMENT).iter_errors()) == []


def test_a_broken_document_is_not_valid_openapi() -> None:
    """Without its version the document is refused, so the check above can fail."""
    broken = deepcopy(DOCUMENT)
    del broken["info"]["version"]
    assert list(OpenAPIV30SpecValidator(broken).iter_errors()) != []


@pytest.mark.parametrize(("schema_pointer", "value"), list(examples(DOCUMENT)))
def test_an_example_follows_its_schema(schema_pointer: str, value: Any) -> None:
    """Every example of a parameter, a header, a request or a reply is valid."""
    assert follows(value, schema_pointer)


def test_every_body_is_shown_by_an_example() -> None:
    """No request and no reply is left without an example."""
    shown = {schema_pointer for schema_pointer, _ in examples(DOCUMENT)}
    bodies = {
        pointer_to(*keys, "content", media_type, "schema")
        for keys, node in nodes(DOCUMENT)
        for media_type in node.get("content", {})
    }
    assert bodies
    assert bodies <= shown


@pytest.mark.parametrize(
    ("media_type_at", "example", "member", "wrong"),
    [
        (
            ("paths", EXECUTE, "post", "requestBody"),
            "table",
            ("Inputs", "input1", "Values", 0),
            "This is a good day",
        ),
        (
            ("paths", EXECUTE, "post", "responses", "200"),
            "detailedTable",
            ("Results", "output1", "value", "Values", 0, 1),
            1,
        ),
        (("paths", STATUS, "get", "responses", "200"), "finished", ("Results",), None),
        (
            ("components", "responses", "BadRequest"),
            "startedTwice",
            ("error", "code"),
            "BadArgument",
        ),
        (("components", "responses", "BadRequest"), "module", ("error", "details"), []),
    ],
    ids=["cells-without-row", "number-as-cell", "finished-without-results", "class", "no-details"],
)
def test_a_wrong_example_does_not_follow_its_schema(
    media_type_at: tuple[str, ...], example: str, member: tuple[str | int, ...], wrong: Any
) -> None:
    """One wrong member makes a valid example invalid, so the check above can fail."""
    keys = (*media_type_at, "content", "application/json")
    found: Any = DOCUMENT
    for key in keys:
        found = found[key]
    value = deepcopy(found["examples"][example]["value"])
    assert follows(value, pointer_to(*keys, "schema"))

    holder = value
    for step in member[:-1]:
        holder = holder[step]
    holder[member[-1]] = wrong
    assert not follows(value, pointer_to(*keys, "schema"))


def test_links_lead_to_operations_that_take_their_parameters() -> None:
    """A submitted job can be started, read and deleted, a started one read and deleted."""
    assert {(source, status, link["operationId"]) for source, status, link in links(DOCUMENT)} == (
        JOB_LINKS
    )
    assert broken_links(DOCUMENT) == []


def test_a_broken_link_is_named() -> None:
    """A wrong operation, parameter or source is found, so the check above can fail."""
    broken = deepcopy(DOCUMENT)
    named = broken["components"]["links"]
    named["StartSubmittedJob"]["operationId"] = "begin_job"
    named["ReadStartedJob"]["parameters"] = {"jobid": "$request.path.jobid"}
    assert broken_links(broken) == [
        "submit_job leads to begin_job",
        *["get_job_status takes no jobid", "start_job has no jobid in its path"] * 2,
    ]

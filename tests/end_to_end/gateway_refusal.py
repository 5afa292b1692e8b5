"""Which declarations does a case show that the gateway refuses, and in which words?"""

import json
from pathlib import Path

import msgspec

from mockserver.workspace.configuration import ConfigurationError, parse_configuration
from tests.end_to_end.gateway_case import (
    Declared,
    GatewayCase,
    Json,
    add,
    configuration_text,
    how_to,
    parts_of,
)


def refusal(case: GatewayCase, folder: Path) -> list[str]:
    """Return the lines with which a case's declaration is refused; none if it is accepted."""
    for name, text in refusal_files(case).items():
        (folder / name).write_text(text, encoding="utf-8")
    try:
        parse_configuration(configuration_text("gateway.yaml"), "mockserver.yaml", folder)
    except ConfigurationError as error:
        return [line.replace(f"{folder}/", "") for line in error.lines]
    return []


def refusal_files(case: GatewayCase) -> dict[str, str]:
    """Return the files of a gateway that is refused, by name; `gateway.yaml` is the first.

    Each policy is a file of its own, so that the line in a message is a line of the case's text.
    """
    if case.declaration is not None:
        return {"gateway.yaml": case.declaration}
    assert case.gateway is not None
    parts = parts_of("case", _without_prefix(case.gateway), {"backend": "http://127.0.0.1:9"})
    files: dict[str, str] = {}
    world = {key: value for key, value in how_to().items() if key == "users"}
    add(world, parts)
    _write_out(world, files)
    return {"gateway.yaml": json.dumps(world, ensure_ascii=False), **files}


def _without_prefix(declared: Declared) -> Declared:
    """Return the declaration with values and fragments that only `service` can carry."""
    service = {
        "named_values": [{"name": n, "value": v} for n, v in declared.named_values.items()],
        "fragments": [{"id": n, "policy": xml} for n, xml in declared.fragments.items()],
        "backends": [
            {"id": n, **({"url": b} if isinstance(b, str) else b)}
            for n, b in declared.backends.items()
        ],
        **declared.service,
    }
    return msgspec.structs.replace(
        declared, named_values={}, fragments={}, backends={}, service=service
    )


def _write_out(world: Json, files: dict[str, str]) -> None:
    """Move every policy to a file of its own."""

    def move(owner: Json, name: str) -> None:
        if "policy" in owner:
            files[name] = owner["policy"]
            owner["policy"] = name

    move(world, "global.xml")
    for api in world["apis"]:
        move(api, "policy.xml" if api["id"] == "case" else f"{api['id']}.xml")
        for number, operation in enumerate(api["operations"], 1):
            move(operation, f"operation-{number}.xml")
    for product in world["products"]:
        move(product, "product.xml" if product["id"] == "case" else f"{product['id']}.xml")
    for fragment in world.get("fragments", []):
        move(fragment, f"{fragment['id']}.xml")

"""What is a case file of the gateway, and which APIs does it ask the emulator for?

A case that declares an API of its own is served under `/case/` and the name of its file, beside
those of all other cases. What it does and what it looks at is in `gateway_stage.py`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from mockserver.workspace.configuration import DEMO
from tests.end_to_end.case import CASES, WORLD, Bytes, Names, Request, names_of
from tests.end_to_end.recording_backend import BackendAnswer

FOLDER = CASES / "gateway"
FILES = sorted(FOLDER.glob("*.yaml"))

HOW_TO_SUFFIX = "/azureml-demo"
_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_KEYS = ("primary_key", "secondary_key")
_NAME = re.compile(r"(?<!\{)\{([a-z][a-z ]*)\}(?!\})")
_NAMED_VALUE = re.compile(r"\{\{([A-Za-z0-9._-]+)\}\}")
_REFERENCE = re.compile(r"""\b(fragment|backend)-id=(["'])([^"']*)\2""")
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Json = dict[str, Any]


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The API of a case, and what belongs to it; see tests/cases/README.md."""

    policy: str | None = None
    product_policy: str | None = None
    operations: list[str | Json] | Literal["how-to"] | None = None
    service_url: str = "{backend}"
    suffix: str | None = None
    subscription_required: bool = True
    subscription_key_parameter_names: dict[str, str] = {}
    schemas: Json = {}
    named_values: dict[str, str] = {}
    fragments: dict[str, str] = {}
    backends: dict[str, str | Json] = {}
    more_apis: list[Json] = []
    product: Json = {}
    more_products: list[Json] = []
    subscriptions: dict[str, Json] = {}
    service: Json = {}


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A call before the one that matters: the same one, or `request`. `times` over."""

    request: Request | None = None
    times: int = 1
    status: int | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something done before the request: exactly one of these."""

    freeze: str | None = None
    advance: float | None = None
    call: Call | None = None

    def __post_init__(self) -> None:
        """Refuse a step that does nothing, or two things in an order that is not written."""
        if sum(getattr(self, name) is not None for name in self.__struct_fields__) != 1:
            raise ValueError(f"exactly one of {', '.join(self.__struct_fields__)}")


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the backend must have seen of a request."""

    count: int = 1
    method: str | None = None
    target: str | None = None
    headers: dict[str, str | list[str]] = {}
    headers_absent: list[str] = []
    only_headers: list[str] | None = None
    body: Bytes | Json | msgspec.UnsetType | None = msgspec.UNSET


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must come back, and what the gateway's log must say of it."""

    status: int
    body: Bytes | Json | None
    headers: dict[str, str | list[str]] = {}
    headers_absent: list[str] = []
    only_headers: list[str] | None = None
    closes: bool = False
    breaks: bool = False
    log: Json = {}


class GatewayCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One behaviour of the gateway on the wire, or one declaration that it refuses."""

    title: str
    evidence: Literal["published", "captured", "assumed"]
    source: str | None = None
    gateway: Declared | None = None
    declaration: str | None = None
    refused: str | list[str] | None = None
    before: list[Step] = []
    answers: list[BackendAnswer] = []
    request: Request | None = None
    backend: Seen | list[Seen] | msgspec.UnsetType | None = msgspec.UNSET
    expect: Expected | None = None

    def __post_init__(self) -> None:
        """Refuse what is neither a call nor a refusal, or both."""
        is_call = self.request is not None and self.expect is not None
        if is_call == (self.refused is not None):
            raise ValueError("either request and expect, or refused")
        if self.refused is not None and (self.gateway is None) == (self.declaration is None):
            raise ValueError("a refusal is of a gateway or of a declaration")
        if self.gateway is None and (self.answers or self.backend is not msgspec.UNSET):
            raise ValueError("the how-to's gateway has another backend: declare a gateway")


def read_gateway_case(text: str) -> GatewayCase:
    """Read a case file. Raises msgspec.ValidationError for a field that is wrong or unknown."""
    return msgspec.convert(yaml.load(text, _Loader), GatewayCase)


# --- the world ------------------------------------------------------------------------------------


@cache
def how_to() -> Json:
    """Return the how-to's gateway, as it is declared."""
    gateway: Json = yaml.load(DEMO.read_text(encoding="utf-8"), _Loader)["gateway"]
    return gateway


@cache
def _demo_workspaces() -> list[Json]:
    """Return the workspace of the other cases, with its service `demo` alone."""
    workspaces = yaml.load(WORLD.read_text(encoding="utf-8"), _Loader)["workspaces"]
    first: Json = workspaces[0]
    return [{**first, "services": [s for s in first["services"] if s["name"] == "demo"]}]


def configuration_text(gateway: Json | str) -> str:
    """Return a whole configuration with this gateway."""
    content = {"gateway": gateway, "workspaces": _demo_workspaces()}
    return json.dumps(content, ensure_ascii=False)


def world_of(cases: Mapping[str, GatewayCase], names: Names) -> Json:
    """Return the how-to's gateway with the APIs of these cases, given by their files' names."""
    world: Json = {key: value for key, value in how_to().items() if not isinstance(value, list)}
    world |= {key: list(value) for key, value in how_to().items() if isinstance(value, list)}
    world["subscriptions"].append(
        {"id": "all-apis", "scope": "/apis", **_keys("all apis", "all apis")}
    )
    for stem, case in cases.items():
        if case.gateway is not None:
            add(world, parts_of(stem, case.gateway, names))
    return world


def add(world: Json, parts: Json) -> None:
    """Put parts into a world: lists and objects grow, anything else is replaced."""
    for key, value in parts.items():
        match value:
            case list():
                world[key] = [*world.get(key, []), *value]
            case dict():
                world[key] = {**world.get(key, {}), **value}
            case _:
                world[key] = value


def parts_of(stem: str, declared: Declared, names: Names) -> Json:
    """Return what a case adds to the world; what it names is put apart by the file's name."""
    product = {"id": stem, "name": stem, "state": "published", "apis": [stem], **declared.product}
    if declared.product_policy is not None:
        product["policy"] = declared.product_policy
    more = [{"name": each["id"], "apis": [stem], **each} for each in declared.more_products]
    parts: Json = {
        "apis": [_api(stem, declared), *_more_apis(stem, declared)],
        "products": [product, *({**each, "id": f"{stem}-{each['id']}"} for each in more)],
        "subscriptions": [_subscription(stem, *pair) for pair in _subscriptions(declared).items()],
        "named_values": [
            {"name": f"{stem}.{name}", "value": value}
            for name, value in declared.named_values.items()
        ],
        "fragments": [
            {"id": f"{stem}.{name}", "policy": xml} for name, xml in declared.fragments.items()
        ],
        "backends": [
            {"id": f"{stem}.{name}", **({"url": each} if isinstance(each, str) else each)}
            for name, each in declared.backends.items()
        ],
        **declared.service,
    }
    result: Json = _put_apart(_known(parts, names), stem, declared)
    return result


def _api(stem: str, declared: Declared) -> Json:
    api = {
        "id": stem,
        "name": stem,
        "path": suffix_of(stem, declared).strip("/"),
        "service_url": declared.service_url,
        "subscription_required": declared.subscription_required,
        "subscription_key_parameter_names": declared.subscription_key_parameter_names,
        "operations": _operations(declared),
        "schemas": declared.schemas,
    }
    return api if declared.policy is None else {**api, "policy": declared.policy}


def _more_apis(stem: str, declared: Declared) -> Iterable[Json]:
    for number, each in enumerate(declared.more_apis, 2):
        given = dict(each)
        path = f"{suffix_of(stem, declared)}{given.pop('suffix', f'-{number}')}"
        given["operations"] = _as_operations(given.pop("operations", None))
        yield {
            "id": f"{stem}-{number}",
            "name": f"{stem}-{number}",
            "path": path.strip("/"),
            "service_url": "{backend}",
            **given,
        }


def _operations(declared: Declared) -> list[Json]:
    if declared.operations == "how-to":
        operations: list[Json] = how_to()["apis"][0]["operations"]
        return operations
    return _as_operations(declared.operations)


def _as_operations(given: list[str | Json] | None) -> list[Json]:
    if given is None:
        return [
            {"id": verb.lower(), "name": verb, "method": verb, "url_template": "/*"}
            for verb in _VERBS
        ]
    return [_operation(number, each) for number, each in enumerate(given, 1)]


def _operation(number: int, given: str | Json) -> Json:
    name = f"operation-{number}"
    if not isinstance(given, str):
        return {"id": name, "name": name, **given}
    method, _, template = given.partition(" ")
    return {"id": name, "name": given, "method": method, "url_template": template}


def _subscriptions(declared: Declared) -> dict[str, Json]:
    own: dict[str, Json] = {"case": {"scope": "product"}, "api": {"scope": "api"}}
    return own | declared.subscriptions


def _subscription(stem: str, name: str, given: Json) -> Json:
    scope = given.get("scope", "product")
    scopes = {
        "product": f"/products/{stem}",
        "api": f"/apis/{stem}",
        "all apis": "/apis",
        "all access": "/",
    }
    known = scopes.get(scope, f"/products/{stem}-{scope}")
    identifier = stem if name == "case" else f"{stem}-{name.replace(' ', '-')}"
    return {"id": identifier, **_keys(stem, name), "user": "1", **given, "scope": known}


def _keys(stem: str, name: str) -> dict[str, str]:
    return {key: sha256(f"{stem} {name} {key}".encode()).hexdigest()[:32] for key in _KEYS}


def _known(value: Any, names: Names) -> Any:
    """Fill in the names that are known; other braces belong to templates and expressions."""
    if isinstance(value, str):
        return _NAME.sub(lambda found: names.get(found[1], found[0]), value)
    if isinstance(value, list):
        return [_known(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _known(item, names) for key, item in value.items()}
    return value


def _put_apart(value: Any, stem: str, declared: Declared) -> Any:
    """Let policies name the values, fragments and backends of their own case."""

    def value_of(found: re.Match[str]) -> str:
        return f"{{{{{stem}.{found[1]}}}}}" if found[1] in declared.named_values else found[0]

    def reference(found: re.Match[str]) -> str:
        kind, quote, name = found.groups()
        own: Mapping[str, Any] = declared.fragments if kind == "fragment" else declared.backends
        return f"{kind}-id={quote}{stem}.{name}{quote}" if name in own else found[0]

    if isinstance(value, str):
        if not value.lstrip().startswith("<"):
            return value
        return _REFERENCE.sub(reference, _NAMED_VALUE.sub(value_of, value))
    if isinstance(value, list):
        return [_put_apart(item, stem, declared) for item in value]
    if isinstance(value, dict):
        return {key: _put_apart(item, stem, declared) for key, item in value.items()}
    return value


# --- names ----------------------------------------------------------------------------------------


def suffix_of(stem: str, declared: Declared | None) -> str:
    """Return under which path a case is served, with a slash before it."""
    if declared is None:
        return HOW_TO_SUFFIX
    return f"/case/{stem}" if declared.suffix is None else declared.suffix


def names_of_world() -> Names:
    """Return the names that every case has: the demo service, and the how-to's subscriptions."""
    names = dict(names_of(WORLD))
    named = {"starter": "starter", "unlimited": "unlimited", "master": "all access"}
    for each in how_to()["subscriptions"]:
        names |= _names_of_keys(named[each["id"]], each)
    return names | _names_of_keys("all apis", _keys("all apis", "all apis"))


def names_of_case(stem: str, case: GatewayCase) -> Names:
    """Return the names that a case has for itself: its suffix and its keys."""
    names = {"suffix": suffix_of(stem, case.gateway)}
    if case.gateway is not None:
        for name, given in _subscriptions(case.gateway).items():
            names |= _names_of_keys(name, {**_keys(stem, name), **given})
    return names


def _names_of_keys(name: str, subscription: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{name} key": subscription["primary_key"],
        f"{name} secondary key": subscription["secondary_key"],
    }


def stem_of(file: Path) -> str:
    """Call a case by its file."""
    return file.stem

"""Which policies and expressions does the gateway support? A page that is printed from the code."""

import importlib
import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mockserver.evidence import Evidence, Fact
from mockserver.gateway import declaration
from mockserver.gateway.declaration import GatewayDeclaration
from mockserver.gateway.expressions.catalogue import SUPPORTED
from mockserver.gateway.policy import SCOPES, SECTIONS, Policy
from mockserver.gateway.reader import NAMES, find_policy
from mockserver.gateway.values import Attribute

NOT_EMULATED = """
TLS on the gateway's own port, and so client certificates: the emulator listens on plain HTTP.
`schemes` of an API is read and has no effect.

API versions and revisions, workspaces, self-hosted gateways, regions, SOAP, GraphQL, gRPC and
WebSocket APIs.

The management plane (ARM): a gateway is declared in YAML. Debug credentials and traces have the
management plane's bodies, under `/__admin/gateway`.

Policies that are not in the table above. A document that names one is refused when it is loaded,
with file and line.

XML types (`XElement`, `XDocument`) and AES in expressions, local functions, object initialisers,
`checked`; Liquid tags around XML elements in `set-body`.

HTTP/2 to backends and to clients; `continue-timeout` is read and has no effect.

Limits that are approximate: API Management counts for each unit of its gateway; here one unit
counts, exactly.
"""
"""What a reader might look for in vain, a paragraph each."""

_PARTS: dict[str, type[BaseModel]] = {
    "apis": declaration.ApiDeclaration,
    "operations": declaration.OperationDeclaration,
    "products": declaration.ProductDeclaration,
    "subscriptions": declaration.SubscriptionDeclaration,
    "users": declaration.UserDeclaration,
    "named_values": declaration.NamedValueDeclaration,
    "backends": declaration.BackendDeclaration,
    "fragments": declaration.FragmentDeclaration,
    "responses": declaration.ResponseDeclaration,
    "representations": declaration.RepresentationDeclaration,
}
_CHILDREN = {"*": "policies", "#text": "text"}
_MARKS = {
    Evidence.PUBLISHED: "published",
    Evidence.CAPTURED: "captured",
    Evidence.ASSUMED: "assumed",
}


def gateway() -> Iterator[str]:
    """Write the tables: policies, then each of them, then expressions."""
    yield from _introduction()
    yield from _declarations()
    yield from ("## Policies", "")
    head = ("policy", "sections", "scopes", "facts")
    yield from _table(head, *(_row(name) for name in sorted(NAMES)))
    for name in sorted(NAMES):
        yield from _policy(name)
    yield from _expressions()
    yield from ("## Not emulated", "", *_bullets(NOT_EMULATED))


def _introduction() -> Iterator[str]:
    yield (
        "The gateway stands in for API Management in front of RRS and BES, or of any backend that"
        " you name. How to\ndeclare one is in `mockserver init` and in the [README](../README.md);"
        " here is what its policy XML may say. What\nis not here is refused when the configuration"
        " is loaded, never ignored."
    )
    yield ""


def _declarations() -> Iterator[str]:
    yield from ("## What may be declared", "")
    yield "Under `gateway:` in `mockserver.yaml`, or in a file that `gateway: FILE` names:"
    yield ""
    rows = (
        (f"`{name}`", _default(field), field.description or "")
        for name, field in GatewayDeclaration.model_fields.items()
    )
    yield from _table(("key", "default", "what it is"), *rows)
    head = ("one of", "keys and their defaults", "what it is")
    yield from _table(head, *(_part(name, kind) for name, kind in _PARTS.items()))
    yield (
        "A backend with https needs a certificate that the system trusts; `SSL_CERT_FILE` in the"
        " environment names\nothers."
    )
    yield ""
    yield (
        "`policy` is XML, or the name of a file with it, beside the file that says so. A document"
        " without a backend\nsection calls no backend: write `<backend><base /></backend>`."
    )
    yield ""


def _part(name: str, kind: type[BaseModel]) -> tuple[str, ...]:
    keys = (
        f"`{field.alias or key}`" + ("" if field.is_required() else f" ({_default(field)})")
        for key, field in kind.model_fields.items()
    )
    return f"`{name}`", ", ".join(keys), inspect.cleandoc(kind.__doc__ or "").replace("\n", " ")


def _default(field: FieldInfo) -> str:
    default = field.default
    if field.is_required():
        return "required"
    if isinstance(default, BaseModel):
        return "the usual names"
    if default in (None, "", [], {}):
        return "none"
    if isinstance(default, bool):
        default = str(default).lower()
    return f"`{default}`"


def _row(name: str) -> tuple[str, ...]:
    kind = find_policy(name)
    grades = Counter(fact.evidence for fact in _facts(kind))
    told = ", ".join(f"{grades[grade]} {_MARKS[grade]}" for grade in Evidence if grades[grade])
    return (
        f"[`{name}`](#{name})",
        _all_or(kind.sections, SECTIONS),
        _all_or(kind.scopes, SCOPES),
        told,
    )


def _policy(name: str) -> Iterator[str]:
    kind = find_policy(name)
    yield from (f"### {name}", "", inspect.cleandoc(_module(kind).__doc__ or ""), "")
    if kind.attributes:
        head = ("attribute", "value", "default", "expression")
        yield from _table(head, *map(_attribute, kind.attributes))
    if kind.children:
        named = ", ".join(_CHILDREN.get(child, f"`<{child}>`") for child in kind.children)
        yield from (f"Holds: {named}.", "")
    for fact in _facts(kind):
        yield f"- {fact.behaviour}\n  *{_MARKS[fact.evidence]}: {fact.source}*"
    yield ""


def _attribute(attribute: Attribute) -> tuple[str, ...]:
    values = {
        "text": "text",
        "whole": f"{attribute.least} to {attribute.most}",
        "boolean": "`true`, `false`",
        "choice": ", ".join(f"`{choice}`" for choice in attribute.choices),
    }[attribute.kind]
    default = "required" if attribute.required else "none"
    if attribute.default is not None:
        default = f"`{attribute.default}`"
    return f"`{attribute.name}`", values, default, "yes" if attribute.expressions else ""


def _expressions() -> Iterator[str]:
    yield from ("## Expressions", "")
    yield (
        "`@(…)` and `@{…}` hold a part of C#. Each is read when the configuration is loaded; what"
        " is outside of this\ntable is refused there, with file, line and column. An expression"
        " sees `context` and nothing else; its steps and\nthe size of what it makes are bounded."
    )
    yield ""
    yield (
        "What C# compares by reference is refused: put a cast before it, as in"
        ' `(string)context.Variables["x"] == "a"`.'
    )
    yield ""
    rows = (
        (f"`{kind}`", ", ".join(f"`{m}`" for m in members)) for kind, members in SUPPORTED.items()
    )
    yield from _table(("type", "members"), *rows)


def _bullets(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield "- " + paragraph.replace("\n", "\n  ")


def _facts(kind: type[Policy]) -> Sequence[Fact]:
    facts: Sequence[Fact] = getattr(_module(kind), "FACTS", ())
    return facts


def _module(kind: type[Policy]) -> ModuleType:
    return importlib.import_module(kind.__module__)


def _all_or(named: Sequence[str], every: Iterable[str]) -> str:
    return "all" if set(named) == set(every) else ", ".join(named)


def _table(*rows: Sequence[str]) -> list[str]:
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return [lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:], ""]

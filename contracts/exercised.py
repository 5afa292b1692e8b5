"""Which parts of the contract did a run touch, and which never?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from contracts.exchange import Exchange
from contracts.spec import Contract, Operation

MODULE_ERRORS = "any number of a module's error"
"""What stands for the codes of which the contract only says that they are numbers."""


@dataclass(frozen=True)
class Part:
    """One kind of thing that the contract names: all of it, and what a run saw of it."""

    kind: str
    documented: tuple[str, ...]
    seen: frozenset[str]

    @property
    def never(self) -> list[str]:
        """What was never seen, in the order of the contract."""
        return [name for name in self.documented if name not in self.seen]

    @property
    def touched(self) -> list[str]:
        """What was seen, in the order of the contract."""
        return [name for name in self.documented if name in self.seen]


def exercised(contract: Contract, exchanges: Iterable[Exchange], prefix: str = "") -> list[Part]:
    """Return every kind of part, with what was seen of it."""
    calls = [exchange for exchange in exchanges if exchange.reply is not None]
    told = [
        Part(
            "operations",
            tuple(contract.operations),
            frozenset(c.operation for c in calls if c.operation),
        ),
        Part("statuses", tuple(_statuses(contract)), frozenset(_seen(contract, calls, prefix))),
        Part("query values", tuple(_queries(contract)), frozenset(_given(contract, calls))),
        Part("states of a job", tuple(_states(contract)), frozenset(_states_seen(calls))),
        Part("media types", tuple(_media_types(contract)), frozenset(_media_types_seen(calls))),
    ]
    classes, codes = _documented_errors(contract)
    errors = [call.reply.error for call in calls if call.reply and call.reply.error]
    told.append(
        Part("error classes", tuple(dict.fromkeys(classes)), frozenset(e[0] for e in errors))
    )
    details = frozenset(MODULE_ERRORS if e[1].isdigit() else e[1] for e in errors)
    told.append(Part("detail codes", tuple(dict.fromkeys(codes)), details))
    return told


# --- statuses -------------------------------------------------------------------------------------


def _statuses(contract: Contract) -> Iterator[str]:
    for name, operation in contract.operations.items():
        yield from (f"{name} {status}" for status in sorted(operation.statuses))


def _seen(contract: Contract, calls: list[Exchange], prefix: str) -> Iterator[str]:
    """Yield what came; a wrong method is no operation, but the path has some."""
    for call in calls:
        if call.operation:
            yield f"{call.operation} {call.status}"
        elif call.status == 405 and call.request.path.startswith(prefix):
            path = call.request.path[len(prefix) :]
            for name, operation in contract.operations.items():
                if operation.pattern.fullmatch(path):
                    yield f"{name} 405"


# --- queries --------------------------------------------------------------------------------------


def _queries(contract: Contract) -> Iterator[str]:
    """Yield each value that a parameter may have; and none, where it may be left out."""
    for name, operation in contract.operations.items():
        for parameter in _parameters(contract, operation):
            values = [f"={value}" for value in parameter["schema"].get("enum", ())]
            if not parameter.get("required"):
                values.append(" left out")
            yield from (f"{name} {parameter['name']}{value}" for value in values)


def _given(contract: Contract, calls: list[Exchange]) -> Iterator[str]:
    """Yield what calls gave, as far as they succeeded: a refused one says nothing of a value."""
    for call in calls:
        if not call.operation or not 200 <= call.status < 300:
            continue
        pairs = parse_qsl(call.request.target.partition("?")[2], keep_blank_values=True)
        query = dict(pairs)
        for parameter in _parameters(contract, contract.operations[call.operation]):
            name = parameter["name"]
            value = f"={query[name]}" if name in query else " left out"
            yield f"{call.operation} {name}{value}"


def _parameters(contract: Contract, operation: Operation) -> Iterator[dict[str, Any]]:
    for parameter in operation.definition.get("parameters", ()):
        found = _resolved(contract, parameter)
        if found["in"] == "query":
            yield found


# --- jobs and media types -------------------------------------------------------------------------


def _states(contract: Contract) -> list[str]:
    status = contract.document["components"]["schemas"]["BatchExecutionStatus"]
    states: list[str] = status["properties"]["StatusCode"]["enum"]
    return states


def _states_seen(calls: list[Exchange]) -> Iterator[str]:
    for call in calls:
        content = call.reply.json if call.reply else None
        if call.operation == "get_job_status" and isinstance(content, dict):
            yield str(content.get("StatusCode"))


def _media_types(contract: Contract) -> Iterator[str]:
    for name, operation in contract.operations.items():
        body = _resolved(contract, operation.definition.get("requestBody", {}))
        yield from (f"{name} takes {media_type}" for media_type in body.get("content", ()))
        answers = [_resolved(contract, a) for a in operation.definition["responses"].values()]
        given = dict.fromkeys(media for answer in answers for media in answer.get("content", ()))
        yield from (f"{name} gives {media_type}" for media_type in given)


def _media_types_seen(calls: list[Exchange]) -> Iterator[str]:
    for call in calls:
        sent = call.request.header("Content-Type")
        if sent and call.request.body:
            yield f"{call.operation} takes {_bare(sent)}"
        came = call.reply.header("Content-Type") if call.reply else None
        if came:
            yield f"{call.operation} gives {_bare(came)}"


def _bare(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


# --- errors ---------------------------------------------------------------------------------------


def _documented_errors(contract: Contract) -> tuple[list[str], list[str]]:
    """Return the classes and the detail codes of all failures that the contract knows."""
    classes: list[str] = []
    codes: list[str] = []
    for schema in contract.document["components"]["schemas"].values():
        match schema.get("properties"):
            case {
                "code": {"enum": list(names)},
                "details": {"items": {"properties": {"code": dict(code)}}},
            }:
                classes += names
                codes += code.get("enum", [MODULE_ERRORS])
            case _:
                continue
    return classes, codes


def _resolved(contract: Contract, part: dict[str, Any]) -> dict[str, Any]:
    """Return what a reference means; anything else as it is."""
    reference = part.get("$ref")
    if reference is None:
        return part
    found: dict[str, Any] = contract.document
    for key in reference.removeprefix("#/").split("/"):
        found = found[key]
    return found

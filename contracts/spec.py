"""What does the contract say, and on which line? `openapi.yaml`, in Schemathesis and as text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
import schemathesis
import yaml
from schemathesis.core.failures import Failure, FailureGroup
from typing_extensions import override

from contracts.exchange import Exchange, Reply


@dataclass(frozen=True)
class Clause:
    """A place in the contract."""

    pointer: str
    line: int
    """The first line is 1."""

    @override
    def __str__(self) -> str:
        return f"openapi.yaml:{self.line} {self.pointer}"


@dataclass(frozen=True)
class Operation:
    """One operation of the contract, with the pattern of its path."""

    name: str
    method: str
    template: str
    pattern: re.Pattern[str]
    definition: Mapping[str, Any]

    @property
    def statuses(self) -> set[int]:
        """The statuses that the contract allows."""
        return {int(status) for status in self.definition["responses"]}


def contract_file() -> Path:
    """Return where the contract lies: above this package in a checkout.

    A wheel carries it once, with the emulator, whose folder lies beside this one.
    """
    top = Path(__file__).parents[1]
    places = (top / "openapi.yaml", top / "mockserver" / "openapi.yaml")
    return next(place for place in places if place.is_file())


class Contract:
    """The contract: its operations, their schemas, and the lines where they stand."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or contract_file()
        self.text = self.path.read_text(encoding="utf-8")
        self.document: dict[str, Any] = yaml.load(self.text, Loader=_LOADER)  # noqa: S506  the safe one, in C
        self.operations = {o.name: o for o in self._operations()}

    def _operations(self) -> list[Operation]:
        return [
            Operation(
                definition["operationId"],
                method.upper(),
                template,
                re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))),
                definition,
            )
            for template, item in self.document["paths"].items()
            for method, definition in item.items()
            if method != "parameters"
        ]

    @cached_property
    def _root(self) -> yaml.Node:
        node = yaml.compose(self.text, Loader=_LOADER)
        assert node is not None  # noqa: S101  it has been loaded already
        return node

    @cached_property
    def schema(self) -> Any:
        """The contract as Schemathesis loads it."""
        return schemathesis.openapi.from_dict(self.document)

    def clause(self, pointer: str) -> Clause:
        """Find a place, given as the path of its keys: `paths /x get responses 200`, say.

        Raises KeyError: a check that names no place of the contract is a mistake of ours.
        """
        node = self._root
        line = 0
        for key in pointer.split(" "):
            for name, child in node.value if isinstance(node, yaml.MappingNode) else ():
                if name.value == key:
                    node, line = child, name.start_mark.line + 1
                    break
            else:
                raise KeyError(f"{pointer!r}: no {key!r} in {self.path.name}")
        return Clause(pointer, line)

    def operation_clause(self, operation: str, *more: str) -> Clause:
        """Find a place inside an operation."""
        found = self.operations[operation]
        return self.clause(" ".join(("paths", found.template, found.method.lower(), *more)))

    def operation_at(self, method: str, path: str, prefix: str = "") -> Operation | None:
        """Return the operation that a method and a path (without query) mean."""
        if not path.startswith(prefix):
            return None
        rest = path[len(prefix) :]
        return next(
            (
                operation
                for operation in self.operations.values()
                if operation.method == method and operation.pattern.fullmatch(rest)
            ),
            None,
        )

    def schema_faults(self, exchange: Exchange) -> list[str]:
        """Return what the contract's schemas of this reply object to."""
        reply, name = exchange.reply, exchange.operation
        if reply is None or name is None or reply.status not in self.operations[name].statuses:
            return []
        operation = self.operations[name]
        try:
            self.schema[operation.template][operation.method].validate_response(_as_response(reply))
        except FailureGroup as group:
            return [_worded(failure) for failure in group.exceptions]
        except Failure as failure:
            return [_worded(failure)]
        return []


def _as_response(reply: Reply) -> schemathesis.Response:
    headers: dict[str, list[str]] = {}
    for name, value in reply.headers:
        headers.setdefault(name.lower(), []).append(value)
    sent = requests.Request("GET", "http://target/").prepare()
    return schemathesis.Response(reply.status, headers, reply.body, sent, elapsed=0.0, verify=True)


def _worded(failure: Failure) -> str:
    """Return the first line of what Schemathesis says, and the place in the schema."""
    place = re.search(r"Schema at (\S+):", failure.message)
    first = failure.message.partition("\n")[0]
    return f"{failure.title}: {first[:400]}" + (f" ({place[1]})" if place else "")


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

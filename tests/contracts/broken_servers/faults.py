"""Which promises does the bank break, and which check must say so?"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from tests.contracts.broken_servers.byte_proxy import Link, byte_proxy
from tests.contracts.broken_servers.proxy import (
    Answer,
    Behaviour,
    Call,
    Memory,
    Send,
    broken_server,
    honest,
)


@dataclass(frozen=True)
class Fault:
    """One way to break the contract."""

    name: str
    check: str
    """The check that must name it."""
    behaviour: Behaviour = honest
    by: tuple[str, ...] = ()
    """For a judge: performing checks whose calls bring the fault up."""
    world: str = "howto"
    """In front of what it stands: a name of `worlds`."""
    link: type[Link] | None = None
    """How its connections are broken, where that is the fault."""

    def in_front_of(self, address: str) -> AbstractContextManager[str]:
        """Serve what `address` serves, with this fault."""
        if self.link is not None:
            return byte_proxy(address, self.link)
        return broken_server(address, self.behaviour)


FAULTS: list[Fault] = []


def fault(check: str, *by: str, world: str = "howto") -> Callable[[Behaviour], Behaviour]:
    """Put a behaviour into the bank, under its own name."""

    def decorate(behaviour: Behaviour) -> Behaviour:
        FAULTS.append(Fault(getattr(behaviour, "__name__", ""), check, behaviour, by, world))
        return behaviour

    return decorate


def connections(check: str) -> Callable[[type[Link]], type[Link]]:
    """Put a kind of connection into the bank, under its own name."""

    def decorate(link: type[Link]) -> type[Link]:
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", link.__name__).lower()
        FAULTS.append(Fault(name, check, link=link))
        return link

    return decorate


def replies(
    name: str,
    check: str,
    operation: str,
    change: Callable[[Answer], Answer],
    *by: str,
    status: int | None = 200,
) -> None:
    """Put a fault into the bank that changes the replies of an operation with a status."""

    def behaviour(call: Call, send: Send, memory: Memory) -> Answer:
        del memory
        answer = send(call)
        is_meant = operation in {"", call.operation} and status in {None, answer.status}
        return change(answer) if is_meant else answer

    FAULTS.append(Fault(name, check, behaviour, by))


def requests(
    name: str, check: str, operation: str, change: Callable[[Call], Call], *by: str
) -> None:
    """Put a fault into the bank that changes the requests of an operation."""

    def behaviour(call: Call, send: Send, memory: Memory) -> Answer:
        del memory
        return send(change(call) if operation in {"", call.operation} else call)

    FAULTS.append(Fault(name, check, behaviour, by))


def json_changed(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    """Return what changes the body of a reply by its JSON."""
    return lambda answer: answer.with_json(change(answer.json))


def refusal(status: int, error_class: str, code: str) -> Answer:
    """Return a refusal in the service's form."""
    detail = {"code": code, "message": "No."}
    error = {"error": {"code": error_class, "message": "No.", "details": [detail]}}
    headers = (
        ("Content-Type", "application/json; charset=utf-8"),
        ("x-ms-request-id", "2f1c7c1e-6a55-4c0e-9d0b-0d6f3a9b8e21"),
    )
    return Answer(status, headers, b"").with_json(error)


def with_tables(content: Any, change: Callable[[dict[str, Any]], None]) -> Any:
    """Change the value of every table in a body with Results."""
    for table in content.get("Results", {}).values():
        if isinstance(table, dict):
            change(table["value"])
    return content


def with_rows(content: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """Change the rows of every table in a body with Results."""

    def turn(value: dict[str, Any]) -> None:
        value["Values"] = change(value["Values"])

    return with_tables(content, turn)


def with_error(**changes: Any) -> Callable[[Answer], Answer]:
    """Return what changes members of the error of a refusal."""
    return json_changed(lambda content: {"error": {**content["error"], **changes}})


def is_about_details(call: Call) -> bool:
    """Whether a call asks for names and types."""
    return call.operation == "execute" and call.query.get("details") == "true"


__all__ = ["FAULTS", "Fault", "replace"]

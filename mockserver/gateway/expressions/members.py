"""Which members has a type? How a table of them is written, and what a row means.

A row is a signature and the function that answers it:

    "Substring(int start, [int length]): string"

A parameter in brackets may be left out, `params` takes any number, `out` is filled by the function,
which then returns a pair. Null is refused for a parameter without a question mark. Capital letters
stand for types: those of the target, that of `As<T>`, or what a lambda gives.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.gateway.expressions.kinds import Kind, read_kind

Function = Callable[..., Any]
Rows = Iterable[tuple[str, "Function | Framed"]]


@dataclass(frozen=True, slots=True)
class Framed:
    """A function that is given the frame of the evaluation before anything else."""

    function: Function


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a method takes at one place."""

    kind: Kind
    name: str = ""
    is_optional: bool = False
    is_rest: bool = False
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A property or a method. `parameters` is None for a property."""

    name: str
    signature: str
    parameters: tuple[Parameter, ...] | None
    result: Kind
    function: Function
    takes_frame: bool = False
    takes_type: bool = False
    """Whether it is called as `Name<T>` and given T before its arguments."""
    weight: int = 0
    """How many elements of its target cost a step; 0 if its work does not grow with them."""

    @property
    def fewest(self) -> int:
        """How many arguments it needs."""
        return sum(not (p.is_optional or p.is_rest) for p in self.parameters or ())

    @property
    def most(self) -> int:
        """How many arguments it takes."""
        parameters = self.parameters or ()
        return 1000 if any(p.is_rest for p in parameters) else len(parameters)


Members = Mapping[str, tuple[Member, ...]]

_SIGNATURE = re.compile(r"(\w+|\[\])(<T>)?(?:\((.*)\))?: (.+)", re.DOTALL)
_PARAMETER = re.compile(r"(\[?)(params |out )?([\w.<>?, \[\]]+?)( \w+)?(\]?)")


def table(rows: Rows, weight: int = 0) -> Members:
    """Read a table of members. A name with several rows is overloaded: the first that fits wins."""
    found: dict[str, tuple[Member, ...]] = {}
    for signature, function in rows:
        member = replace(_read(signature, function), weight=weight)
        found[member.name] = (*found.get(member.name, ()), member)
    return found


def _read(signature: str, function: Function | Framed) -> Member:
    matched = _SIGNATURE.fullmatch(signature)
    assert matched is not None, signature  # noqa: S101 - the tables are ours
    name, type_argument, parameters, result = matched.groups()
    framed = isinstance(function, Framed)
    return Member(
        name,
        signature,
        None if parameters is None else tuple(map(_parameter, _split(parameters))),
        read_kind(result),
        function.function if isinstance(function, Framed) else function,
        framed,
        type_argument is not None,
    )


def _split(parameters: str) -> list[str]:
    """Split at the commas that are not within angle brackets."""
    pieces: list[str] = []
    depth = 0
    for piece in re.split(r"([<>,])", parameters):
        depth += (piece == "<") - (piece == ">")
        if piece == "," and depth == 0:
            pieces.append("")
        elif pieces:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return [piece.strip() for piece in pieces if piece.strip()]


def _parameter(text: str) -> Parameter:
    is_optional = text.startswith("[") and text.endswith("]")
    matched = _PARAMETER.fullmatch(text if is_optional else f"[{text}]")
    assert matched is not None, text  # noqa: S101
    _, mark, kind, name, _ = matched.groups()
    return Parameter(
        read_kind(kind), (name or "").strip(), is_optional, mark == "params ", mark == "out "
    )

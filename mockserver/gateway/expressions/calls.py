"""Which member is meant, do the arguments fit, and how is it called?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockserver.gateway.expressions.bounds import CHARACTERS, ELEMENT, ELEMENTS, Frame
from mockserver.gateway.expressions.kinds import (
    BYTE,
    OBJECT,
    STRING,
    Kind,
    element_of,
    family,
    fits,
    is_value,
    substitute,
)
from mockserver.gateway.expressions.members import Member, Parameter
from mockserver.gateway.expressions.nodes import (
    Mismatch,
    Node,
    Run,
    converted,
    described,
    required,
    weighed,
    zero_of,
)
from mockserver.gateway.expressions.pattern_parts import PatternNotUsable
from mockserver.gateway.expressions.regular import compile_pattern

_BYTES = Kind("[]", (BYTE,))
_LETTERS = frozenset({"R", "S"})
"""Type parameters that are found out from the arguments."""
Meant = tuple[Member, dict[str, Kind]]


@dataclass(frozen=True, slots=True)
class Argument:
    """What stands at one place of a call.

    A lambda has no type of its own: `shape` builds it for the types of its parameters, and gives
    the type of its result. `store` takes what an out parameter gives; `kind` is then the type that
    it was declared with, or None for `var`.
    """

    node: Node | None = None
    shape: Callable[[Sequence[Kind]], Node] | None = None
    count: int = 0
    """How many parameters the lambda has."""
    store: Callable[[Frame, Any], None] | None = None
    kind: Kind | None = None
    name: str = ""
    declare: Callable[[Kind], None] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A member with arguments that fit it."""

    member: Member
    known: Mapping[str, Kind]
    nodes: Sequence[Node]
    outs: Sequence[Argument]


def choose(meant: Sequence[Meant], arguments: Sequence[Argument], given: Kind | None) -> Chosen:
    """Return the first overload that the arguments fit. Raises Mismatch, as the first one did."""
    complaint: Mismatch | None = None
    for member, bound in meant:
        if member.parameters is None:
            complaint = complaint or Mismatch(f"{member.name} is no method")
            continue
        try:
            return _match(member, bound, arguments, given)
        except Mismatch as mismatch:
            complaint = complaint or mismatch
    raise complaint or Mismatch("no such method")


def _match(
    member: Member, bound: dict[str, Kind], arguments: Sequence[Argument], given: Kind | None
) -> Chosen:
    if member.takes_type != (given is not None):
        raise Mismatch(
            f"{member.name} is called {'with' if member.takes_type else 'without'} a type"
        )
    if not member.fewest <= len(arguments) <= member.most:
        raise Mismatch(f"{member.name} does not take {len(arguments)} arguments")
    known = dict(bound) | ({"T": given} if given is not None else {})
    nodes: list[Node] = []
    outs: list[Argument] = []
    for number, argument in enumerate(arguments):
        parameter = _parameter(member, number, argument.name)
        if parameter.is_out != (argument.store is not None):
            raise Mismatch(f"{member.name}: out is {'missing' if parameter.is_out else 'too much'}")
        if parameter.is_out:
            outs.append(_out(argument, substitute(parameter.kind, known)))
        else:
            nodes.append(_fitted(member.name, parameter, argument, known))
    return Chosen(member, known, nodes, outs)


def _parameter(member: Member, number: int, name: str) -> Parameter:
    parameters = member.parameters or ()
    if name:
        found = [parameter for parameter in parameters if parameter.name == name]
        if not found or (number < len(parameters) and parameters[number] is not found[0]):
            raise Mismatch(f"{member.name} has no parameter {name} at this place")
        return found[0]
    return parameters[min(number, len(parameters) - 1)]


def _out(argument: Argument, kind: Kind) -> Argument:
    if argument.kind is not None and argument.kind != kind:
        raise Mismatch(f"out {argument.kind} should be out {kind}")
    if argument.declare is not None:
        argument.declare(kind)
    return replace(argument, kind=kind)


def _fitted(name: str, parameter: Parameter, argument: Argument, known: dict[str, Kind]) -> Node:
    wanted = parameter.kind
    if wanted.name == "Func":
        return _lambda(name, wanted, argument, known)
    if argument.node is None:
        raise Mismatch(f"{name} does not take a lambda here")
    _infer(wanted, argument.node.kind, known)
    kind = substitute(wanted, known)
    may_be_null = kind.name == "?" or is_value(kind)
    inner = kind.arguments[0] if kind.name == "?" and not is_value(kind.arguments[0]) else kind
    try:
        node = converted(argument.node, inner)
    except Mismatch as mismatch:
        raise Mismatch(f"{name}: {mismatch}") from mismatch
    if parameter.name == "pattern" and node.is_constant:
        _check_pattern(node.value)
    if not node.is_constant and (inner == STRING or element_of(inner) is not None):
        weight = CHARACTERS if inner in (STRING, _BYTES) else ELEMENTS
        node = Node(node.kind, weighed(node.run, weight))
    return node if may_be_null or inner.name == "T" else required(node, parameter.name)


def _check_pattern(pattern: Any) -> None:
    """Refuse a regular expression when it is loaded rather than when it is used."""
    try:
        compile_pattern(str(pattern))
    except PatternNotUsable as error:
        raise Mismatch(f"the regular expression is not usable: {error}") from error


def _infer(wanted: Kind, have: Kind, known: dict[str, Kind]) -> None:
    """Find out what a type parameter stands for."""
    if wanted.name in _LETTERS:
        known.setdefault(wanted.name, have)
    elif wanted.name == have.name:
        for one, other in zip(wanted.arguments, have.arguments, strict=False):
            _infer(one, other, known)
    elif wanted.name == "IEnumerable":
        element = element_of(have)
        if element is not None:
            _infer(wanted.arguments[0], element, known)


def _lambda(name: str, wanted: Kind, argument: Argument, known: dict[str, Kind]) -> Node:
    inputs, result = wanted.arguments[:-1], wanted.arguments[-1]
    if argument.shape is None or argument.count != len(inputs):
        raise Mismatch(f"{name} takes a lambda of {len(inputs)} parameters here")
    node = argument.shape([substitute(kind, known) for kind in inputs])
    _infer(result, node.kind, known)
    kind = substitute(result, known)
    if not fits(node.kind, kind):
        raise Mismatch(f"{name}: the lambda should give {kind}, not {described(node.kind)}")
    return node


def call(chosen: Chosen, target: Run | None) -> Node:
    """Return a part that calls a member; without a target it is a static one."""
    member = chosen.member
    kind = substitute(member.result, chosen.known)
    if member.weight and target is not None:
        target = weighed(target, member.weight)
    extra = (chosen.known["T"],) if member.takes_type else ()
    run = _bound(member, target, [node.run for node in chosen.nodes], extra)
    if chosen.outs:
        run = _with_outs(run, chosen.outs)
    if is_value(kind) and member.name.endswith("OrDefault"):
        run = _or_zero(run, zero_of(kind))
    if member.parameters is not None and not member.takes_frame:
        run = _charged(run, kind)
    return Node(kind, run)


def _bound(member: Member, target: Run | None, runs: Sequence[Run], extra: tuple[Any, ...]) -> Run:
    function = member.function
    if not member.takes_frame and not extra and target is not None and len(runs) < 3:  # noqa: PLR2004
        return _quick(function, target, runs)
    takes_frame = member.takes_frame

    def run(frame: Frame) -> Any:
        values = [frame] if takes_frame else []
        if target is not None:
            values.append(target(frame))
        values.extend(extra)
        values.extend([one(frame) for one in runs])
        return function(*values)

    return run


def _quick(function: Callable[..., Any], target: Run, runs: Sequence[Run]) -> Run:
    """Return the call of a method with few arguments: most are of this kind."""
    if not runs:
        return lambda frame: function(target(frame))
    if len(runs) == 1:
        only = runs[0]
        return lambda frame: function(target(frame), only(frame))
    first, second = runs
    return lambda frame: function(target(frame), first(frame), second(frame))


def _with_outs(run: Run, outs: Sequence[Argument]) -> Run:
    def called(frame: Frame) -> Any:
        result, *values = run(frame)
        for out, value in zip(outs, values, strict=True):
            if out.store is not None:
                out.store(frame, zero_of(out.kind or OBJECT) if value is None else value)
        return result

    return called


def _or_zero(run: Run, zero: Any) -> Run:
    def called(frame: Frame) -> Any:
        value = run(frame)
        return zero if value is None else value

    return called


def _charged(run: Run, kind: Kind) -> Run:
    """Return a call whose result is counted, if it is something that has a length."""
    if kind == STRING:
        factor = 1
    elif is_value(kind) or not any(a.name in ("[]", "IEnumerable") for a in family(kind)):
        return run
    else:
        factor = ELEMENT

    def called(frame: Frame) -> Any:
        value = run(frame)
        if value.__class__ is str or value.__class__ is list:
            frame.room -= len(value) * factor
            if frame.room < 0:
                frame.claim(0)
        return value

    return called

"""What do names, members, calls and indexes mean?"""

from collections.abc import Callable, Sequence
from typing import Any

from lark import Token
from typing_extensions import override

from mockserver.gateway.expressions import catalogue
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.calls import Argument, call, choose
from mockserver.gateway.expressions.conversions import value_of
from mockserver.gateway.expressions.creations import Creations
from mockserver.gateway.expressions.kinds import (
    ANY,
    NULL,
    Kind,
    bare,
    is_namespace,
    nullable,
    plain_name,
)
from mockserver.gateway.expressions.library.context import BODY_KINDS
from mockserver.gateway.expressions.nodes import Mismatch, Node, Run, constant, described, present
from mockserver.gateway.expressions.parse import Branch, as_token, place_of
from mockserver.gateway.expressions.scope import Local, setter
from mockserver.gateway.expressions.throwing import null_reference

_LONGEST = 80
_SAFE = ("safe_member_of", "safe_index")
CONTEXT = Kind("context")


class Chains(Creations):
    """Builds what begins with a name or a value and goes on with dots, brackets and calls."""

    def name(self, tree: Branch) -> Node:
        """Build a name that stands alone."""
        parts: list[Any] = tree.children
        token, generic = parts
        local = self.scope.find(token.value)
        if generic is not None:
            raise Mismatch(f"{token} takes no types")
        if local is not None:
            slot = local.slot
            return Node(local.kind, lambda frame: frame.slots[slot])
        if token.value == "context":
            return Node(CONTEXT, lambda frame: frame.call)
        known = catalogue.has_static(plain_name(token.value))
        reason = "is a type, no value" if known else "is not known"
        raise Mismatch(f"{token.value} {reason}")

    def chain(self, tree: Branch) -> Node:
        """Build a value and all that hangs on it."""
        first, *suffixes = tree.children
        if len(suffixes) > _LONGEST:
            raise Mismatch(f"more than {_LONGEST} members in a row")
        kind, used = self._static_type(first, suffixes)
        if kind is None:
            return self._follow(self.build(first), suffixes)
        if used == len(suffixes):
            raise Mismatch(f"{kind} is a type, no value")
        node, count = self._static_member(kind, suffixes[used:])
        return self._follow(node, suffixes[used + count :])

    def _static_type(
        self, first: Branch | Token, suffixes: Sequence[Branch | Token]
    ) -> tuple[Kind | None, int]:
        """Return the type that a chain begins with, and how many of its parts name it."""
        parts: list[Any] = [] if isinstance(first, Token) else first.children
        if isinstance(first, Token) or first.data != "name" or parts[1] is not None:
            return None, 0
        name = str(parts[0])
        if self.scope.find(name) is not None or name == "context":
            return None, 0
        for used, suffix in enumerate((*suffixes, None)):
            if catalogue.has_static(plain_name(name)):
                return Kind(plain_name(name)), used
            if not is_namespace(name) or suffix is None or isinstance(suffix, Token):
                break
            if suffix.data != "member_of":
                break
            name = f"{name}.{suffix.children[0]}"
        raise self.scope.refusal(place_of(first), f"{name} is not known: no variable, no type")

    def _static_member(self, kind: Kind, suffixes: Sequence[Any]) -> tuple[Node, int]:
        suffix = suffixes[0]
        if suffix.data != "member_of":
            raise Mismatch(f"{kind} is a type, no value")
        token, generic = suffix.children
        value = catalogue.enum_value(kind.name, token.value)
        if value is not None:
            return constant(kind, value), 1
        meant = catalogue.static_members(kind, token.value)
        with self.scope.at(place_of(token)):
            if not meant or token.value == "new":
                raise Mismatch(f"{kind}.{token.value} is not supported")
            if meant[0][0].parameters is None:
                function, frames = meant[0][0].function, meant[0][0].takes_frame
                run: Run = function if frames else lambda _: function()
                return Node(meant[0][0].result, run), 1
            if len(suffixes) == 1 or suffixes[1].data != "invoke":
                raise Mismatch(f"{kind}.{token.value} is a method: brackets are missing")
            arguments = self.arguments(suffixes[1].children[0])
            return call(choose(meant, arguments, self._given(generic)), None), 2

    def _given(self, generic: Branch | Token | None) -> Kind | None:
        if not isinstance(generic, Token):
            return None
        return self.scope.kind(generic.value, place_of(generic), catalogue.is_type)

    def _follow(self, node: Node, suffixes: Sequence[Any]) -> Node:
        """Build the members, indexes and calls that hang on a value."""
        number = 0
        while number < len(suffixes):
            suffix = suffixes[number]
            self.scope.size += 1
            if suffix.data in _SAFE:
                return self._safely(node, suffixes[number:])
            with self.scope.at(place_of(suffix)):
                node, used = self._step(node, suffixes[number:])
            number += used
        return node

    def _safely(self, node: Node, suffixes: Sequence[Any]) -> Node:
        """Build what hangs on a value only if it is not null."""
        first = suffixes[0]
        if node.kind == NULL or nullable(node.kind) != node.kind:
            raise self.scope.refusal(
                place_of(first), f"{described(node.kind)} is never null, so ? has no use"
            )
        slot = self.scope.slots
        self.scope.slots += 1
        held = Node(bare(node.kind), lambda frame: frame.slots[slot])
        with self.scope.at(place_of(first)):
            begun, used = self._step(held, suffixes)
        rest = self._follow(begun, suffixes[used:])
        head, tail = node.run, rest.run

        def run(frame: Frame) -> Any:
            value = head(frame)
            if value is None:
                return None
            frame.slots[slot] = value
            return tail(frame)

        return Node(nullable(rest.kind), run)

    def _step(self, node: Node, suffixes: Sequence[Any]) -> tuple[Node, int]:
        suffix = suffixes[0]
        if suffix.data in ("index", "safe_index"):
            return self.index(node, suffix.children[1]), 1
        if suffix.data == "invoke":
            raise Mismatch("what stands before the brackets is no method")
        token, generic = suffix.children
        with self.scope.at(place_of(token)):
            if len(suffixes) > 1 and suffixes[1].data == "invoke":
                return self._method(node, token, generic, suffixes[1]), 2
            return self._property(node, token), 1

    def _property(self, node: Node, token: Token) -> Node:
        name = str(token.value)
        if node.kind.name == "?" and name == "Value":
            return value_of(node)
        meant = self._members(node, name)
        member, known = next(((m, k) for m, k in meant if m.parameters is None), (None, {}))
        if member is None:
            raise Mismatch(f"{node.kind}.{name} is a method: brackets are missing")
        if (node.kind.name, name) == ("IRequest", "Body"):
            self.scope.reads_request = True
        if (node.kind.name, name) == ("IResponse", "Body"):
            self.scope.reads_response = True
        kind = catalogue.result_of(member, known)
        target = node.run if node.kind.name == "?" else present(node)
        function = member.function
        if member.takes_frame:
            return Node(kind, lambda frame: function(frame, target(frame)))
        if target is node.run:
            return Node(kind, lambda frame: function(target(frame)))
        return Node(kind, _read(node.run, function))

    def _method(self, node: Node, token: Token, generic: Token | None, invoke: Branch) -> Node:
        name = str(token.value)
        meant = self._members(node, name)
        given = self._given(generic)
        if (node.kind.name, name) == ("IMessageBody", "As") and str(given) not in BODY_KINDS:
            place = place_of(generic or token)
            raise self.scope.refusal(place, f"As<{given}> is not supported")
        if (node.kind.name, name) == ("Variables", "GetValueOrDefault") and given is None:
            given = self._default_kind(invoke)
        chosen = choose(meant, self.arguments(invoke.children[0]), given)
        target = node.run if node.kind.name == "?" else present(node)
        return call(chosen, target)

    def _default_kind(self, invoke: Branch) -> Kind | None:
        """Return the type of the default: C# takes T from there if it is not named."""
        arguments = self.arguments(invoke.children[0])
        last = arguments[-1].node if len(arguments) > 1 else None
        return None if last is None or last.kind == NULL else last.kind

    def _members(self, node: Node, name: str) -> Any:
        meant = catalogue.members_of(node.kind, name)
        if node.kind in (ANY, NULL):
            raise Mismatch(f"the type of what stands before .{name} is not known: cast it")
        if not meant:
            raise Mismatch(f"{node.kind}.{name} is not supported")
        return meant

    def index(self, node: Node, tree: Branch | Token) -> Node:
        """Build `node[tree]`."""
        meant = catalogue.members_of(node.kind, "[]")
        if not meant:
            raise Mismatch(f"{described(node.kind)} has no index")
        return call(choose(meant, [Argument(self.build(tree))], None), present(node))

    @override
    def arguments(self, tree: Branch | Token | None) -> list[Argument]:
        if tree is None or isinstance(tree, Token):
            return []
        return [self._argument(child) for child in tree.children]

    def _argument(self, tree: Any) -> Argument:
        if tree.data == "named":
            name, value = tree.children
            return Argument(self.build(value), name=str(name.value))
        if tree.data == "out":
            return self._out(tree)
        if tree.data == "lambda":
            head, body = tree.children
            names = [name for name in head.value.split(",") if name]
            return Argument(shape=self._shape(names, head, body), count=len(names))
        return Argument(self.build(tree))

    def _out(self, tree: Branch) -> Argument:
        _, *rest = tree.children
        token = rest[-1]
        token = as_token(token)
        name = str(token.value)
        if len(rest) == 1:
            local = self.scope.find(name)
            if local is None:
                raise self.scope.refusal(place_of(token), f"{name} is not declared")
            return Argument(store=setter(local.slot), kind=local.kind)
        kind_token = rest[0]
        kind_token = as_token(kind_token)
        is_var = kind_token.value == "var"
        kind = (
            ANY
            if is_var
            else self.scope.kind(kind_token.value, place_of(kind_token), catalogue.is_type)
        )
        local = self.scope.declare(name, kind, place_of(token))
        if not is_var:
            return Argument(store=setter(local.slot), kind=kind)
        return Argument(store=setter(local.slot), declare=_typing(local))

    def _shape(
        self, names: Sequence[str], head: Token, body: Branch
    ) -> Callable[[Sequence[Kind]], Node]:
        built: dict[tuple[Kind, ...], Node] = {}

        def shape(kinds: Sequence[Kind]) -> Node:
            key = tuple(kinds)
            if key not in built:
                built[key] = self._lambda(list(zip(names, key, strict=True)), head, body)
            return built[key]

        return shape

    def _lambda(self, inputs: Sequence[tuple[str, Kind]], head: Token, body: Branch) -> Node:
        with self.scope.inner():
            place = place_of(head)
            slots = [self.scope.declare(name, kind, place).slot for name, kind in inputs]
            before = self.scope.size
            node = self.lambda_body(body)
            cost = self.scope.size - before + 1
        return Node(node.kind, _callable(node.run, slots, cost))

    def lambda_body(self, body: Branch) -> Node:
        """Return what a lambda computes; blocks are built where statements are."""
        return self.build(body)


def _typing(local: Local) -> Callable[[Kind], None]:
    def declare(kind: Kind) -> None:
        local.kind = kind

    return declare


def _read(run: Run, function: Callable[[Any], Any]) -> Run:
    def read(frame: Frame) -> Any:
        value = run(frame)
        if value is None:
            raise null_reference()
        return function(value)

    return read


def _callable(body: Run, slots: Sequence[int], cost: int) -> Run:
    def make(frame: Frame) -> Callable[..., Any]:
        locals_ = frame.slots

        def called(*values: Any) -> Any:
            frame.steps -= cost
            if frame.steps < 0:
                frame.spend(0)
            for slot, value in zip(slots, values, strict=True):
                locals_[slot] = value
            return body(frame)

        return called

    return make

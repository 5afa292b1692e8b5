"""What can be assigned to, and how?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from lark import Token

from mockserver.gateway.expressions import catalogue, conversions, operators
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.chains import Chains
from mockserver.gateway.expressions.json_tokens import JObject
from mockserver.gateway.expressions.kinds import INT, OBJECT, STRING, TOKEN, Kind, family, fits
from mockserver.gateway.expressions.library.arrays import set_element
from mockserver.gateway.expressions.library.dictionaries import set_entry
from mockserver.gateway.expressions.library.newtonsoft import set_child
from mockserver.gateway.expressions.library.sequences import Pair, items_of
from mockserver.gateway.expressions.members import Function
from mockserver.gateway.expressions.nodes import (
    Mismatch,
    Node,
    Run,
    constant,
    converted,
    present,
)
from mockserver.gateway.expressions.parse import Branch, place_of


@dataclass(frozen=True, slots=True)
class Target:
    """A place for a value: what is there, and what puts something else there."""

    node: Node
    store: Callable[[Frame, Any], None]


class Assignments(Chains):
    """Builds assignments."""

    def assign(self, tree: Branch) -> Run:
        """Build `a = b`, `a += b` and so on."""
        place, sign, value = tree.children
        with self.scope.at(place_of(sign)):
            target = self._target(place)
            node = self.build(value)
            if sign != "=":
                node = operators.binary(str(sign)[0], target.node, node)
                if not fits(node.kind, target.node.kind):
                    node = conversions.cast_to(node, target.node.kind)
            run, store = converted(node, target.node.kind).run, target.store

        def assign(frame: Frame) -> None:
            store(frame, run(frame))

        return assign

    def step(self, tree: Branch) -> Run:
        """Build `i++` and `i--`, which stand alone."""
        signs = [child for child in tree.children if isinstance(child, Token)]
        place = next(child for child in tree.children if not isinstance(child, Token))
        with self.scope.at(place_of(place)):
            target = self._target(place)
            node = operators.binary(str(signs[0])[0], target.node, constant(INT, 1))
            run, store = conversions.cast_to(node, target.node.kind).run, target.store

        def change(frame: Frame) -> None:
            store(frame, run(frame))

        return change

    def _target(self, tree: Any) -> Target:
        first, *suffixes = tree.children
        if not suffixes:
            return self._local(first)
        last = suffixes[-1]
        tree.children = tree.children[:-1]
        owner = self.chain(tree)
        if last.data == "index":
            return self._element(owner, last)
        if last.data == "member_of":
            return self._member(owner, last)
        raise Mismatch("nothing can be assigned to this")

    def _local(self, tree: Any) -> Target:
        if tree.data != "name":
            raise Mismatch("nothing can be assigned to this")
        name = str(tree.children[0].value)
        local = self.scope.find(name)
        if local is None:
            raise Mismatch(f"{name} is not declared")
        slot = local.slot

        def store(frame: Frame, value: Any) -> None:
            frame.slots[slot] = value

        return Target(self.build(tree), store)

    def _element(self, owner: Node, suffix: Branch) -> Target:
        key = self.build(suffix.children[1])
        element, wanted, function = self._place(owner)
        run, index = present(owner), converted(key, wanted).run
        node = self.index(owner, suffix.children[1])

        def store(frame: Frame, value: Any) -> None:
            function(frame, run(frame), index(frame), value)

        return Target(Node(element, node.run), store)

    def _place(self, owner: Node) -> tuple[Kind, Kind, Function]:
        """Return the types of element and key, and what puts an element in its place."""
        kind = owner.kind
        if kind.name in ("[]", "List"):
            return kind.arguments[0], INT, _set_element
        if kind.name == "Dictionary":
            return kind.arguments[1], kind.arguments[0], set_entry
        if TOKEN in family(kind):
            return TOKEN, STRING if kind.name == "JObject" else OBJECT, set_child
        raise Mismatch(f"nothing can be put into {kind}")

    def _member(self, owner: Node, suffix: Branch) -> Target:
        name = str(suffix.children[0].value)  # type: ignore[union-attr]
        function = catalogue.setter(owner.kind, name)
        if function is None:
            raise Mismatch(f"{owner.kind}.{name} cannot be set")
        run = present(owner)

        def store(frame: Frame, value: Any) -> None:
            function(run(frame), value)

        meant = catalogue.members_of(owner.kind, name)
        return Target(Node(meant[0][0].result, run), store)

    def members(self, sequence: Any) -> Iterable[Any]:
        """Return what foreach goes through."""
        if type(sequence) is JObject:
            return [Pair(name, sequence.get(name)) for name in sequence.data]
        return items_of(sequence)

    def taken(self, element: Kind, kind: Kind) -> Callable[[Any], Any]:
        """Return what foreach makes of an element: a cast, if its variable has another type."""
        return conversions.caster(element, kind)


def _set_element(_: Frame, sequence: list[Any], index: int, value: Any) -> None:
    set_element(sequence, index, value)

"""What does `new` make?"""

from collections.abc import Sequence
from typing import Any, cast

from lark import Token, Tree

from mockserver.gateway.expressions import catalogue
from mockserver.gateway.expressions.bounds import ELEMENT, Frame
from mockserver.gateway.expressions.calls import Argument, call, choose
from mockserver.gateway.expressions.kinds import (
    BYTE,
    INT,
    NULL,
    OBJECT,
    STRING,
    TOKEN,
    Kind,
    is_value,
)
from mockserver.gateway.expressions.library.dictionaries import set_entry
from mockserver.gateway.expressions.library.sequences import add
from mockserver.gateway.expressions.nodes import Mismatch, Node, Run, converted, shared
from mockserver.gateway.expressions.operators import wrapped
from mockserver.gateway.expressions.parse import Branch, as_branch, as_token, place_of
from mockserver.gateway.expressions.scope import Scope
from mockserver.gateway.expressions.throwing import out_of_range


class Creations:
    """Builds objects, arrays, lists and dictionaries."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def build(self, tree: Branch | Token) -> Node:
        """Return what a part of the tree becomes."""
        raise NotImplementedError

    def arguments(self, tree: Branch | Token | None) -> list[Argument]:
        """Return the arguments of a call."""
        raise NotImplementedError

    def new_object(self, tree: Branch) -> Node:
        _, type_token, arguments = tree.children
        type_token = as_token(type_token)
        kind = self._kind(type_token)
        meant = catalogue.static_members(kind, "new")
        if not meant:
            raise Mismatch(f"new {kind} is not supported")
        chosen = choose(meant, self.arguments(arguments), None)
        return Node(kind, call(chosen, None).run) if kind.arguments else call(chosen, None)

    def new_filled(self, tree: Branch) -> Node:
        _, type_token, *rest = tree.children
        type_token = as_token(type_token)
        kind = self._kind(type_token)
        entries = self._items(rest[-1])
        if kind.name == "Dictionary":
            return self._dictionary(kind, entries)
        if kind.name == "List":
            return self._array(kind, kind.arguments[0], [self.build(entry) for entry in entries])
        if kind.name == "JObject":
            return self._json(kind, entries)
        if kind.name == "JArray":
            made = choose(
                catalogue.static_members(kind, "new"),
                [Argument(self.build(entry)) for entry in entries],
                None,
            )
            return call(made, None)
        raise Mismatch(f"new {kind} with braces is not supported")

    def new_array(self, tree: Branch) -> Node:
        """Build `new string[] {...}` or `new[] {...}`."""
        first = tree.children[1]
        nodes = [self.build(item) for item in self._items(tree.children[-1])]
        if isinstance(first, Token) and first.type == "TYPE":
            element = self._kind(first)
        elif not nodes:
            raise Mismatch("the type of an empty array is not known")
        else:
            best = nodes[0]
            for node in nodes[1:]:
                best = Node(shared(best, node), best.run)
            element = best.kind
            if element == NULL:
                raise Mismatch("the type of an array of nulls is not known")
        return self._array(Kind("[]", (element,)), element, nodes)

    def new_sized(self, tree: Branch) -> Node:
        """Build `new string[5]`."""
        _, type_token, _, size = tree.children
        type_token = as_token(type_token)
        element = self._kind(type_token)
        run = converted(self.build(size), INT).run
        empty = 0 if is_value(element) else None
        if is_value(element) and element not in (INT, BYTE):
            raise Mismatch(f"new {element}[n] is not supported")

        def make(frame: Frame) -> list[Any] | bytearray:
            count = run(frame)
            if count < 0:
                raise out_of_range("length")
            frame.claim(count * ELEMENT)
            return bytearray(count) if element == BYTE else [empty] * count

        return Node(Kind("[]", (element,)), make)

    def new_anonymous(self, tree: Branch) -> Node:
        """Build `new { a = 1 }`: good for nothing but to be written as JSON."""
        members: list[tuple[str, Run]] = []
        for member in map(as_branch, tree.children[1:]):
            name, _, value = member.children
            name = as_token(name)
            # `new { a }` stands for `new { a = a }`.
            given: Any = value or Tree("name", [name, cast("Token", None)], member.meta)
            members.append((name.value, self.build(given).run))
        return Node(OBJECT, lambda frame: {name: run(frame) for name, run in members})

    def _kind(self, token: Token) -> Kind:
        return self.scope.kind(token.value, place_of(token), catalogue.is_type)

    def _items(self, tree: Branch | Token) -> list[Branch]:
        tree = as_branch(tree)
        # A place for what is optional is None, which the library's types do not tell.
        children: list[Branch | Token | None] = [*tree.children]
        return [child for child in children if isinstance(child, Tree)]

    def _array(self, kind: Kind, element: Kind, nodes: Sequence[Node]) -> Node:
        runs = [converted(node, element).run for node in nodes]
        if kind == Kind("[]", (BYTE,)):
            return Node(kind, lambda frame: bytearray(wrapped(run(frame)) & 0xFF for run in runs))

        def make(frame: Frame) -> list[Any]:
            frame.claim(len(runs) * ELEMENT)
            return [run(frame) for run in runs]

        return Node(kind, make)

    def _pairs(
        self, entries: Sequence[Branch], key: Kind, value: Kind
    ) -> list[tuple[Run, Run, bool]]:
        """Return key, value, and whether a key may come twice, of each entry."""
        pairs: list[tuple[Run, Run, bool]] = []
        for entry in entries:
            nodes = [item for item in entry.children if not isinstance(item, Token)]
            if entry.data not in ("entry", "pair"):
                raise self.scope.refusal(place_of(entry), "key and value are expected here")
            if entry.data == "pair":
                nodes = self._items(entry.children[0])
            if len(nodes) != 2:  # noqa: PLR2004 - a key and a value
                raise self.scope.refusal(place_of(entry), "key and value are expected here")
            first, second = (self.build(node) for node in nodes)
            pairs.append(
                (converted(first, key).run, converted(second, value).run, entry.data == "entry")
            )
        return pairs

    def _dictionary(self, kind: Kind, entries: Sequence[Branch]) -> Node:
        pairs = self._pairs(entries, *kind.arguments)

        def make(frame: Frame) -> dict[Any, Any]:
            made: dict[Any, Any] = {}
            for key, value, is_set in pairs:
                if is_set:
                    set_entry(frame, made, key(frame), value(frame))
                else:
                    frame.claim(ELEMENT)
                    add(made, key(frame), value(frame))
            return made

        return Node(kind, make)

    def _json(self, kind: Kind, entries: Sequence[Branch]) -> Node:
        from mockserver.gateway.expressions.json_tokens import JObject
        from mockserver.gateway.expressions.library.newtonsoft import add_content, set_child

        if entries and entries[0].data not in ("entry", "pair"):
            runs = [self.build(entry).run for entry in entries]

            def make_of_properties(frame: Frame) -> JObject:
                made = JObject({})
                for run in runs:
                    add_content(frame, made, run(frame))
                return made

            return Node(kind, make_of_properties)
        pairs = self._pairs(entries, STRING, TOKEN)

        def make(frame: Frame) -> JObject:
            made = JObject({})
            for key, value, _ in pairs:
                set_child(frame, made, key(frame), value(frame))
            return made

        return Node(kind, make)

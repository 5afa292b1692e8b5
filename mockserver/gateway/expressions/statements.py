"""How does a block of statements become something that runs?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lark import Token, Tree
from typing_extensions import override

from mockserver.gateway.expressions import catalogue, operators
from mockserver.gateway.expressions.assignments import Assignments
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.builder import Builder
from mockserver.gateway.expressions.endings import always_ends
from mockserver.gateway.expressions.kinds import (
    NULL,
    VOID,
    Kind,
    element_of,
    read_kind,
)
from mockserver.gateway.expressions.nodes import Mismatch, Node, Run, converted, present, shared
from mockserver.gateway.expressions.parse import Branch, as_branch, as_token, place_of
from mockserver.gateway.expressions.steps import (
    Leaving,
    Step,
    assigner,
    in_turn,
    looping,
    silent,
    switched,
)
from mockserver.gateway.expressions.throwing import Thrown


class StatementBuilder(Builder, Assignments):
    """Builds statements."""

    def block(self, tree: Branch) -> Step:
        """Return what runs the statements of a block."""
        with self.scope.inner():
            return in_turn([self.statement(child) for child in tree.children])

    def statement(self, tree: Branch | Token) -> Step:
        """Return what runs a statement."""
        tree = as_branch(tree)
        place = place_of(tree)
        with self.scope.deeper(place), self.scope.at(place):
            return self._STATEMENTS[tree.data](self, tree)

    def whole(self, tree: Branch) -> Node:
        """Return what a block computes: the value of its return statement."""
        outer, self.scope.returns = self.scope.returns, []
        run = self.block(tree)
        given, self.scope.returns = self.scope.returns, outer
        kind = VOID
        if given:
            if not always_ends(tree):
                raise self.scope.refusal(place_of(tree), "not all code paths return a value")
            kind = self._common(given)

        def compute(frame: Frame) -> Any:
            before, frame.result = frame.result, None
            run(frame)
            result, frame.result = frame.result, before
            return result

        return Node(kind, compute)

    def _common(self, given: Sequence[tuple[int, Node]]) -> Kind:
        """Return the type of what several return statements give."""
        best = given[0][1]
        for place, node in given[1:]:
            with self.scope.at(place):
                best = Node(shared(best, node), best.run)
        return best.kind

    @override
    def lambda_body(self, body: Branch) -> Node:
        return self.whole(body) if body.data == "block" else self.build(body)

    def _declaration(self, tree: Branch) -> Step:
        first, *declarators = tree.children
        first = as_token(first)
        kind = (
            None
            if first.value == "var"
            else self.scope.kind(first.value, place_of(first), catalogue.is_type)
        )
        return in_turn([self._declared(declarator, kind) for declarator in declarators])

    def _using(self, tree: Branch) -> Step:
        """Build `using (var x = ...)`: nothing here has to be disposed of."""
        _, kind, declarator, body = tree.children
        with self.scope.inner():
            begin = self._declaration(Tree("declaration", [kind, declarator], tree.meta))
            return in_turn([begin, self.statement(body)])

    def _declared(self, tree: Any, kind: Kind | None) -> Step:
        name, sign, initial = tree.children
        place = place_of(name)
        if sign is None:
            if kind is None:
                raise self.scope.refusal(place, "var needs a value")
            return assigner(self.scope.declare(name.value, kind, place).slot, lambda _: None)
        if sign != "=":
            raise self.scope.refusal(place_of(sign), f"{sign} is not expected here")
        with self.scope.at(place_of(initial)):
            is_filled = initial.data == "items"
            node = self.filled(initial, kind) if is_filled else self.build(initial)
            if kind is None and node.kind in (NULL, VOID):
                raise Mismatch(f"var cannot be {node.kind}")
            node = converted(node, kind or node.kind)
        return assigner(self.scope.declare(name.value, node.kind, place).slot, node.run)

    def filled(self, items: Branch, kind: Kind | None) -> Node:
        """Build `string[] x = {...}`."""
        if kind is None or kind.name != "[]":
            raise Mismatch("only an array is given its elements in braces")
        element = kind.arguments[0]
        return self._array(kind, element, [self.build(item) for item in self._items(items)])

    def _perform(self, tree: Branch) -> Step:
        run = self.action(tree.children[0])

        def perform(frame: Frame) -> None:
            run(frame)

        return perform

    def action(self, tree: Any) -> Run:
        """Build what stands alone: an assignment, a call."""
        if tree.data == "assign":
            return self.assign(tree)
        if tree.data == "step":
            return self.step(tree)
        if tree.data != "postfix" or tree.children[-1].data != "invoke":
            raise self.scope.refusal(place_of(tree), "only a call or an assignment stands alone")
        return self.build(tree).run

    def _block(self, tree: Branch) -> Step:
        return self.block(tree)

    def _unchecked(self, tree: Branch) -> Step:
        """Build `unchecked {...}`: whole numbers are cut in any case, as they are there."""
        return self.block(as_branch(tree.children[-1]))

    def _condition(self, tree: Any) -> Run:
        with self.scope.at(place_of(tree)):
            return operators.truth(self.build(tree), "a condition")

    def _if(self, tree: Branch) -> Step:
        _, test, body, *rest = tree.children
        check = self._condition(test)
        with self.scope.inner():
            chosen = self.statement(body)
        if not rest:
            return lambda frame: chosen(frame) if check(frame) else None
        with self.scope.inner():
            other = self.statement(rest[-1])
        return lambda frame: chosen(frame) if check(frame) else other(frame)

    def _return(self, tree: Branch) -> Step:
        if len(tree.children) == 1:
            raise Mismatch("return needs a value")
        node = self.build(tree.children[1])
        if node.kind == VOID:
            raise Mismatch("return needs a value")
        self.scope.returns.append((place_of(tree.children[1]), node))
        run = node.run

        def give(frame: Frame) -> Leaving:
            frame.result = run(frame)
            return Leaving.RETURN

        return give

    def _each(self, tree: Branch) -> Step:
        _, kind_token, name, _, sequence, body = tree.children
        kind_token = as_token(kind_token)
        name = as_token(name)
        node = self.build(sequence)
        element = element_of(node.kind)
        if element is None:
            raise Mismatch(f"{node.kind} is no sequence")
        if node.kind.name == "JObject":
            element = read_kind("KeyValuePair<string, JToken>")
        kind, source = element, present(node)
        before = self.scope.size
        with self.scope.inner():
            if kind_token.value != "var":
                kind = self.scope.kind(kind_token.value, place_of(kind_token), catalogue.is_type)
            slot = self.scope.declare(name.value, kind, place_of(name)).slot
            taken = self.taken(element, kind)
            run = self.statement(body)
        cost = self.scope.size - before + 1

        def loop(frame: Frame) -> Leaving | None:
            for item in list(self.members(source(frame))):
                frame.spend(cost)
                frame.slots[slot] = taken(item)
                left = run(frame)
                if left is Leaving.RETURN:
                    return left
                if left is Leaving.BREAK:
                    break
            return None

        return loop

    def _while(self, tree: Branch) -> Step:
        before = self.scope.size
        check, run = self._condition(tree.children[1]), self.statement(tree.children[2])
        return looping(check, run, None, self.scope.size - before + 1)

    def _do(self, tree: Branch) -> Step:
        before = self.scope.size
        run, check = self.statement(tree.children[1]), self._condition(tree.children[3])
        loop = looping(check, run, None, self.scope.size - before + 1)

        def once_more(frame: Frame) -> Leaving | None:
            left = run(frame)
            if left is Leaving.RETURN or left is Leaving.BREAK:
                return left if left is Leaving.RETURN else None
            return loop(frame)

        return once_more

    def _for(self, tree: Branch) -> Step:
        parts: list[Any] = tree.children
        _, start, condition, steps, body = parts
        with self.scope.inner():
            begin = self._declaration(start) if start.data == "declaration" else self._steps(start)
            before = self.scope.size
            test = condition.children[0]
            check: Run = self._condition(test) if test is not None else lambda _: True
            run, then = self.statement(body), self._steps(steps)
            loop = looping(check, run, then, self.scope.size - before + 1)
        return in_turn([begin, loop])

    def _steps(self, tree: Any) -> Step:
        return in_turn([silent(self.action(child)) for child in tree.children if child is not None])

    def _break(self, _: Branch) -> Step:
        return lambda _: Leaving.BREAK

    def _continue(self, _: Branch) -> Step:
        return lambda _: Leaving.CONTINUE

    def _nothing(self, _: Branch) -> Step:
        return lambda _: None

    def _throw(self, tree: Branch) -> Step:
        if len(tree.children) == 1:
            raise Mismatch("throw without an exception is not supported")
        node = self.build(tree.children[1])
        if node.kind.name != "Exception":
            raise Mismatch(f"{node.kind} is no exception")
        run = node.run

        def throw(frame: Frame) -> Leaving | None:
            raise run(frame)

        return throw

    def _try(self, tree: Branch) -> Step:
        """Build try with a catch, a finally, or both; Frames are the same in all of them."""
        parts = [
            child for child in tree.children if not isinstance(child, Token) and child is not None
        ]
        body, *rest = parts
        run = self.block(body)
        if rest[0].data == "catch":
            run = self._caught(run, rest.pop(0))
        if not rest:
            return run
        last, first = self.block(rest[0]), run

        def finish(frame: Frame) -> Leaving | None:
            try:
                return first(frame)
            finally:
                result = frame.result
                last(frame)
                frame.result = result

        return finish

    def _caught(self, run: Step, tree: Branch) -> Step:
        _, kind_token, name, body = tree.children
        wanted = "Exception"
        with self.scope.inner():
            slot = -1
            if isinstance(kind_token, Token):
                wanted = kind_token.value.rpartition(".")[2]
            if isinstance(name, Token):
                slot = self.scope.declare(name.value, Kind("Exception"), place_of(name)).slot
            body = as_branch(body)
            handle = self.block(body)

        def attempt(frame: Frame) -> Leaving | None:
            try:
                return run(frame)
            except Thrown as thrown:
                if wanted not in ("Exception", thrown.type):
                    raise
                if slot >= 0:
                    frame.slots[slot] = thrown
            return handle(frame)

        return attempt

    def _switch(self, tree: Branch) -> Step:
        _, subject, *sections = tree.children
        node = self.build(subject)
        slot = self.scope.slots
        self.scope.slots += 1
        held = Node(node.kind, lambda frame: frame.slots[slot])
        cases: list[tuple[Run, Step]] = []
        default: Step | None = None
        for section in map(as_branch, sections):
            labels: list[Any] = [c for c in section.children if _is_label(c)]
            with self.scope.inner():
                run = in_turn([self.statement(c) for c in section.children if not _is_label(c)])
            for label in labels:
                if len(label.children) == 1:
                    default = run
                else:
                    value = self.build(label.children[1])
                    cases.append((operators.binary("==", held, value).run, run))
        return switched(node.run, slot, cases, default)

    _STATEMENTS: Mapping[str, Callable[["StatementBuilder", Branch], Step]] = {
        "declaration": _declaration,
        "perform": _perform,
        "block": _block,
        "unchecked": _unchecked,
        "if_only": _if,
        "if_else": _if,
        "give": _return,
        "for_each": _each,
        "for_loop": _for,
        "while_loop": _while,
        "do_loop": _do,
        "leave": _break,
        "proceed": _continue,
        "throw": _throw,
        "attempt": _try,
        "attempt_finally": _try,
        "choose": _switch,
        "nothing": _nothing,
        "using": _using,
    }


def _is_label(tree: Any) -> bool:
    return bool(tree.data == "label")

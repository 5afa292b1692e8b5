"""How does an expression's tree become something that runs?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lark import Token
from typing_extensions import override

from mockserver.gateway.expressions import catalogue, conversions, operators
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.chains import Chains
from mockserver.gateway.expressions.kinds import (
    BOOL,
    CHAR,
    LONG,
    NULL,
    STRING,
    Kind,
    bare,
    fits,
    nullable,
    read_kind,
)
from mockserver.gateway.expressions.nodes import (
    Mismatch,
    Node,
    applied,
    constant,
    converted,
    described,
    shared,
)
from mockserver.gateway.expressions.parse import (
    EXPRESSION,
    Branch,
    as_branch,
    as_token,
    parse,
    place_of,
)
from mockserver.gateway.expressions.texts import align, write_with
from mockserver.gateway.expressions.tokens import Hole

_LONGEST_CHAIN = 120
_LEAST = {1 << 31: Kind("int"), 1 << 63: Kind("long")}


class Builder(Chains):
    """Builds expressions; `Chains` has members, calls and indexes, `Creations` what `new` makes."""

    @override
    def build(self, tree: Branch | Token) -> Node:
        """Return what a part of the tree becomes. Raises ExpressionNotUsable."""
        tree = as_branch(tree)
        place = place_of(tree)
        with self.scope.deeper(place), self.scope.at(place):
            return self._HANDLERS[tree.data](self, tree)

    def _literal(self, tree: Branch) -> Node:
        token = tree.children[0]
        token = as_token(token)
        kinds = {"string": STRING, "character": CHAR}
        return constant(kinds[tree.data], token.value)

    def _number(self, tree: Branch) -> Node:
        token = tree.children[0]
        token = as_token(token)
        name, value = token.value
        if name in ("int", "long") and value in _LEAST:
            if value == 1 << 63:
                raise self.scope.refusal(place_of(token), f"{token} is too large")
            return constant(LONG, value)
        return constant(read_kind(name), value)

    def _truth(self, tree: Branch) -> Node:
        return constant(BOOL, tree.data == "true")

    def _null(self, _: Branch) -> Node:
        return constant(NULL, None)

    def _brackets(self, tree: Branch) -> Node:
        return self.build(tree.children[-1])

    def _conditional(self, tree: Branch) -> Node:
        test, left, right = map(self.build, tree.children)
        kind = shared(left, right)
        check = operators.truth(test, "what stands before ?")
        first, second = converted(left, kind).run, converted(right, kind).run
        return Node(kind, lambda frame: first(frame) if check(frame) else second(frame))

    def _coalesce(self, tree: Branch) -> Node:
        left, right = map(self.build, tree.children)
        kind = self._coalesced(left, right)
        first, second = converted(left, nullable(kind)).run, converted(right, kind).run

        def run(frame: Frame) -> Any:
            value = first(frame)
            return second(frame) if value is None else value

        return Node(kind, run)

    @staticmethod
    def _coalesced(left: Node, right: Node) -> Kind:
        if not fits(NULL, left.kind):
            raise Mismatch(f"{described(left.kind)} is never null, so ?? has no use")
        inner = bare(left.kind)
        if left.kind != NULL and fits(right.kind, inner):
            return inner
        return shared(left, right)

    def _conjunction(self, tree: Branch) -> Node:
        nodes = [self.build(child) for child in tree.children]
        return operators.combined_truth(nodes, is_and=tree.data == "conjunction")

    def _operation(self, tree: Branch) -> Node:
        operands, signs = tree.children[::2], tree.children[1::2]
        result = self.build(operands[0])
        texts: list[Node] = []
        count = 0
        for sign, operand in zip(signs, operands[1:], strict=True):
            right = self.build(operand)
            count += 1
            if texts and sign == "+":
                texts.append(right)
                continue
            with self.scope.at(place_of(sign)):
                if sign == "+" and STRING in (result.kind, right.kind):
                    texts, result = [result, right], constant(STRING, "")
                    continue
                self._check_chain(texts, sign, count)
                result = operators.binary(str(sign), result, right)
        return operators.concatenated(texts) if texts else result

    def _check_chain(self, texts: Sequence[Node], sign: Branch | Token, count: int) -> None:
        if texts:
            raise Mismatch(f"the operator {sign} does not go with string")
        if count > _LONGEST_CHAIN:
            raise Mismatch(f"more than {_LONGEST_CHAIN} operators in a row")

    def _sign(self, tree: Branch) -> Node:
        sign, operand = tree.children
        least = self._least(operand) if sign == "-" else None
        if least is not None:
            return least
        node = self.build(operand)
        if sign not in ("+", "-"):
            raise Mismatch(f"{sign} stands before nothing that it goes with")
        return operators.negative(node) if sign == "-" else node

    @staticmethod
    def _least(operand: Branch | Token) -> Node | None:
        """Return the least int or long, whose digits alone would be too large."""
        while (
            not isinstance(operand, Token)
            and operand.data == "postfix"
            and len(operand.children) == 1
        ):
            operand = operand.children[0]
        if isinstance(operand, Token) or operand.data != "number":
            return None
        token = operand.children[0]
        token = as_token(token)
        value: Any = token.value[1]
        return (
            constant(_LEAST[value], -value) if value in _LEAST and isinstance(value, int) else None
        )

    def _negation(self, tree: Branch) -> Node:
        run = operators.truth(self.build(tree.children[-1]), "what stands behind !")
        return Node(BOOL, lambda frame: not run(frame))

    def _type(self, token: Branch | Token) -> Kind:
        token = as_token(token)
        return self.scope.kind(token.value, place_of(token), catalogue.is_type)

    def _cast(self, tree: Branch) -> Node:
        kind = self._type(tree.children[0])
        return conversions.cast_to(self.build(tree.children[1]), kind)

    def _as(self, tree: Branch) -> Node:
        return conversions.as_type(self.build(tree.children[0]), self._type(tree.children[2]))

    def _is(self, tree: Branch) -> Node:
        value, _, type_token, name = tree.children
        node, kind = self.build(value), self._type(type_token)
        tested = conversions.is_type(node, kind)
        if not isinstance(name, Token):
            return tested
        local = self.scope.declare(name.value, kind, place_of(name))
        run, slot = node.run, local.slot
        # The value is computed once only: the test looks at what was stored.
        stored = conversions.is_type(Node(node.kind, lambda frame: frame.slots[slot]), kind).run

        def match(frame: Frame) -> bool:
            frame.slots[slot] = run(frame)
            return bool(stored(frame))

        return Node(BOOL, match)

    def _is_null(self, tree: Branch) -> Node:
        return operators.binary("==", self.build(tree.children[0]), constant(NULL, None))

    def _interpolated(self, tree: Branch) -> Node:
        token = tree.children[0]
        token = as_token(token)
        parts: Any = token.value
        return operators.concatenated([self._part(part) for part in parts])

    def _part(self, part: str | Hole) -> Node:
        if isinstance(part, str):
            return constant(STRING, part)
        node = self.build(parse(self.scope.source, part.start, part.end, EXPRESSION))
        if node.kind.name == "void":
            raise Mismatch("nothing is no text")
        if not part.form and not part.alignment:
            return node
        form, width = part.form, part.alignment
        return applied(
            STRING, lambda value: align(write_with(value, form), width), Node(node.kind, node.run)
        )

    def _lambda_alone(self, _: Branch) -> Node:
        raise Mismatch("a lambda is supported as an argument only")

    _HANDLERS: Mapping[str, Callable[["Builder", Branch], Node]] = {
        "string": _literal,
        "character": _literal,
        "number": _number,
        "null": _null,
        "true": _truth,
        "false": _truth,
        "brackets": _brackets,
        "lambda": _lambda_alone,
        "conditional": _conditional,
        "coalesce": _coalesce,
        "operation": _operation,
        "conjunction": _conjunction,
        "disjunction": _conjunction,
        "negation": _negation,
        "sign": _sign,
        "cast": _cast,
        "as_type": _as,
        "is_type": _is,
        "is_null": _is_null,
        "interpolated": _interpolated,
        "postfix": Chains.chain,
        "name": Chains.name,
        "new_object": Chains.new_object,
        "new_filled": Chains.new_filled,
        "new_array": Chains.new_array,
        "new_sized": Chains.new_sized,
        "new_anonymous": Chains.new_anonymous,
    }

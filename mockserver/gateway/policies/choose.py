"""`<choose>`: the policies of the first `<when>` whose condition is true, else `<otherwise>`."""

from collections.abc import Sequence
from typing import Self

from typing_extensions import override

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.call import Call
from mockserver.gateway.element import Element
from mockserver.gateway.policy import Given, Policy, Reader, run_all
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

FACTS = (
    Fact(
        "The conditions are computed in their order until one is true: its policies run, and no"
        " other condition is looked at. Without one those of `otherwise` run.",
        Evidence.PUBLISHED,
        "the page on choose",
    ),
    Fact(
        "`otherwise` stands once, and after every `when`.",
        Evidence.ASSUMED,
        "the statement on the page on choose shows it so; the check itself was not seen",
    ),
)

_CONDITION = (Attribute(name="condition", kind="boolean", required=True, expressions=True),)

Branch = tuple[Value, Sequence[Policy]]


class Choose(Policy):
    """The control flow of a section."""

    children = ("when", "otherwise")

    def __init__(self, branches: Sequence[Branch], otherwise: Sequence[Policy]) -> None:
        self._branches, self._otherwise = branches, otherwise
        self.within = [policy for _, policies in branches for policy in policies] + [*otherwise]
        """All the policies that it holds."""

    @classmethod
    @override
    def read(cls, element: Element, given: Given, reader: Reader) -> Self:
        branches: list[Branch] = []
        otherwise: Sequence[Policy] = ()
        last = ""
        for child in element.children:
            if last == "otherwise":
                raise PolicyNotUsable("nothing may stand after <otherwise>")
            last = child.name
            refuse_text(child)
            if child.name == "when":
                condition = reader.given(child, _CONDITION)["condition"]
                branches.append((condition, reader.inside(child, len(branches) + 1)))
            elif child.name == "otherwise":
                reader.given(child, ())
                otherwise = reader.inside(child)
            else:
                raise PolicyNotUsable(f"The element has invalid child element '{child.name}'.")
        if not branches:
            raise PolicyNotUsable("at least one <when> is needed")
        return cls(branches, otherwise)

    @override
    async def run(self, call: Call) -> None:
        for condition, policies in self._branches:
            if await condition.boolean(call):
                await run_all(policies, call)
                return
        await run_all(self._otherwise, call)


def refuse_text(element: Element) -> None:
    """Refuse what stands between tags where only elements may. Raises PolicyNotUsable."""
    if not isinstance(element.text, str) or element.text.strip():
        raise PolicyNotUsable(f"<{element.name}> cannot contain text")


POLICY = Choose

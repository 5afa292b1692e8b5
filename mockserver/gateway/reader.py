"""How does policy XML become policies, and what is refused in it, on which line?

What is not supported is refused when the document is read, never ignored.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.element import DocumentNotUsable, Element, Source, read_elements
from mockserver.gateway.policy import (
    SECTIONS,
    Given,
    Library,
    Place,
    Policy,
    Scope,
    SectionName,
)
from mockserver.gateway.values import Attribute, PolicyNotUsable, Value

if TYPE_CHECKING:
    from mockserver.gateway.expressions import Expression

FACTS = (
    Fact(
        "An element, attribute or section that API Management does not know is refused when the"
        " document is saved, with the element's name, line and column.",
        Evidence.PUBLISHED,
        "the pages on policies; the wording of the message is that of its XML validation",
    ),
    Fact(
        "`{{name}}` stands for a named value, in texts, attributes and expressions; an unknown name"
        " keeps the document from being saved.",
        Evidence.PUBLISHED,
        "the page on named values",
    ),
)

_NAMED_VALUE = re.compile(r"\{\{([A-Za-z0-9._-]{1,256})\}\}")
_ELSEWHERE = frozenset(
    {
        *("get-authorization-context", "validate-azure-ad-token", "validate-client-certificate"),
        *("authentication-certificate", "authentication-managed-identity", "validate-parameters"),
        *(
            "validate-graphql-request",
            "validate-odata-request",
            "validate-headers",
            "proxy",
            "wait",
        ),
        *("validate-status-code", "xsl-transform", "cross-domain", "jsonp", "log-to-eventhub"),
        *("emit-metric", "publish-to-dapr", "send-message-to-dapr", "invoke-dapr-binding"),
        *("llm-token-limit", "azure-openai-token-limit", "set-graphql-resolver"),
    }
)
"""What API Management has besides."""
_MOST_INCLUDES = 5
_MOST_POLICIES = 5_000
"""So many in one document, with those of the fragments that it includes."""
_PACKAGE = Path(__file__).with_name("policies")
NAMES = frozenset(module.name.replace("_", "-") for module in iter_modules([str(_PACKAGE)]))
"""The policies that are supported: a module each."""

Sections = Mapping[SectionName, Sequence[Policy]]
"""The sections of one document."""


class Base(Policy):
    """`<base/>`: a place to be filled before anything runs."""

    name = "base"


@cache
def find_policy(name: str) -> type[Policy]:
    """Return the class of a policy. Its module is loaded with the first document that uses it."""
    module = import_module(f"{__package__}.{_PACKAGE.name}.{name.replace('-', '_')}")
    return cast("type[Policy]", module.POLICY)


class DocumentReader:
    """Reads one document, or a part of it."""

    def __init__(self, library: Library, scope: Scope) -> None:
        self.library = library
        self.scope: Scope = scope
        self.section: SectionName = "inbound"
        self.path: tuple[str, ...] = ()
        self._once: set[str] = set()
        self._count = 0
        self._including: tuple[str, ...] = ()

    def document(self, text: str) -> Sections:
        """Read a whole document. Raises DocumentNotUsable."""
        root = read_elements(text)
        if root.name != "policies":
            raise _refused(root, f"<{root.name}> where <policies> belongs")
        _refuse_attributes(root)
        _refuse_text(root)
        sections: dict[SectionName, tuple[Policy, ...]] = {}
        for section in root.children:
            if section.name not in SECTIONS:
                raise _refused(section, f"'{section.name}' is no section of <policies>")
            if section.name in sections:
                raise _refused(section, "the section is there twice")
            _refuse_attributes(section)
            _refuse_text(section)
            self.section = section.name
            sections[section.name] = self.policies(section.children, is_section=True)
        return sections

    def policies(
        self, elements: Iterable[Element], *, is_section: bool = False
    ) -> tuple[Policy, ...]:
        """Read policies that stand beside each other. `<base/>` may stand in a section only."""
        result: list[Policy] = []
        counted: Counter[str] = Counter()
        for element in elements:
            counted[element.name] += 1
            if element.name == "base":
                if not is_section:
                    raise _refused(element, "<base> may stand in a section only")
                _refuse_attributes(element)
                _refuse_children(element)
                result.append(Base())
            elif element.name == "include-fragment":
                result += self._included(element)
            else:
                result.append(self._policy(element, counted[element.name]))
        return tuple(result)

    def inside(self, element: Element, number: int = 1) -> tuple[Policy, ...]:
        """Read the policies within a part of a policy, such as the second `<when>`."""
        above = self.path
        self.path = (*above, f"{element.name}[{number}]")
        try:
            return self.policies(element.children)
        finally:
            self.path = above

    def leaves(self, element: Element, *names: str) -> list[Element]:
        """Return the children of an element, which hold text only: `names`, or `<value>`s."""
        for child in element.children:
            if child.name not in (names or ("value",)):
                raise _refused(element, f"The element has invalid child element '{child.name}'.")
            if child.children:
                raise _refused(child, "The element cannot contain other elements.")
            _refuse_attributes(child)
        return list(element.children)

    def value(self, text: "str | Source", attribute: Attribute | None = None) -> Value:
        """Return what a text or an attribute stands for. Raises DocumentNotUsable."""
        if isinstance(text, Source):
            return Value(None, self._compile(text), attribute)
        return Value(self._with_named_values(text), None, attribute)

    def given(self, element: Element, declared: Sequence[Attribute]) -> Given:
        """Read the attributes of an element. Raises DocumentNotUsable."""
        known = {attribute.name: attribute for attribute in declared}
        for name in element.attributes:
            if name not in known:
                raise _refused(element, f"The '{name}' attribute is not declared.")
        try:
            return Given({name: self._attribute(element, each) for name, each in known.items()})
        except PolicyNotUsable as error:
            raise _refused(element, str(error)) from None

    def _attribute(self, element: Element, attribute: Attribute) -> Value | None:
        text = element.attributes.get(attribute.name, attribute.default)
        if text is None:
            if attribute.required:
                raise PolicyNotUsable(f"The required attribute '{attribute.name}' is missing.")
            return None
        if isinstance(text, Source) and not attribute.expressions:
            raise DocumentNotUsable(
                text.line,
                text.column,
                f"<{element.name}> {attribute.name}: an expression cannot be used here",
            )
        value = self.value(text, attribute)
        if value.fixed is not None and (problem := attribute.problem(value.fixed)):
            shown = f"The value '{value.fixed[:60]}' is {problem}"
            raise PolicyNotUsable(f"The '{attribute.name}' attribute is invalid - {shown}.")
        return value

    def _policy(self, element: Element, number: int) -> Policy:
        kind = self._kind(element)
        above = self.path
        self.path = (*above, f"{element.name}[{number}]")
        # Every policy may bear an id, which LastError and the trace then name.
        own = Element(
            element.name,
            {name: value for name, value in element.attributes.items() if name != "id"},
            element.children,
            element.text,
            element.line,
            element.column,
        )
        try:
            if not kind.children:
                _refuse_children(own)
            elif "#text" not in kind.children:
                _refuse_text(own)
            policy = kind.read(own, self.given(own, kind.attributes), self)
        except PolicyNotUsable as error:
            raise _refused(element, str(error)) from None
        finally:
            path, self.path = self.path, above
        policy_id = element.attributes.get("id", "")
        policy.name = element.name
        policy.written = {
            name: value if isinstance(value, str) else value.text
            for name, value in own.attributes.items()
        }
        policy.place = Place(self.scope, self.section, "/".join(path), str(policy_id))
        return policy

    def _kind(self, element: Element) -> type[Policy]:
        """Return the class for an element that may stand where it is."""
        self._count += 1
        if self._count > _MOST_POLICIES:
            raise _refused(element, f"the document has more than {_MOST_POLICIES} policies")
        if element.name not in NAMES:
            raise _refused(element, _unknown(element.name))
        kind = find_policy(element.name)
        if self.section not in kind.sections:
            raise _refused(element, "Policy is not allowed in the specified section.")
        if self.scope not in kind.scopes:
            raise _refused(element, "Policy is not allowed in the specified scope.")
        if kind.is_once and element.name in self._once:
            raise _refused(element, "Policy can be used only once in a document.")
        self._once.add(element.name)
        return kind

    def _included(self, element: Element) -> tuple[Policy, ...]:
        declared = (Attribute(name="fragment-id", required=True), Attribute(name="id"))
        given = self.given(element, declared)
        _refuse_children(element)
        name = given.text("fragment-id")
        fragment = self.library.fragments.get(name)
        if fragment is None:
            raise _refused(element, f"there is no fragment '{name[:80]}'")
        if name in self._including or len(self._including) == _MOST_INCLUDES:
            raise _refused(element, f"the fragment '{name}' includes itself, or too many others")
        self._including = (*self._including, name)
        try:
            return self.policies(fragment.children)
        except DocumentNotUsable as error:
            raise _refused(element, f"in the fragment '{name}': {error}") from None
        finally:
            self._including = self._including[:-1]

    def _compile(self, source: Source) -> "Expression":
        from mockserver.gateway.expressions import ExpressionNotUsable, compile_expression

        try:
            return compile_expression(
                self._with_named_values(source.text), source.line, source.column
            )
        except ExpressionNotUsable as error:
            raise DocumentNotUsable(error.line, error.column, str(error)) from None

    def _with_named_values(self, text: str) -> str:
        def named(match: re.Match[str]) -> str:
            value = self.library.named_values.get(match[1])
            if value is None:
                raise PolicyNotUsable(f"there is no named value '{match[1]}'")
            return value

        return _NAMED_VALUE.sub(named, text)


def _unknown(name: str) -> str:
    """Say of a policy that there is none, or that the emulator has none."""
    if name in _ELSEWHERE:
        return f"the policy '{name}' is not emulated"
    near = get_close_matches(name, NAMES, 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"the policy '{name}' is not supported{hint}"


def _refused(element: Element, problem: str) -> DocumentNotUsable:
    """Word a refusal as API Management does."""
    return DocumentNotUsable(
        element.line,
        element.column,
        f"Error in element '{element.name}' on line {element.line}, column {element.column}:"
        f" {problem}",
    )


def _refuse_attributes(element: Element) -> None:
    for name in element.attributes:
        raise _refused(element, f"The '{name}' attribute is not declared.")


def _refuse_text(element: Element) -> None:
    if isinstance(element.text, Source) or element.text.strip():
        raise _refused(element, "The element cannot contain text.")


def _refuse_children(element: Element) -> None:
    _refuse_text(element)
    for child in element.children:
        raise _refused(element, f"The element has invalid child element '{child.name}'.")

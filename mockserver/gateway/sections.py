"""Which policies run for an operation, in which order?

A document has sections. `<base/>` in one stands for what the next broader scope has there; without
it, that scope is left out. The narrowest document that there is decides.
"""

from collections.abc import Mapping, Sequence

from mockserver.evidence import Evidence, Fact
from mockserver.gateway.policy import SECTIONS, Policy, SectionName
from mockserver.gateway.reader import Base, Sections

FACTS = (
    Fact(
        "The effective policy begins at the narrowest scope; each `<base/>` is what the next"
        " broader scope has in that section, and without one that scope is left out.",
        Evidence.PUBLISHED,
        "the page on policies",
    ),
    Fact(
        "A section that a document leaves out is empty: broader scopes do not run in it.",
        Evidence.ASSUMED,
        "a document without one of its sections on a live gateway would settle it",
    ),
)

Effective = Mapping[SectionName, tuple[Policy, ...]]
"""What runs in each section."""


def effective(documents: Sequence[Sections]) -> Effective:
    """Return what runs, given the documents from the broadest scope to the narrowest."""
    result: dict[SectionName, tuple[Policy, ...]] = dict.fromkeys(SECTIONS, ())
    for document in documents:
        for name in SECTIONS:
            filled: list[Policy] = []
            for policy in document.get(name, ()):
                filled += result[name] if isinstance(policy, Base) else [policy]
            result[name] = tuple(filled)
    return result

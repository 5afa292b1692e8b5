"""Which policies run for an operation, whatever the four scopes say?"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.policies.set_variable import SetVariable
from mockserver.gateway.policy import SCOPES, SECTIONS, Library, SectionName
from mockserver.gateway.reader import DocumentReader
from mockserver.gateway.sections import Effective, effective

BASE = "base"
Document = dict[SectionName, list[str]]
"""Names of variables, and `base`; a section that is missing is left out."""
NAMES = st.lists(st.sampled_from([BASE, BASE, "a", "b", "c"]), max_size=5)
DOCUMENTS = st.dictionaries(st.sampled_from(SECTIONS), NAMES)


def read(documents: Sequence[Document | None]) -> Effective:
    """Read documents of the four scopes, from the broadest to the narrowest."""
    sections = []
    for scope, document in zip(SCOPES, documents, strict=True):
        if document is None:
            continue
        text = ""
        for name, policies in document.items():
            elements = (
                "<base/>" if p == BASE else f'<set-variable name="{scope}-{p}" value="" />'
                for p in policies
            )
            text += f"<{name}>{''.join(elements)}</{name}>"
        reader = DocumentReader(Library(), scope)
        sections.append(reader.document(f"<policies>{text}</policies>"))
    return effective(sections)


def names(result: Effective, section: SectionName) -> list[str]:
    found = []
    for policy in result[section]:
        assert isinstance(policy, SetVariable)
        found.append(policy.written["name"])
    return found


def expected(documents: Sequence[Document | None], section: SectionName) -> list[str]:
    """Say what runs, as the page on policies does: begin at the narrowest scope there is."""
    for place in reversed(range(len(documents))):
        document = documents[place]
        if document is not None:
            result = []
            for name in document.get(section, []):
                if name == BASE:
                    result += expected(documents[:place], section)
                else:
                    result.append(f"{SCOPES[place]}-{name}")
            return result
    return []


@given(st.tuples(*[st.none() | DOCUMENTS] * 4))
def test_base_is_what_the_next_broader_scope_has(documents: Sequence[Document | None]) -> None:
    """For any documents, in each section by itself."""
    result = read(documents)
    assert set(result) == set(SECTIONS)
    for section in SECTIONS:
        assert names(result, section) == expected(documents, section)


@pytest.mark.parametrize(
    ("documents", "result"),
    [
        ([{"inbound": ["a"]}, None, None, None], ["global-a"]),
        ([{"inbound": ["a", BASE]}, None, None, None], ["global-a"]),
        (
            [{"inbound": ["a"]}, {"inbound": ["b", BASE]}, {"inbound": [BASE, "c"]}, None],
            ["product-b", "global-a", "api-c"],
        ),
        ([{"inbound": ["a"]}, {"inbound": ["b", BASE]}, {"inbound": ["c"]}, None], ["api-c"]),
        ([{"inbound": ["a"]}, None, {"inbound": [BASE, BASE]}, None], ["global-a", "global-a"]),
        ([{"inbound": ["a"]}, None, {"outbound": []}, {"inbound": [BASE]}], []),
        ([None, None, None, None], []),
    ],
)
def test_what_runs(documents: Sequence[Document | None], result: list[str]) -> None:
    """Without base everything above is left out; a section that is left out is empty."""
    assert names(read(documents), "inbound") == result


def test_a_policy_that_is_inherited_is_the_same_one() -> None:
    """What it keeps between calls is kept for all operations together."""
    reader = DocumentReader(Library(), "global")
    above = reader.document(
        '<policies><inbound><set-variable name="a" value="" /></inbound></policies>'
    )
    below = [
        DocumentReader(Library(), "api").document("<policies><inbound><base/></inbound></policies>")
        for _ in range(2)
    ]
    one, other = (effective([above, each])["inbound"] for each in below)
    assert one[0] is other[0]

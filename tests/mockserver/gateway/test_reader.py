"""What is read from a policy document, and what is refused in it, on which line?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable, Element
from mockserver.gateway.policies.choose import Choose
from mockserver.gateway.policy import Library, Scope
from mockserver.gateway.reader import NAMES, Base, DocumentReader, Sections, find_policy

SET = '<set-variable name="a" value="b" />'


def read(text: str, scope: Scope = "api", **named: str) -> Sections:
    """Read a document."""
    return DocumentReader(Library(named), scope).document(text)


def inbound(text: str) -> str:
    return f"<policies>\n  <inbound>\n    {text}\n  </inbound>\n</policies>"


def refused(text: str, scope: Scope = "api", **named: str) -> DocumentNotUsable:
    with pytest.raises(DocumentNotUsable) as caught:
        read(text, scope, **named)
    return caught.value


def test_a_document_has_sections() -> None:
    """Those that are there, in whatever order; comments count for nothing."""
    sections = read(
        f"<policies><!-- a --><outbound>{SET}</outbound>"
        f"<inbound><base />{SET}<!-- b --></inbound></policies>"
    )
    assert {name: len(policies) for name, policies in sections.items()} == {
        "inbound": 2,
        "outbound": 1,
    }
    assert isinstance(sections["inbound"][0], Base)
    assert sections["outbound"][0].name == "set-variable"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("<policy/>", 1, "<policy> where <policies> belongs"),
        ("<policies a='b'/>", 1, "The 'a' attribute is not declared."),
        ("<policies>\n<inbount/></policies>", 2, "'inbount' is no section of <policies>"),
        ("<policies>\n<inbound/>\n<inbound/></policies>", 3, "the section is there twice"),
        ("<policies>\n<inbound a=''/></policies>", 2, "The 'a' attribute is not declared."),
        ("<policies>\n<inbound>text</inbound></policies>", 2, "cannot contain text"),
        ("<policies>\n<inbound>@(1)</inbound></policies>", 2, "cannot contain text"),
        ("<policies>text</policies>", 1, "cannot contain text"),
        (inbound("<set-vriable />"), 3, "the policy 'set-vriable' is not supported"),
        (inbound("<Set-Variable />"), 3, "the policy 'Set-Variable' is not supported"),
        (inbound("<x:base xmlns:x='y' />"), 3, "the policy 'x:base' is not supported"),
        (inbound("<base a='b' />"), 3, "The 'a' attribute is not declared."),
        (inbound("<base>text</base>"), 3, "cannot contain text"),
        (inbound("<base><base/></base>"), 3, "invalid child element 'base'"),
        (inbound("<forward-request />"), 3, "not allowed in the specified section"),
        (inbound("<quota calls='1' renewal-period='1' />"), 3, "not allowed in the specified sc"),
        (inbound("<set-variable name='a' />"), 3, "The required attribute 'value' is missing."),
        (
            inbound("<set-variable name='a' value='b' c='d' />"),
            3,
            "The 'c' attribute is not declared.",
        ),
        (inbound("<set-variable name='a' value='b'>text</set-variable>"), 3, "cannot contain text"),
        (
            inbound("<set-variable name='a' value='b'>\n<base/></set-variable>"),
            3,
            "invalid child element 'base'",
        ),
        (inbound("<set-variable name='@(1)' value='b' />"), 3, "an expression cannot be used"),
        (inbound("<set-variable name='a' value='{{none}}' />"), 3, "no named value 'none'"),
        (inbound("<set-variable name='a'\n value='@(1 +)' />"), 4, ""),
        (inbound("<choose><when condition='true'><base /></when></choose>"), 3, "<base> may stand"),
        (
            inbound("<choose>\n<when condition='true'>\n<set-variable name='a'/></when></choose>"),
            5,
            "The required attribute 'value' is missing.",
        ),
        (
            inbound("<rate-limit calls='1' renewal-period='301' />"),
            3,
            "The 'renewal-period' attribute is invalid - The value '301' is no whole number from",
        ),
    ],
)
def test_what_is_refused(text: str, line: int, problem: str) -> None:
    """With its line: nothing that is not supported is ignored."""
    error = refused(text)
    assert error.line == line
    assert problem in str(error)


def test_a_refusal_is_worded_as_api_management_does() -> None:
    """Element, line and column, which is that of the element's name."""
    error = refused(inbound("<nonsense />"))
    assert str(error) == (
        "Error in element 'nonsense' on line 3, column 6: the policy 'nonsense' is not supported"
    )


def test_a_policy_knows_its_place() -> None:
    """Numbers count equal names beside each other, from 1; what is within has a longer path."""
    sections = read(
        inbound(
            f"{SET}<choose id='outer'><when condition='false'>{SET}</when>"
            f"<when condition='true'>{SET}<set-variable id='inner' name='a' value='b' /></when>"
            f"<otherwise>{SET}</otherwise></choose>{SET}"
        ),
        "operation",
    )
    first, choose, last = sections["inbound"]
    assert (first.place.path, last.place.path) == ("set-variable[1]", "set-variable[2]")
    assert (choose.place.scope, choose.place.section) == ("operation", "inbound")
    assert (choose.place.path, choose.place.policy_id) == ("choose[1]", "outer")
    assert isinstance(choose, Choose)
    places = [(each.place.path, each.place.policy_id) for each in choose.within]
    assert sorted(places) == [
        ("choose[1]/otherwise[1]/set-variable[1]", ""),
        ("choose[1]/when[1]/set-variable[1]", ""),
        ("choose[1]/when[2]/set-variable[1]", ""),
        ("choose[1]/when[2]/set-variable[2]", "inner"),
    ]


def test_attributes_are_kept_as_they_are_written() -> None:
    """For the trace: named values are not filled in, so that no secret is shown."""
    sections = read(inbound("<set-variable id='x' name='a' value='{{secret}}' />"), secret="hidden")
    assert sections["inbound"][0].written == {"name": "a", "value": "{{secret}}"}


def test_a_policy_that_may_stand_once_may_not_hide_within_another() -> None:
    """Rate limits count once per document, wherever they stand; two documents have one each."""
    limit = "<rate-limit calls='1' renewal-period='10' />"
    within = f"<choose><when condition='true'>{limit}</when></choose>"
    assert "only once" in str(refused(inbound(limit + limit)))
    assert "only once" in str(refused(inbound(limit + within)))
    assert len(read(inbound(limit))["inbound"]) == 1


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_policy_can_be_found(name: str) -> None:
    """Its module has a class that says where it may stand."""
    kind = find_policy(name)
    assert kind.sections
    assert kind.scopes
    assert kind.run.__qualname__.split(".")[0] == kind.__name__


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_policy_refuses_what_it_does_not_know(name: str) -> None:
    """An attribute and a child that do not exist, in a section where it may stand."""
    kind = find_policy(name)
    section, scope = kind.sections[0], kind.scopes[-1]
    needed = " ".join(f'{a.name}="1"' for a in kind.attributes if a.required)
    for element in (
        f'<{name} {needed} surely-not="" />',
        f"<{name} {needed}><surely-not/></{name}>",
    ):
        error = refused(f"<policies>\n<{section}>{element}</{section}></policies>", scope)
        assert error.line == 2


@given(
    st.sampled_from(sorted(NAMES)),
    st.dictionaries(
        st.sampled_from(sorted({a.name for name in NAMES for a in find_policy(name).attributes})),
        st.sampled_from(
            ["", "1", "true", "x", "@(1)", "@(", "{{a}}", "{{b}}", "-1", "&#10;", "http://h"]
        ),
        max_size=4,
    ),
    st.sampled_from(
        ["", "x", "@(1)", "<value>1</value>", "<value/><value><a/></value>", "<base/>", SET]
    ),
)
def test_any_element_is_read_or_refused(
    name: str, attributes: dict[str, str], content: str
) -> None:
    """Nothing but DocumentNotUsable comes out, whatever stands in an element."""
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    kind = find_policy(name)
    section, scope = kind.sections[0], kind.scopes[-1]
    text = f"<policies><{section}><{name}{written}>{content}</{name}></{section}></policies>"
    try:
        sections = read(text, scope, a="1")
    except DocumentNotUsable as error:
        assert error.line == 1  # noqa: PT017  either is right
    else:
        assert [policy.name for policy in sections[section]] == [name]


def test_what_policies_ask_of_a_reader() -> None:
    """Children that hold text only; anything else is refused."""
    reader = DocumentReader(Library(), "api")
    value = Element("value", text="a")
    parent = Element("x", children=(value,))
    assert reader.leaves(parent) == [value]
    assert reader.leaves(parent, "value", "other") == [value]
    for wrong in (
        Element("x", children=(Element("other"),)),
        Element("x", children=(Element("value", children=(value,)),)),
        Element("x", children=(Element("value", {"a": "b"}),)),
    ):
        with pytest.raises(DocumentNotUsable):
            reader.leaves(wrong)

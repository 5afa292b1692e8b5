"""Does `<include-fragment>` put the policies of a fragment in its place?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable, read_elements
from mockserver.gateway.policy import Library
from tests.mockserver.gateway.policy_calls import Stage, handled, read

HEADER = '<set-header name="X-{0}"><value>{1}</value></set-header>'


def library(**fragments: str) -> Library:
    """Return a library with these fragments, and the named value `word`."""
    roots = {
        name: read_elements(f"<fragment>{text}</fragment>") for name, text in fragments.items()
    }
    return Library({"word": "hello", "which": "a"}, roots)


def include(name: str) -> str:
    """Write an include-fragment."""
    return f'<include-fragment fragment-id="{name}" />'


def test_its_policies_run_in_its_place() -> None:
    """A fragment's policies run between their neighbours, in their order."""
    value = HEADER.replace("<value>", "<value>").replace(
        '"><value>', '" exists-action="append"><value>'
    )
    text = value.format("Order", 1) + include("a") + value.format("Order", 4)
    fragments = library(a=value.format("Order", 2) + value.format("Order", 3))
    call = Stage().call()
    handled(call, read(fragments, inbound=text))
    assert ",".join(call.request.headers.getall("X-Order")) == "1,2,3,4"


def test_it_may_stand_within_other_policies() -> None:
    """A branch of choose may include a fragment, and a fragment another one."""
    fragments = library(a=include("b"), b=HEADER.format("B", "{{word}}"))
    text = f"<choose><when condition='true'>{include('a')}</when></choose>"
    call = Stage().call()
    handled(call, read(fragments, inbound=text))
    assert call.request.headers["X-B"] == "hello"


def test_it_is_read_for_its_section() -> None:
    """The same fragment changes the request in inbound, the response in outbound."""
    call = Stage().call()
    fragments = library(a=HEADER.format("A", 1))
    response = handled(call, read(fragments, inbound=include("a"), outbound=include("{{which}}")))
    assert call.request.headers["X-A"] == "1"
    assert response.headers["X-A"] == "1"


def test_it_may_be_included_twice() -> None:
    """Side by side a fragment may stand more than once; rate limits then count apart."""
    call = Stage().call()
    fragments = library(
        a='<set-header name="X-A" exists-action="append"><value>1</value></set-header>'
    )
    handled(call, read(fragments, inbound=include("a") + include("a")))
    assert ",".join(call.request.headers.getall("X-A")) == "1,1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (include("none"), "there is no fragment 'none'"),
        ("<include-fragment />", "'fragment-id' is missing"),
        (include("itself"), "includes itself"),
        (include("ring"), "includes itself"),
        (include("based"), "<base> may stand in a section only"),
        (include("wrong"), "the policy 'wrong' is not supported"),
        (include("backend"), "not allowed in the specified section"),
        (
            '<include-fragment fragment-id="@(context.Api.Id)" />',
            "an expression cannot be used here",
        ),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """A fragment that is missing, endless or not fit for its place is refused at load."""
    fragments = library(
        itself=include("itself"),
        ring=include("ring2"),
        ring2=include("ring"),
        based="<base />",
        wrong="<wrong />",
        backend="<forward-request />",
    )
    with pytest.raises(DocumentNotUsable, match=problem):
        read(fragments, inbound=text)


def test_a_mistake_names_the_fragment() -> None:
    """Whoever reads the refusal learns which fragment to look into."""
    with pytest.raises(DocumentNotUsable, match=r"'a'.*'wrong' on line 1"):
        read(library(a="<wrong />"), inbound=include("a"))

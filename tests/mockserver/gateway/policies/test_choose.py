"""Does `<choose>` run the policies of the first true condition, and only these?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable
from tests.mockserver.gateway.policy_calls import Stage, handled, read, run_section

HEADER = '<set-header name="X-Branch"><value>{}</value></set-header>'


def branches(conditions: list[str], *, otherwise: bool) -> str:
    """Write a choose whose branches say their numbers."""
    whens = "".join(
        f'<when condition="{condition}">{HEADER.format(number)}</when>'
        for number, condition in enumerate(conditions)
    )
    last = f"<otherwise>{HEADER.format('otherwise')}</otherwise>" if otherwise else ""
    return f"<choose>{whens}{last}</choose>"


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.booleans())
def test_the_first_true_condition_decides(conditions: list[bool], otherwise: bool) -> None:
    """Of constants the first true one runs its branch, else `otherwise`, else nothing runs."""
    call = Stage().call()
    run_section(call, branches([str(each).lower() for each in conditions], otherwise=otherwise))
    first = str(conditions.index(True)) if True in conditions else None
    expected = first or ("otherwise" if otherwise else None)
    assert call.request.headers.get("X-Branch") == expected


def test_later_conditions_are_not_computed() -> None:
    """A condition that would throw does no harm after a true one."""
    call = Stage().call()
    thrower = "@(context.Variables[&quot;none&quot;] == null)"
    run_section(call, branches(['@(context.Request.Method == "GET")', thrower], otherwise=False))
    assert call.request.headers["X-Branch"] == "0"


def test_a_failure_knows_its_branch() -> None:
    """LastError's path leads through the branch to the element that failed."""
    call = Stage().call()
    inner = '<set-header name="X"><value>@((string)context.Variables["none"])</value></set-header>'
    text = f'<choose><when condition="false" /><when condition="true">{inner}</when></choose>'
    response = handled(call, read(inbound=text))
    assert response.status == 500
    assert call.last_error is not None
    assert call.last_error.path == "choose[1]/when[2]/set-header[1]"
    assert call.last_error.source == "set-header"


def test_a_condition_that_is_no_boolean_fails() -> None:
    """A text that says neither true nor false is an evaluation failure of choose."""
    call = Stage().call()
    text = '<choose><when condition="@(context.Request.Method)" /></choose>'
    assert handled(call, read(inbound=text)).status == 500
    assert call.last_error is not None
    assert call.last_error.reason == "ExpressionValueEvaluationFailure"
    assert call.last_error.path == "choose[1]"


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("", "at least one <when>"),
        ("<otherwise />", "at least one <when>"),
        ("<when />", "The required attribute 'condition' is missing."),
        ('<when condition="maybe" />', "neither true nor false"),
        ('<when condition="true">text</when>', "<when> cannot contain text"),
        ('<when condition="true" other="1" />', "The 'other' attribute is not declared."),
        ('<when condition="true" /><otherwise a="1" />', "The 'a' attribute is not declared."),
        ('<when condition="true" /><otherwise /><when condition="true" />', "after <otherwise>"),
        ('<when condition="true" /><otherwise /><otherwise />', "after <otherwise>"),
        ('<if condition="true" />', "invalid child element 'if'"),
        ('<when condition="true"><base /></when>', "<base> may stand in a section only"),
        (
            '<when condition="true"><forward-request /></when>',
            "not allowed in the specified section",
        ),
    ],
)
def test_what_is_refused(inner: str, problem: str) -> None:
    """What choose does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=f"<choose>{inner}</choose>")

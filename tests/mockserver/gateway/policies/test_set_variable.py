"""What does `<set-variable>` keep?"""

import pytest

from mockserver.gateway.policy import SECTIONS, SectionName
from tests.mockserver.gateway.policies.transforming import a_call, a_response, failure, refusal, run


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", "12"),
        ("", ""),
        ("{{key}}", "secret"),
        ("@(12)", 12),
        ("@(1 == 1)", True),
        ("@(1.5)", 1.5),
        ('@("a")', "a"),
        ("@(Encoding.UTF8.GetBytes(&quot;a&quot;))", b"a"),
    ],
)
def test_a_value_keeps_its_type(value: str, expected: object) -> None:
    """A literal is a string; what an expression gives is kept as it is."""
    call = run(f"<set-variable name='v' value='{value}' />", a_call())
    assert type(call.variables["v"]) is type(expected)
    assert call.variables == {"v": expected}


@pytest.mark.parametrize(
    "value",
    [
        "Guid.NewGuid()",
        "DateTime.UtcNow",
        "TimeSpan.FromSeconds(1)",
        "new JArray(1)",
        "(string)null",
        "1.5m",
    ],
)
def test_what_can_be_kept(value: str) -> None:
    """The types that the page lists are taken."""
    call = run(f'<set-variable name="v" value="@({value})" />', a_call())
    assert "v" in call.variables


@pytest.mark.parametrize(
    "value", ["new string[] { &quot;a&quot; }", "new Dictionary&lt;string, string&gt;()"]
)
def test_what_cannot_be_kept(value: str) -> None:
    """Other types fail the call, and an earlier value stays."""
    call = run('<set-variable name="v" value="a" />', a_call())
    assert (
        "cannot be of type"
        in failure(f'<set-variable name="v" value="@({value})" />', call).error.message
    )
    assert call.variables == {"v": "a"}


@pytest.mark.parametrize("section", SECTIONS)
def test_later_policies_see_it(section: SectionName) -> None:
    """A variable can be read, and replaced, wherever the policy stands."""
    xml = (
        '<set-variable name="v" value="a" />'
        '<set-variable name="v" value="@(context.Variables.GetValueOrDefault("v", "") + "b")" />'
    )
    assert run(xml, a_call(response=a_response()), section).variables == {"v": "ab"}


@pytest.mark.parametrize(
    ("xml", "problem"),
    [
        ('<set-variable name="" value="a" />', "needs a name"),
        ('<set-variable name="a" />', "'value' is missing"),
        ('<set-variable value="a" />', "'name' is missing"),
        ("<set-variable name='@(1)' value='a' />", "an expression cannot be used here"),
    ],
)
def test_what_cannot_be_used_is_refused(xml: str, problem: str) -> None:
    """Without a fixed name and a value the document is not loaded."""
    assert problem in refusal(xml)

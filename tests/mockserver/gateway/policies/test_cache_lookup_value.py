"""Does `<cache-lookup-value>` set a variable to what was kept?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable
from tests.mockserver.gateway.policy_calls import Stage, handled, read

STORE = '<cache-store-value key="@(&quot;a&quot; + 1)" value="kept" duration="60" />'


@pytest.mark.parametrize(
    ("attributes", "variables"),
    [
        ('key="a1"', {"v": "kept"}),
        ('key="A1"', {}),
        ('key="a2"', {}),
        ('key="a2" default-value="other"', {"v": "other"}),
        ('key="a2" default-value="@(1 + 1)"', {"v": 2}),
        ('key="a1" default-value="other"', {"v": "kept"}),
    ],
)
def test_what_the_variable_holds(attributes: str, variables: dict[str, object]) -> None:
    """The value, else the default; without both the variable is not there."""
    stage = Stage()
    handled(stage.call(), read(outbound=STORE))
    call = stage.call()
    handled(call, read(inbound=f'<cache-lookup-value {attributes} variable-name="v" />'))
    assert call.variables == variables


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ('key="k"', "'variable-name' is missing"),
        ('variable-name="v"', "'key' is missing"),
        ('key="k" variable-name="@(1)"', "an expression cannot be used here"),
    ],
)
def test_what_is_refused(attributes: str, problem: str) -> None:
    """What the policy does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=f"<cache-lookup-value {attributes} />")

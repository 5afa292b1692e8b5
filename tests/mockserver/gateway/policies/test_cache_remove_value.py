"""Does `<cache-remove-value>` delete what was kept?"""

import pytest

from mockserver.gateway.element import DocumentNotUsable
from tests.mockserver.gateway.policy_calls import Stage, handled, read


@pytest.mark.parametrize(("key", "is_left"), [("a", False), ("b", True)])
def test_only_the_value_under_its_key_goes(key: str, is_left: bool) -> None:
    """A key that is not there does no harm."""
    stage = Stage()
    handled(stage.call(), read(inbound='<cache-store-value key="a" value="1" duration="60" />'))
    handled(stage.call(), read(inbound=f'<cache-remove-value key="{key}" />'))
    call = stage.call()
    handled(call, read(inbound='<cache-lookup-value key="a" variable-name="v" />'))
    assert ("v" in call.variables) == is_left


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [("", "'key' is missing")],
)
def test_what_is_refused(attributes: str, problem: str) -> None:
    """What the policy does not know is refused when the document is read."""
    with pytest.raises(DocumentNotUsable, match=problem):
        read(inbound=f"<cache-remove-value {attributes} />")

"""Is the part of a product that a limit names the right one?"""

import pytest

from mockserver.gateway.limits.parts import Named, Part
from mockserver.gateway.policy import Given
from tests.mockserver.gateway.policies.limited import Asked, Limited

NOTHING = Given({})


@pytest.mark.parametrize(
    ("api", "operation", "covers"),
    [
        (Named("echo", ""), None, True),
        (Named("echo", "another name"), None, True),
        (Named("", "Echo API"), None, True),
        (Named("other", "Echo API"), None, False),
        (Named("", "echo"), None, False),
        (Named("echo", ""), Named("get", ""), True),
        (Named("echo", ""), Named("", "Get it"), True),
        (Named("echo", ""), Named("post", "Get it"), False),
        (Named("other", ""), Named("get", ""), False),
    ],
)
def test_an_id_is_looked_at_before_a_name(
    api: Named, operation: Named | None, *, covers: bool
) -> None:
    """A name only counts if there is no id; an operation is one of its API."""
    route = Limited().begin(Asked()).route
    assert Part(api, operation, NOTHING).covers(route) is covers


def test_parts_have_labels_of_their_own() -> None:
    """An id is not taken for a name, nor an operation for an API."""
    parts = [
        Part(Named("a", "b"), None, NOTHING),
        Part(Named("", "a"), None, NOTHING),
        Part(Named("a", ""), Named("", "c"), NOTHING),
    ]
    assert [part.labels for part in parts] == [("id=a",), ("name=a",), ("id=a", "name=c")]

"""Is a server found that compares only a part of the key?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import KEY, TinyService, at

CHECK = "almost_the_key_is_refused"


class Longer(TinyService):
    """Looks only at how the header begins."""

    @override
    def is_allowed(self) -> bool:
        return (self.headers["Authorization"] or "").startswith(f"Bearer {KEY}")


class Shorter(TinyService):
    """Looks only at as much of the key as is given."""

    @override
    def is_allowed(self) -> bool:
        return f"Bearer {KEY}".startswith(self.headers["Authorization"] or "nothing")


class Hurried(TinyService):
    """Does not look at the first letter."""

    @override
    def is_allowed(self) -> bool:
        return (self.headers["Authorization"] or "")[8:] == KEY[1:]


def test_a_whole_comparison_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize("broken", [Longer, Shorter, Hurried])
def test_half_a_comparison_is_found(broken: type[TinyService]) -> None:
    """Whichever part it looks at."""
    _, (what,) = at(broken, CHECK)
    assert what.startswith("200 instead of 401")

"""Is a server found that takes a key under any scheme?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import KEY, TinyService, at

CHECK = "other_scheme_is_refused"


class Careless(TinyService):
    """Reads the last word of the header."""

    @override
    def is_allowed(self) -> bool:
        return (self.headers["Authorization"] or "nothing").split()[-1] == KEY


class Bare(TinyService):
    """Takes the key alone as well."""

    @override
    def is_allowed(self) -> bool:
        return super().is_allowed() or self.headers["Authorization"] == KEY


class Empty(TinyService):
    """Takes the word without a key."""

    @override
    def is_allowed(self) -> bool:
        return super().is_allowed() or self.headers["Authorization"] == "Bearer"


def test_bearer_alone_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize("broken", [Careless, Bare, Empty])
def test_another_scheme_is_found(broken: type[TinyService]) -> None:
    """Whatever stands in for Bearer and the key."""
    _, (what,) = at(broken, CHECK)
    assert what.startswith("200 instead of 401")

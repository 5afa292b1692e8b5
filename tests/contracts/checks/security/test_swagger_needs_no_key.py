"""Is a server found that hides its own document?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import TinyService, at

CHECK = "swagger_needs_no_key"


class Hidden(TinyService):
    """Asks for a key."""

    @override
    def is_open(self) -> bool:
        return self.is_allowed()


class Suspicious(TinyService):
    """Refuses whoever shows a wrong key."""

    @override
    def is_open(self) -> bool:
        return self.headers["Authorization"] is None or self.is_allowed()


def test_an_open_document_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize("broken", [Hidden, Suspicious])
def test_a_hidden_document_is_found(broken: type[TinyService]) -> None:
    """Whether no key is refused or only a wrong one."""
    _, (what,) = at(broken, CHECK)
    assert what.startswith("401 instead of 200")

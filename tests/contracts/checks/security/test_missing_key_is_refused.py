"""Is a server found that asks for no key?"""

import pytest
from typing_extensions import override

from contracts.target import Target
from tests.contracts.checks.tiny_service import KEPT, TinyService, at, of_emulator

CHECK = "missing_key_is_refused"


def test_the_emulator_keeps_it(target: Target, through: Target) -> None:
    """Directly, and behind its gateway."""
    assert of_emulator(target, CHECK) == KEPT
    assert of_emulator(through, CHECK) == KEPT


class OpenAt(TinyService):
    """Lets a method or an address in without looking."""

    method = ""
    ending = ""

    @override
    def is_allowed(self) -> bool:
        path = self.path.partition("?")[0]
        is_open = self.command == self.method and path.endswith(self.ending)
        return is_open or super().is_allowed()


def test_a_server_with_a_lock_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("method", "ending"),
    [
        ("POST", "/execute"),
        ("POST", "/jobs"),
        ("POST", "/start"),
        ("GET", "0" * 32),
        ("DELETE", "0" * 32),
    ],
)
def test_every_operation_without_a_lock_is_found(method: str, ending: str) -> None:
    """One of five is enough."""
    _, (what,) = at(type("Open", (OpenAt,), {"method": method, "ending": ending}), CHECK)
    assert "instead of 401" in what

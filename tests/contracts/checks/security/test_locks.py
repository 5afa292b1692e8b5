"""Is a server found that leaves one operation open: without a key, for a wrong or a foreign one?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import TinyService, at

CHECKS = ["missing_key_is_refused", "wrong_key_is_refused", "other_services_key_is_refused"]


class OpenAt(TinyService):
    """Lets a method or an address in without looking."""

    method = ""
    ending = ""

    @override
    def is_allowed(self) -> bool:
        path = self.path.partition("?")[0]
        is_open = self.command == self.method and path.endswith(self.ending)
        return is_open or super().is_allowed()


@pytest.mark.parametrize("check", CHECKS)
def test_a_server_with_a_lock_keeps_it(check: str) -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, check) == ("", [])


@pytest.mark.parametrize("check", CHECKS)
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
def test_every_operation_without_a_lock_is_found(check: str, method: str, ending: str) -> None:
    """One of five is enough."""
    _, (what,) = at(type("Open", (OpenAt,), {"method": method, "ending": ending}), check)
    assert "instead of 401" in what

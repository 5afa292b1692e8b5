"""Is a server found that takes the key of another service?"""

from dataclasses import replace

import pytest
from typing_extensions import override

from contracts.target import Target
from tests.contracts.checks.tiny_service import (
    KEPT,
    OTHER_KEY,
    TinyService,
    at,
    of_emulator,
    outcome,
    serving,
)

CHECK = "other_services_key_is_refused"


def test_the_emulator_keeps_it(target: Target, through: Target) -> None:
    """Directly, and behind its gateway."""
    assert of_emulator(replace(target, other_api_key=OTHER_KEY), CHECK) == KEPT
    assert of_emulator(replace(through, other_api_key=OTHER_KEY), CHECK) == KEPT


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


class Shared(TinyService):
    """Takes every key that it has ever given out."""

    @override
    def is_allowed(self) -> bool:
        return super().is_allowed() or self.headers["Authorization"] == f"Bearer {OTHER_KEY}"


def test_a_key_for_all_services_is_found() -> None:
    """It opens what it must not."""
    _, (what,) = at(Shared, CHECK)
    assert what.startswith("200 instead of 401")


def test_without_such_a_key_it_is_not_tried() -> None:
    """And the report says what it needs."""
    with serving(TinyService) as target:
        skipped, found = outcome(replace(target, other_api_key=None), CHECK)
    assert (skipped, found) == ("needs --other-api-key", [])

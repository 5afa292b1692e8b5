"""Is a server found that takes the key of another service?"""

from dataclasses import replace

from typing_extensions import override

from tests.contracts.checks.tiny_service import (
    OTHER_KEY,
    TinyService,
    at,
    outcome,
    serving,
)

CHECK = "other_services_key_is_refused"


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

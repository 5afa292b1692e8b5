"""Is a server found for which all letters are alike?"""

from dataclasses import replace

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import (
    KEY,
    TinyService,
    at,
    outcome,
    serving,
)

CHECK = "key_case_matters"


class Loose(TinyService):
    """Looks at letters without their case."""

    @override
    def is_allowed(self) -> bool:
        return (self.headers["Authorization"] or "").lower() == f"bearer {KEY}".lower()


class LooseOnlyForJobs(Loose):
    """Scores for the right key only."""

    @override
    def execute(self) -> None:
        if super(Loose, self).is_allowed():
            super().execute()
        else:
            self.read()
            self.refuse(401)


def test_a_strict_server_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize(("broken", "came"), [(Loose, 200), (LooseOnlyForJobs, 404)])
def test_letters_without_their_case_are_found(broken: type[TinyService], came: int) -> None:
    """When rows are scored, and when a job is asked for."""
    _, (what,) = at(broken, CHECK)
    assert what.startswith(f"{came} instead of 401")


def test_a_key_of_digits_has_no_case() -> None:
    """Then there is nothing to see."""
    with serving(TinyService) as target:
        assert outcome(replace(target, api_key="1234"), CHECK) == ("the key has no letters", [])

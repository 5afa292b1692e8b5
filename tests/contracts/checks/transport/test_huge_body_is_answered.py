"""Is a server found that a huge body is too much for?"""

import pytest
from typing_extensions import override

from contracts.checks.transport import huge_body_is_answered
from tests.contracts.checks.tiny_service import Fragile, Rows, TinyService, at

CHECK = "huge_body_is_answered"


@pytest.fixture(autouse=True)
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call three megabytes huge."""
    monkeypatch.setattr(huge_body_is_answered, "MORE_THAN_MOST", 3 << 20)


class Failing(TinyService):
    """Fails by itself."""

    @override
    def execute(self) -> None:
        if self.length() > 1 << 20:
            self.read()
            self.refuse(500)
        else:
            super().execute()


class Hurt(Fragile):
    """Refuses well, and then serves nobody."""

    @override
    def execute(self) -> None:
        if self.length() > 1 << 20:
            self.read()
            self.refuse(413)
            self.threads.is_hurt = True
        else:
            super().execute()


class Odd(TinyService):
    """Scores something else."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return rows * 2 if self.length() > 1 << 20 else rows


def test_space_is_nothing() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (Failing, "500 instead of 200"),
        (Hurt, "no answer (RemoteProtocolError"),
        (Odd, "the sample scores otherwise"),
    ],
)
def test_one_that_gives_way_is_found(broken: type[TinyService], what: str) -> None:
    """At once, or at the next call."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

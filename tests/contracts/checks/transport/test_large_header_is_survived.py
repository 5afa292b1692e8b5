"""Is a server found that a long header hurts?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import Fragile, TinyService, at

CHECK = "large_header_is_survived"


class Failing(TinyService):
    """Fails by itself."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        super().refuse(500 if status == 431 else status, *more)


class Silent(TinyService):
    """Neither answers nor closes."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        self.be_silent()


class Dying(Fragile):
    """Answers well, and serves nobody after that."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        super().refuse(status, *more)
        self.threads.is_hurt = True


class Hurt(Dying):
    """Answers well, and fails from then on."""

    @override
    def execute(self) -> None:
        if self.threads.is_hurt:
            self.read()
            self.send(500, {})
        else:
            super().execute()


def test_a_refusal_keeps_it() -> None:
    """431 is what HTTP has for it."""
    assert at(TinyService, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (Failing, "500 to a header of 64 KiB"),
        (Silent, "a header of 64 KiB is neither taken nor refused"),
        (Dying, "no answer (RemoteProtocolError"),
        (Hurt, "500 to the next call, after a header of 64"),
    ],
)
def test_a_long_header_that_hurts_is_found(broken: type[TinyService], what: str) -> None:
    """At once, or at the next call."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

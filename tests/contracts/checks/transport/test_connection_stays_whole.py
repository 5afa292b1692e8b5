"""Is a server found that loses its place in a connection?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import TinyService, at

CHECK = "connection_stays_whole"


class Forgetful(TinyService):
    """Refuses before it has read the body, which it then takes for the next request."""

    @override
    def do_POST(self) -> None:
        if self.is_allowed():
            super().do_POST()
        else:
            self.refuse(401)


class Sulking(TinyService):
    """Says nothing any more on a connection with a wrong call."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        super().refuse(status, *more)
        self.be_silent()


class Closing(TinyService):
    """Closes after every refusal, without saying so before."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        super().refuse(status, *more)
        self.close_connection = True


class Mute(TinyService):
    """Closes instead of refusing."""

    @override
    def refuse(self, status: int, *more: tuple[str, str]) -> None:
        self.close_connection = True


@pytest.mark.parametrize("right", [TinyService, Closing])
def test_a_connection_may_stay_or_end(right: type[TinyService]) -> None:
    """Both are right, if each call is answered on some connection."""
    assert at(right, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [(Forgetful, "400 instead of 200"), (Sulking, "no answer"), (Mute, "no answer")],
)
def test_one_that_loses_its_place_is_found(broken: type[TinyService], what: str) -> None:
    """By a wrong answer or by none."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

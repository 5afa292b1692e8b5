"""Is a server found that stumbles over what is no HTTP?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import Fragile, TinyService, at

CHECK = "broken_http_is_survived"


class Failing(TinyService):
    """Fails by itself."""

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        super().send_error(500)


class Silent(TinyService):
    """Neither answers nor closes."""

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.be_silent()


class Generous(TinyService):
    """Scores what has no length, for anybody."""

    @override
    def length(self) -> int:
        if (self.headers["Content-Length"] or "").isdigit():
            return super().length()
        self.send(200, {})
        raise ConnectionError


class Dying(Fragile):
    """Serves nobody any more."""

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.threads.is_hurt = True
        self.close_connection = True


class WaitingForMore(TinyService):
    """Takes a length below zero for: until the client has said all."""

    @override
    def read(self) -> bytes:
        length = self.headers["Content-Length"]
        return self.rfile.read(-1 if length == "-1" else self.length())


@pytest.mark.parametrize("right", [TinyService, WaitingForMore])
def test_a_refusal_keeps_it(right: type[TinyService]) -> None:
    """Be it at once, or when the client has said that nothing more comes."""
    assert at(right, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (Failing, "500 to what is no HTTP"),
        (Silent, "what is no HTTP is neither answered nor is the connection closed"),
        (Generous, "200 to a length below zero"),
        (Dying, "no answer (RemoteProtocolError"),
    ],
)
def test_one_that_stumbles_is_found(broken: type[TinyService], what: str) -> None:
    """At once, or at the next call."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

"""Is a server found that mixes up the calls of a connection?"""

import io
from typing import Any

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import Rows, TinyService, at

CHECK = "pipelined_calls_keep_their_order"


class Reversed(TinyService):
    """Answers the last call first."""

    @override
    def setup(self) -> None:
        super().setup()
        self.kept: list[bytes] = []
        self.out, self.wfile = self.wfile, io.BytesIO()

    @override
    def handle_one_request(self) -> None:
        super().handle_one_request()
        assert isinstance(self.wfile, io.BytesIO)
        self.kept.append(self.wfile.getvalue())
        self.wfile = io.BytesIO()
        if len(self.kept) == 4:
            self.out.write(b"".join(self.kept[::-1]))


class Stale(TinyService):
    """Gives every call on a connection the rows of the first."""

    @override
    def setup(self) -> None:
        super().setup()
        self.first: Rows = []

    @override
    def scored(self, rows: Rows) -> Rows:
        self.first = self.first or rows
        return self.first


class Lossy(TinyService):
    """Forgets whatever came with the first call."""

    @override
    def execute(self) -> None:
        super().execute()
        self.be_silent()


class Closing(TinyService):
    """Answers one call a connection."""

    @override
    def send(self, status: int, content: Any, *more: tuple[str, str]) -> None:
        super().send(status, content, *more, ("Connection", "close"))


@pytest.mark.parametrize("right", [TinyService, Closing])
def test_answers_in_order_keep_it(right: type[TinyService]) -> None:
    """All of them, or the first and then the end."""
    assert at(right, CHECK) == ("", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (Reversed, "a call gets the answer of another"),
        (Stale, "a call gets the answer of another"),
        (Lossy, "no answer"),
    ],
)
def test_a_mix_up_is_found(broken: type[TinyService], what: str) -> None:
    """By its rows, or because nothing comes."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

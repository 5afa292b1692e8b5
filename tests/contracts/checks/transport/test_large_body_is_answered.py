"""Is a server found that a large body is too much for?"""

from dataclasses import replace

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import ECHO, Rows, TinyService, at

CHECK = "large_body_is_answered"


MOST = 1 << 20
NUMBERS = replace(ECHO, inputs={"input1": {"Text": "number"}})


class Refusing(TinyService):
    """Reads all of it, and has a limit."""

    @override
    def execute(self) -> None:
        if self.length() > MOST:
            self.read()
            self.refuse(413)
        else:
            super().execute()


class Hasty(TinyService):
    """Has a limit, and closes without reading."""

    @override
    def execute(self) -> None:
        if self.length() > MOST:
            self.refuse(413)
            self.close_connection = True
        else:
            super().execute()


class Abrupt(TinyService):
    """Breaks the connection, unless it is asked before."""

    @override
    def execute(self) -> None:
        if self.headers["Expect"]:
            self.refuse(413)
        elif self.length() <= MOST:
            super().execute()
        self.close_connection = True


class Mute(TinyService):
    """Closes without a word."""

    @override
    def execute(self) -> None:
        if self.length() > MOST:
            self.close_connection = True
        else:
            super().execute()


class Failing(TinyService):
    """Fails by itself."""

    @override
    def execute(self) -> None:
        self.read()
        self.refuse(500)


class Short(TinyService):
    """Scores a thousand rows."""

    @override
    def scored(self, rows: Rows) -> Rows:
        return rows[:1000]


def test_a_server_without_a_limit_keeps_it() -> None:
    """The service that the others are made of is right, and so is one without texts."""
    assert at(TinyService, CHECK) == ("", [])
    assert at(TinyService, CHECK, service=NUMBERS) == ("", [])


@pytest.mark.parametrize("right", [Refusing, Hasty, Abrupt])
def test_a_limit_is_no_fault(right: type[TinyService]) -> None:
    """Be the answer read before or after the connection breaks."""
    assert at(right, CHECK) == ("the target takes no body of this size", [])


@pytest.mark.parametrize(
    ("broken", "what"),
    [(Mute, "no answer"), (Failing, "500 instead of 200"), (Short, "a large table comes back")],
)
def test_one_that_gives_way_is_found(broken: type[TinyService], what: str) -> None:
    """By silence, failure, or half an answer."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

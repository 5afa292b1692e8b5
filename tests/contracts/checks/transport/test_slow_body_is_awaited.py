"""Is a server found that does not wait for the rest of a body?"""

import pytest
from typing_extensions import override

from tests.contracts.checks.tiny_service import TinyService, at

CHECK = "slow_body_is_awaited"


class Impatient(TinyService):
    """Takes what is there."""

    @override
    def read(self) -> bytes:
        self.close_connection = True
        return self.rfile.read1(self.length())


class Strict(TinyService):
    """Says that it waits no longer."""

    @override
    def execute(self) -> None:
        self.read()
        self.refuse(408)


class Gone(TinyService):
    """Closes."""

    @override
    def execute(self) -> None:
        self.close_connection = True


def test_a_patient_server_keeps_it() -> None:
    """The service that the others are made of is right."""
    assert at(TinyService, CHECK) == ("", [])


def test_a_limit_of_time_is_no_fault() -> None:
    """If it is told with 408."""
    assert at(Strict, CHECK) == ("the target awaits no body for a second", [])


@pytest.mark.parametrize(("broken", "what"), [(Impatient, "400 instead of"), (Gone, "no answer")])
def test_an_impatient_server_is_found(broken: type[TinyService], what: str) -> None:
    """Be it that it takes a part for the whole, or that it closes."""
    _, (found,) = at(broken, CHECK)
    assert found.startswith(what)

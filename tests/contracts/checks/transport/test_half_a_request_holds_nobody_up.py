"""Is a server found that waits for one client only?"""

from contracts.target import Target
from mockserver.ready_file import Ready
from tests.contracts.checks.tiny_service import (
    KEPT,
    OneByOne,
    TinyService,
    at,
    of_emulator,
    outcome,
    serving,
)
from tests.contracts.conftest import gated

CHECK = "half_a_request_holds_nobody_up"


def test_the_emulator_keeps_it(target: Target, through: Target) -> None:
    """Directly, and behind its gateway."""
    assert of_emulator(target, CHECK) == KEPT
    assert of_emulator(through, CHECK) == KEPT


def test_a_limit_of_calls_is_no_fault(world: Ready) -> None:
    """Whoever may call five times a minute waits, on the emulator's clock."""
    _, found, trouble = of_emulator(gated(world, "starter"), CHECK)
    assert (found, trouble) == ([], {})


def test_a_thread_for_each_keeps_it() -> None:
    """Whoever does not finish holds up nobody but himself."""
    assert at(TinyService, CHECK) == ("", [])


def test_one_after_another_is_found() -> None:
    """The second client gets no answer while the first one waits."""
    with serving(TinyService, OneByOne) as target:
        _, (found,) = outcome(target, CHECK)
    assert found.startswith("no answer (ReadTimeout")

"""Is a server found that waits for one client only?"""

from tests.contracts.checks.tiny_service import (
    OneByOne,
    TinyService,
    at,
    outcome,
    serving,
)

CHECK = "half_a_request_holds_nobody_up"


def test_a_thread_for_each_keeps_it() -> None:
    """Whoever does not finish holds up nobody but himself."""
    assert at(TinyService, CHECK) == ("", [])


def test_one_after_another_is_found() -> None:
    """The second client gets no answer while the first one waits."""
    with serving(TinyService, OneByOne) as target:
        _, (found,) = outcome(target, CHECK)
    assert found.startswith("no answer (ReadTimeout")

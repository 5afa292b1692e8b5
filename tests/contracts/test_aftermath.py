"""Is a target that does not recover told from one that does?"""

import pytest
from typing_extensions import override

from contracts.aftermath import sample_call, still_served
from contracts.findings import Broken
from contracts.run import Plan, Run
from contracts.target import Target
from tests.contracts.checks.tiny_service import ECHO, Fragile, TinyService, serving


class Failing(TinyService):
    """Answers the sample with a status of its own."""

    status = 500

    @override
    def execute(self) -> None:
        self.read()
        self.refuse(self.status)


class Gone(Fragile):
    """Closes every connection without an answer."""

    @override
    def execute(self) -> None:
        self.threads.is_hurt = True
        super().execute()


def test_a_target_that_is_well_is_kept() -> None:
    """The call is one of the run's, and was scored."""
    with serving(TinyService) as target, Run(target, Plan()) as run:
        run.session.service = ECHO
        exchange = still_served(run.session, "nothing")
        assert run.session.wire.exchanges == [exchange]
    assert exchange.status == 200


@pytest.mark.parametrize(
    ("handler", "what"),
    [(Failing, "500 to the next call, after a storm"), (Gone, "no answer (")],
)
def test_a_target_that_fails_now_is_blamed_on_what_was_done(
    handler: type[TinyService], what: str
) -> None:
    """No judge of replies has seen it, and so none has blamed it on something else."""
    with serving(handler) as target, Run(target, Plan()) as run:
        run.session.service = ECHO
        with pytest.raises(Broken) as broken:
            still_served(run.session, "a storm")
        assert run.session.wire.exchanges == []
    assert broken.value.what.startswith(what)
    assert broken.value.cause == "after a storm"


def test_a_refusal_is_a_finding_too() -> None:
    """The sample was scored before."""
    with (
        serving(type("Refusing", (Failing,), {"status": 400})) as target,
        Run(target, Plan(only=("error_envelope",))) as run,
    ):
        run.session.service = ECHO
        with pytest.raises(Broken, match="400 instead of 200"):
            still_served(run.session, "a storm")
        assert len(run.session.wire.exchanges) == 1


def test_the_sample_is_what_is_called(target: Target) -> None:
    """With the usual query and keys."""
    with Run(target, Plan()) as run:
        run.prepare()
        request = sample_call(run.session)
        assert request.path.endswith("/execute")
        assert run.session.send(request).status == 200

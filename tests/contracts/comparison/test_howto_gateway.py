"""Does the how-to's gateway change what was predicted, and nothing else?"""

from contextlib import closing
from dataclasses import replace

import pytest

from contracts.comparison.allowed import HOWTO, Allowed, read_allowed, stale
from contracts.comparison.compare import Comparison, Verdict, compare, learn_noise
from contracts.comparison.gateway_log import GatewayLog
from contracts.comparison.recording import Recording, record, required_by
from contracts.comparison.replay import opened
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import Target
from mockserver.ready_file import Ready
from tests.contracts.conftest import direct, gated

pytestmark = pytest.mark.slow

LIMITS = "the gateway keeps its limits"
NOT_ABOUT_CLIENTS = "headers stand in another order"
PREDICTED = {
    "details is required",
    "api-version is required",
    "there is no operation for swagger.json",
    "other methods and paths are 404",
    "an escaped slash in a path is a slash",
}
FEW = ("howto_request_is_scored", "missing_column_is_refused", "unknown_job_is_not_found")


def compared(
    recording: Recording,
    candidate: Target,
    allowed: list[Allowed],
    *,
    obeys_limits: bool = True,
) -> Comparison:
    """Compare with a gateway, which is asked for its log."""
    with (
        closing(GatewayLog(str(candidate.admin_url))) as log,
        opened("candidate", candidate, obeys_limits=obeys_limits, needs_storage=True) as side,
    ):
        return compare(recording, None, side, allowed, log)


def recorded(world: Ready, plan: Plan) -> Recording:
    """Record with all that the gateway requires, and learn the noise."""
    primary = direct(world)
    recording = record(primary, plan, required=required_by(gated(world)))
    with opened("secondary", primary, needs_storage=True) as side:
        return replace(recording, noise=learn_noise(recording, side))


def test_what_was_predicted_comes_up_and_nothing_else(world: Ready) -> None:
    """Each prediction is seen, and no other difference.

    Schemathesis' cases are left out, which are half of a full run and most of its time. A full run
    with another seed is in `test_command.py`.
    """
    recording = recorded(world, Plan(Profile.CI, seed=2, skip=("contract_cases",)))
    comparison = compared(recording, gated(world), read_allowed(HOWTO))
    assert comparison.found == {}
    assert stale(comparison.allowed) == []
    assert {entry.name for entry in comparison.allowed if entry.expected} == PREDICTED
    seen = {entry.name for entry in comparison.allowed if entry.count}
    assert seen == PREDICTED | {NOT_ABOUT_CLIENTS}
    assert (comparison.incomplete, comparison.unsendable, comparison.exit_code) == ("", 0, 0)
    assert comparison.pairs.total() >= 400


def test_limits_are_respected(world: Ready) -> None:
    """A product that lets five calls pass in a minute shows no difference: we wait for it."""
    recording = recorded(world, Plan(Profile.CI, only=FEW))
    comparison = compared(recording, gated(world, "starter"), read_allowed(HOWTO))
    assert comparison.found == {}
    assert {entry.name for entry in comparison.allowed if entry.count} == {NOT_ABOUT_CLIENTS}
    assert comparison.pairs.total() == len(list(recording.exchanges)) > 5


def test_limits_are_shown(world: Ready) -> None:
    """Who wants to see them sees the calls that the gateway refuses, with its log."""
    recording = recorded(world, Plan(Profile.CI, only=FEW))
    shown = compared(recording, gated(world, "starter"), [], obeys_limits=False)
    found = shown.found[("execute", "refusal", "200 to 429", "changed"), Verdict.GATEWAY_REFUSED]
    assert found.difference.candidate.startswith("429 Rate limit is exceeded. Try again in ")
    assert found.log_row is not None
    assert found.log_row["responseCode"] == 429
    assert found.log_row["backendResponseCode"] is None
    allowed = compared(recording, gated(world, "starter"), read_allowed(HOWTO), obeys_limits=False)
    assert allowed.found == {}
    assert LIMITS in {entry.name for entry in allowed.allowed if entry.count}

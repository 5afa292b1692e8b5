"""What do the tests of the reports tell? A comparison with something of each kind, made up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from contracts.comparison.allowed import Allowed
from contracts.comparison.compare import Comparison, compare, learn_noise
from contracts.comparison.options import Options
from contracts.comparison.reporting.content import content
from contracts.exchange import Reply, Request
from contracts.reporting.masking import Masking
from contracts.run import Plan
from tests.contracts.comparison.made import (
    JSON,
    KEY,
    exchange,
    gateway,
    recording,
    reply,
    side,
    target,
)

GOOD = {"Results": {"output1": ["<b>x</b>", KEY]}, "id": 0}
REFUSAL = {"statusCode": 404, "message": "Resource not found"}
ALLOWED: tuple[dict[str, Any], ...] = (
    {"name": "it may be", "reason": "so it is", "source": "somewhere", "part": "header"},
    {"name": "predicted", "reason": "r", "source": "s", "part": "transport", "expected": True},
)


def made() -> Comparison:
    """Compare three operations: one is refused, one is altered, one is the same."""
    numbers = iter(range(1000))
    steps = (
        *(exchange(reply(GOOD, 200, JSON)) for _ in range(8)),
        exchange(reply({}, 200, JSON), "submit_job", "/jobs"),
        exchange(reply({"StatusCode": "Finished"}), "get_job_status", "/jobs/1", "GET", b""),
    )
    noisy = side(lambda _: reply({**GOOD, "id": next(numbers)}, 200, JSON), target(), "secondary")

    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return reply({"StatusCode": "Finished"}, 200, ("Via", "1.1 x"))
        if request.target.endswith("/jobs"):
            return reply(REFUSAL, 404)
        return reply({"Results": {"output1": ["<i>", KEY]}, "id": next(numbers)}, 200, JSON)

    recorded = recording(*steps)
    noise = learn_noise(recorded, noisy)
    entries = [Allowed(**entry) for entry in ALLOWED]
    return compare(replace(recorded, noise=noise), None, side(answer), entries)


def options(**more: Any) -> Options:
    """Return the options of that comparison."""
    return Options(target(), gateway(), target(), Plan(), **more)


def told() -> dict[str, Any]:
    """Return what every report tells of it."""
    chosen = options(reports={"html": Path("x")})
    return content(made(), chosen, Masking(*chosen.targets))

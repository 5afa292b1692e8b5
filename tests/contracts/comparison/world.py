"""What is compared in these tests: a service, and itself behind a proxy that has a mistake?"""

import hashlib
from dataclasses import dataclass, replace

from contracts.comparison.compare import Comparison, compare, learn_noise
from contracts.comparison.recording import Recording, record
from contracts.comparison.replay import opened
from contracts.profiles import Profile
from contracts.run import Plan
from contracts.target import SUBSCRIPTION_KEY, Target
from tests.contracts.comparison.passing_proxy import (
    Behaviour,
    Memory,
    Message,
    PassingProxy,
    Send,
)

CHECKS = (
    "probes",
    "howto_request_is_scored",
    "result_opens_with_its_token",
    "job_starts_once",
    "missing_column_is_refused",
    "cancelled_job_stays_cancelled",
)
"""Enough to bring every mistake up; a full run is compared elsewhere."""


@dataclass(frozen=True)
class World:
    """A service, a proxy in front of it, and what was recorded of the service alone."""

    recording: Recording
    candidate: Target
    front: PassingProxy

    def compared(self, behaviour: Behaviour) -> Comparison:
        """Compare the service with itself behind a proxy that has a mistake."""
        with (
            self.front.behaving(behaviour),
            opened("candidate", self.candidate, needs_storage=True) as side,
        ):
            return compare(self.recording, None, side, [])


def recorded(primary: Target, *only: str) -> Recording:
    """Record some checks and learn the noise, once for all mistakes."""
    recording = record(primary, Plan(Profile.CI, only=only))
    assert recording.incomplete == ""
    with opened("secondary", primary, needs_storage=True) as side:
        return replace(recording, noise=learn_noise(recording, side))


async def echo(call: Message, send: Send, _: Memory) -> Message:
    """Answer as the service does, and repeat the request in headers; be busy for cookies."""
    reply = await send(call)
    if call.header("Cookie"):
        reply = reply.with_status(503).with_header("Retry-After", "7")
    received = [("X-Received-Target", call.target.partition("/services/")[2])]
    received += [
        (f"X-Received-{name}", value)
        for name, value in call.headers
        if name.lower() not in {"host", "content-length", "x-probe-large"} and len(value) < 500
    ]
    received.append(("X-Received-Body", hashlib.sha256(call.body).hexdigest()[:16]))
    return replace(reply, headers=(*reply.headers, *received))


def without_key(behaviour: Behaviour) -> Behaviour:
    """Take the gateway's own key out behind a mistake, as a policy should."""

    async def behave(call: Message, send: Send, memory: Memory) -> Message | bytes | None:
        async def send_less(call: Message) -> Message:
            return await send(call.with_header(SUBSCRIPTION_KEY, None))

        return await behaviour(call, send_less, memory)

    return behave

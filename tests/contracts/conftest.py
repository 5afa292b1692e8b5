"""What do the tests of the judge share: an emulator as a target, directly and through a gateway."""

from collections.abc import Iterator

import pytest

from contracts.target import Target
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready


@pytest.fixture(scope="module")
def world() -> Iterator[Ready]:
    """Run the how-to's world; its jobs are scored before a poll says how far they are."""
    with running_emulator(poll_wait_seconds=60) as ready:
        yield ready


@pytest.fixture
def target(world: Ready) -> Target:
    """Return the emulator itself as a target."""
    return direct(world)


@pytest.fixture
def through(world: Ready) -> Target:
    """Return the emulator behind its gateway as a target."""
    return gated(world)


def direct(ready: Ready) -> Target:
    """Return the services surface as a target."""
    services = ready["services"]
    return Target(
        url=services["url"],
        workspace=services["workspace"],
        service=services["service"],
        api_key=services["primary_key"],
        storage=ready["storage"]["connection_string"],
        admin_url=ready["admin"]["url"],
    )


def gated(ready: Ready, subscription: str = "unlimited") -> Target:
    """Return the gateway as a target, with the key of a subscription."""
    services, gateway = ready["services"], ready["gateway"]
    return Target(
        url=gateway["url"],
        prefix="/azureml-demo",
        workspace=services["workspace"],
        service=services["service"],
        api_key=services["primary_key"],
        subscription_key=gateway["subscriptions"][subscription]["primary_key"],
        storage=ready["storage"]["connection_string"],
        admin_url=ready["admin"]["url"],
    )

"""What do all tests share: Hypothesis profiles, a running emulator, the contract."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings

from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready

TOP = Path(__file__).parents[1]

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=150,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("nightly", max_examples=5000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "dev"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that none of them is left over when all others are done."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    """Run the how-to's world on a free port."""
    with running_emulator() as addresses:
        yield addresses


@pytest.fixture
def client(ready: Ready) -> Iterator[httpx.Client]:
    """Return a client that holds the primary key and stands at the demo endpoint."""
    services = ready["services"]
    path = f"/workspaces/{services['workspace']}/services/{services['service']}"
    headers = {"Authorization": f"Bearer {services['primary_key']}"}
    with httpx.Client(base_url=services["url"] + path, headers=headers, trust_env=False) as made:
        yield made

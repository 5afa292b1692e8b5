"""Does the printed command work for any service, with curl and without?"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mockserver.banner import banner, example_call
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from mockserver.workspace.configuration import load_configuration
from mockserver.workspace.model import Published

OWN_MODEL = Path(__file__).parents[2] / "examples" / "own_model" / "mockserver.yaml"


def printed(command: str) -> str:
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("has_curl", [True, False])
def test_the_command_prints_what_was_computed(ready: Ready, has_curl: bool) -> None:
    """Copied to a shell, it prints 1 1 2 2 0 2 0 1."""
    if has_curl and shutil.which("curl") is None:
        pytest.skip("this machine has no curl, so the emulator would print the other command")
    (workspace,) = load_configuration(None).workspaces
    command = example_call(ready, workspace.services[0], has_curl=has_curl)
    assert printed(command) == "1 1 2 2 0 2 0 1"


def test_the_command_fits_another_service() -> None:
    """For an own model it shows the whole row that the model returned."""
    (workspace,) = load_configuration(OWN_MODEL).workspaces
    with running_emulator(OWN_MODEL) as ready:
        command = example_call(ready, workspace.services[0], has_curl=False)
        assert printed(command) == "positive 0.985225968306727"


def test_the_banner_shows_addresses_and_keys(ready: Ready) -> None:
    """Everything that a client must be given stands in it."""
    (workspace,) = load_configuration(None).workspaces
    service = workspace.services[0]
    text = banner(ready, Published(workspace, service, service.endpoints[0]))
    assert all(str(value) in text for value in ready["services"].values())


def test_the_banner_shows_the_gateway_and_its_keys(ready: Ready) -> None:
    """The address of its first API, and the primary key of every active subscription."""
    lines = shown(ready)
    gateway = ready["gateway"]
    assert f"  gateway        {gateway['url']}/azureml-demo" in lines
    for identifier, subscription in gateway["subscriptions"].items():
        assert f"  {f'key {identifier}':14} {subscription['primary_key']}" in lines
        assert subscription["secondary_key"] not in "\n".join(lines)


def test_the_banner_is_silent_about_what_is_not_there(ready: Ready) -> None:
    """Without a gateway there is no line of it; a long id does not move its key."""
    without: Any = {name: value for name, value in ready.items() if name != "gateway"}
    assert not [line for line in shown(without) if "gateway" in line or "key s" in line]
    subscription = ready["gateway"]["subscriptions"]["starter"]
    long: Any = {
        **ready,
        "gateway": {**ready["gateway"], "subscriptions": {"a" * 50: subscription}},
    }
    (line,) = (line for line in shown(long) if "aaa" in line)
    assert line == f"  key {'a' * 10} {subscription['primary_key']}"


def shown(ready: Ready) -> list[str]:
    """Return the lines of the banner for the first endpoint of the how-to."""
    (workspace,) = load_configuration(None).workspaces
    service = workspace.services[0]
    return banner(ready, Published(workspace, service, service.endpoints[0])).splitlines()

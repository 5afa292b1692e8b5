"""Does the printed command work for any service, with curl and without?"""

import shutil
import subprocess
from pathlib import Path

import pytest

from mockserver.banner import banner, example_call
from mockserver.embedded import running_emulator
from mockserver.ready_file import Ready
from mockserver.workspace.configuration import load_configuration

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
    from mockserver.workspace.model import Published

    text = banner(ready, Published(workspace, service, service.endpoints[0]))
    assert all(str(value) in text for value in ready["services"].values())

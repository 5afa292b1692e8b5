"""Does the built wheel work alone, away from the repository?"""

import json
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import httpx
import pytest
import yaml

from mockserver import __version__
from tests.conftest import TOP


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, alone, in a fresh environment; return its `mockserver`."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=TOP,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("mockserver-*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=120,
    )
    # The libraries that it needs come from this environment, which spares the test a download.
    # They stand behind the fresh one's own, and the project's editable install is not among them.
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return environment / "bin" / "mockserver"


@pytest.mark.slow
def test_the_wheel_carries_the_contract(installed: Path, tmp_path: Path) -> None:
    """The command runs from anywhere and prints the contract that it was built with."""

    def output(argument: str) -> str:
        done = subprocess.run(
            [installed, argument], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout

    assert output("--version") == f"mockserver {__version__}\n"
    assert yaml.safe_load(output("openapi")) == yaml.safe_load((TOP / "openapi.yaml").read_text())


@pytest.mark.slow
def test_the_judge_is_in_the_wheel_too(installed: Path, tmp_path: Path) -> None:
    """With its contract, its templates and every check; it says what it lacks."""
    command = installed.with_name("contracts")
    listed = subprocess.run(
        [command, "list"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "job_starts_once" in listed.stdout
    target = ["--workspace", "w", "--service", "s", "--api-key", "k", "--timeout", "2"]
    report = f"html={tmp_path / 'r.html'}"
    done = subprocess.run(
        [command, "check", "http://127.0.0.1:1", *target, "--report", report],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("contracts: could not judge: http://127.0.0.1:1 cannot be")


@pytest.mark.slow
def test_the_wheel_serves(installed: Path, tmp_path: Path) -> None:
    """Installed alone it serves the how-to's world."""
    ready = tmp_path / "ready.json"
    ports = ("--services-port", "0", "--storage-port", "0", "--gateway-port", "0")
    command = [str(installed), "serve", *ports, "--ready-file", str(ready)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                if ready.exists():
                    break
                time.sleep(0.05)
            services = json.loads(ready.read_text())["services"]
            path = f"/workspaces/{services['workspace']}/services/{services['service']}/execute"
            reply = httpx.post(
                services["url"] + path,
                params={"api-version": "2.0"},
                headers={"Authorization": f"Bearer {services['secondary_key']}"},
                json={
                    "Inputs": {
                        "input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}
                    }
                },
                trust_env=False,
            )
            values = reply.json()["Results"]["output1"]["value"]["Values"]
            assert values == [["This is a good day", *"11220201"]]
        finally:
            process.terminate()
    assert process.returncode == 0

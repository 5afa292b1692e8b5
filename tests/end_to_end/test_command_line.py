"""Does the program behave as a user at a shell expects: start, speak, stop, and refuse clearly?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from mockserver import __version__
from mockserver.workspace.configuration import DEMO

TOP = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "mockserver")


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run a command to its end; return exit code, output, errors."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    return done.returncode, done.stdout, done.stderr


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Serve on free ports; yield the process and what its ready file holds."""
    path = folder / "ready.json"
    ports = ("--services-port", "0", "--storage-port", "0", "--gateway-port", "0")
    command = [*COMMAND, "serve", *ports, "--ready-file", str(path), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for _ in range(600):
                if path.exists() or process.poll() is not None:
                    break
                time.sleep(0.05)
            yield process, json.loads(path.read_text())
        finally:
            process.kill()


def test_the_how_to_sample_runs_unchanged(tmp_path: Path) -> None:
    """The how-to's RRS client, as a process of its own, prints 1 1 2 2 0 2 0 1."""
    with serving(tmp_path) as (_, ready):
        client = [sys.executable, str(TOP / "examples" / "rrs_client.py"), ready["services"]["url"]]
        done = subprocess.run(client, capture_output=True, text=True, timeout=60, check=True)
    first, last = done.stdout.splitlines()
    assert json.loads(first.removeprefix("result: "))["Results"]["output1"]["type"] == "table"
    assert last == "1 1 2 2 0 2 0 1"


def test_the_sample_tells_a_refusal(tmp_path: Path) -> None:
    """Against a world without its service the client prints the status and the envelope."""
    config = str(TOP / "examples" / "own_model" / "mockserver.yaml")
    with serving(tmp_path, "--config", config) as (_, ready):
        client = [sys.executable, str(TOP / "examples" / "rrs_client.py"), ready["services"]["url"]]
        done = subprocess.run(client, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("The request failed with status code: 404")
    assert "WorkspaceNotFound" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it with code 0; the banner and one line per request were written."""
    with serving(tmp_path) as (process, ready):
        key = ready["services"]["primary_key"]
        with httpx.Client(trust_env=False) as client:
            reply = client.get(ready["services"]["url"] + "/x?key=" + key[:20])
            process.send_signal(number)
            output, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert ready["pid"] == process.pid
    assert "Try it in another terminal" in output
    (line,) = errors.splitlines()
    assert " GET /x 404 " in line
    assert reply.headers["x-ms-request-id"] in line
    assert key[:20] not in errors


def test_the_log_can_be_json(tmp_path: Path) -> None:
    """With --log-format json each line is an object with the request's id."""
    with serving(tmp_path, "--log-format", "json") as (process, ready):
        httpx.get(ready["services"]["url"], trust_env=False)
        process.terminate()
        _, errors = process.communicate(timeout=20)
    (line,) = map(json.loads, errors.splitlines())
    assert (line["event"], line["status"], line["path"]) == ("request", 404, "/")


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """The line names the address; the exit code is 2; no ready file appears."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ready = tmp_path / "ready.json"
        code, output, errors = run("serve", "--services-port", port, "--ready-file", str(ready))
    assert (code, output) == (2, "")
    assert errors == f"mockserver: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert not ready.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serve", "--config", "none.yaml"), "mockserver: none.yaml: No such file or directory"),
        (("check-config", "none.yaml"), "mockserver: none.yaml: No such file or directory"),
        (
            ("serve", "--data-dir", "no-dir"),
            f"mockserver: --data-dir {Path.cwd()}/no-dir: not a folder",
        ),
        (
            ("serve", "--ready-file", "no-dir/ready.json"),
            f"mockserver: --ready-file {Path.cwd()}/no-dir/ready.json: its folder does not exist",
        ),
        (("serve", "--ready-file", "/"), "mockserver: --ready-file /: it is a folder"),
        (("serve", "--host", "a..b"), "mockserver: cannot listen on a..b:8080: not a host name"),
        (("serve", "--services-port", "70000"), "mockserver: services_port: Input should be less"),
        (("init", "no-dir/mockserver.yaml"), "mockserver: no-dir/mockserver.yaml: No such file"),
        (("serve", "--host", "no.such.host.invalid"), "mockserver: cannot listen on no.such.host"),
    ],
)
def test_what_the_user_must_mend_is_one_line(arguments: tuple[str, ...], told: str) -> None:
    """One line on standard error, exit code 2, no traceback."""
    code, output, errors = run(*arguments)
    assert (code, output) == (2, "")
    assert errors.startswith(told)
    assert errors.count("\n") == 1


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    """A variable counts where no flag is given."""
    code, _, errors = run("serve", environment={"MOCKSERVER_READY_FILE": "no-dir/x"})
    assert code == 2
    assert "no-dir/x" in errors
    with serving(tmp_path, "--data-dir", str(tmp_path)) as (_, ready):
        assert ready["services"]["url"].startswith("http://127.0.0.1:")


def test_a_later_surface_is_announced_as_missing(tmp_path: Path) -> None:
    """A flag of a surface that is not built yet is taken, and told to have no effect."""
    with serving(tmp_path, "--portal-port", "0") as (process, _):
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert errors == "mockserver: the portal is not served yet\n"


def test_what_is_not_kept_is_told(tmp_path: Path) -> None:
    """Jobs in a database outlive a restart, blobs without a folder do not: a line says so."""
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    with serving(tmp_path, "--state-url", url) as (process, _):
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert errors == "mockserver: blobs are not kept; --data-dir keeps both\n"


def test_init_writes_a_world_that_check_config_accepts(tmp_path: Path) -> None:
    """The written file is the commented demo world, valid as it is, and never overwritten."""
    path = tmp_path / "mockserver.yaml"
    assert run("init", str(path))[0] == 0
    assert path.read_text() == DEMO.read_text()
    assert run("check-config", str(path))[1].endswith("1 services, 1 endpoints, no mistake found\n")
    assert run("init", str(path))[0] == 2
    assert run("init", str(path), "--force")[0] == 0


def test_check_config_tells_every_mistake(tmp_path: Path) -> None:
    """One line for each, with file, line and field."""
    path = tmp_path / "mockserver.yaml"
    text = DEMO.read_text().replace("bitsize: 3", "bitsize: 33").replace("kind", "knd")
    path.write_text(text.replace("services_port: 8080", "services_port: x"))
    code, _, errors = run("check-config", str(path))
    assert code == 2
    assert f"mockserver: {path}:8: settings.services_port: " in errors
    assert len(errors.splitlines()) >= 2


def test_version_and_contract_are_printed() -> None:
    """`--version` is one line; `openapi` is the contract."""
    assert run("--version")[1] == f"mockserver {__version__}\n"
    assert yaml.safe_load(run("openapi")[1]) == yaml.safe_load((TOP / "openapi.yaml").read_text())

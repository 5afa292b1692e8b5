"""Does `docs/checking-your-own-service.md` lead to the mistake, and out of it?"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml

from contracts.catalogue import all_checks
from contracts.options import ENVIRONMENT
from tests.conftest import TOP
from tests.end_to_end.server_process import PATIENCE, Server, wait_for

PAGE = (TOP / "docs" / "checking-your-own-service.md").read_text(encoding="utf-8")
PORT = "127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    """Return the page's code blocks of a language, those within lists as well."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command of the page with what is shown below it."""
    for block in blocks("console"):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def is_as_shown(shown: str, printed: str) -> bool:
    """Compare, with any text in the place of a `…` and any lines in the place of one alone."""
    pattern = re.escape(shown).replace("…\\\n", "(.*\n)*").replace("…", ".*")
    return re.fullmatch(pattern, printed) is not None


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Reader:
    """Somebody who follows the page in a folder of their own, with ports that are free here."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self._stack = folder, stack
        self.port = free_port()
        self.environment = {**os.environ, "PYTHONPATH": str(TOP), "COLUMNS": "200"}
        self.emulator: Server | None = None
        self._service: subprocess.Popen[bytes] | None = None
        self.seen: dict[str, int] = {}

    def follow(self, command: str, output: str) -> None:
        """Do what a command says, and see that it prints what is shown."""
        match shlex.split(command):
            case ["pip", *_]:
                return
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.environment[name] = value
            case [".venv/bin/python", "-m", "uvicorn", *_]:
                self.serve()
            case [".venv/bin/mockserver", "serve", *arguments]:
                self.emulate(arguments)
            case [program, *arguments]:
                self.run(program.removeprefix(".venv/bin/"), arguments, output)
            case _:
                pytest.fail(f"an empty command: {command!r}")

    def serve(self) -> None:
        """Start the service, or start it again."""
        if self._service is not None:
            self._service.terminate()
            self._service.wait(PATIENCE)
        command = [sys.executable, "-m", "uvicorn", "replacement_service.service:app"]
        self._service = self._stack.enter_context(
            subprocess.Popen(
                [*command, "--app-dir", "examples", "--port", str(self.port)],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        self._stack.callback(self._service.terminate)
        wait_for(self._listens, "the service listens")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def emulate(self, arguments: list[str]) -> None:
        """Start the emulator, in the place of one that runs; the service works with its storage."""
        if self.emulator is not None:
            self.emulator.stop()
        here = self.folder / f"emulator{len(self.seen)}"
        here.mkdir()
        if "--config" in arguments:
            config = here / "gateway.yaml"
            text = (self.folder / arguments[-1]).read_text(encoding="utf-8")
            config.write_text(text.replace(PORT, f"127.0.0.1:{self.port}"), encoding="utf-8")
            arguments = ["--config", str(config)]
        self.emulator = Server(here, arguments)
        self._stack.callback(self.emulator.end)
        ready = self.emulator.ready()
        self.environment["STORAGE"] = ready["storage"]["connection_string"]
        self.serve()

    def run(self, program: str, arguments: list[str], output: str) -> None:
        """Run a program to its end."""
        known = {PORT: f"127.0.0.1:{self.port}"}
        if self.emulator is not None:
            ready = self.emulator.ready()
            known["UseDevelopmentStorage=true"] = ready["storage"]["connection_string"]
            known["http://127.0.0.1:8081"] = ready["gateway"]["url"]
        start = {"contracts": ["-m", "contracts"], "python": []}[program]
        done = subprocess.run(
            [sys.executable, *start, *(_replaced(argument, known) for argument in arguments)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        printed = done.stdout
        for here, there in known.items():
            printed = printed.replace(there, here)
        assert is_as_shown(output, printed), f"{arguments}\n{printed}{done.stderr}"
        assert done.returncode == ("violated" in output)
        line = printed.partition("\n")[0]
        self.seen[f"{len(self.seen)} {line}"] = done.returncode


def _hurry(jobs: Path) -> None:
    """Let the example's jobs take a tenth of their time: the judge waits for each of them."""
    text = jobs.read_text(encoding="utf-8")
    hurried = re.sub(r"time\.sleep\(0\.(\d)\)", r"time.sleep(0.0\1)", text)
    assert hurried.count("time.sleep(0.0") == 2
    jobs.write_text(hurried, encoding="utf-8")


def _replaced(text: str, known: Mapping[str, str]) -> str:
    for there, here in known.items():
        text = text.replace(there, here)
    return text


@contextmanager
def reading(folder: Path) -> Iterator[Reader]:
    with ExitStack() as stack:
        yield Reader(folder, stack)


@pytest.mark.slow
@pytest.mark.long
def test_the_page_finds_the_mistake_and_mends_it(tmp_path: Path) -> None:
    """Every command prints what is shown: one promise is broken, and after the diff none is."""
    shutil.copytree(TOP / "examples", tmp_path / "examples")
    _hurry(tmp_path / "examples" / "replacement_service" / "jobs.py")
    (change,) = blocks("diff")
    (settings,) = blocks("toml")
    with reading(tmp_path) as reader:
        for test in blocks("python"):
            name = test.partition("\n")[0].removeprefix("# ")
            text = test.replace(PORT, f"127.0.0.1:{reader.port}")
            (tmp_path / name).write_text(text, encoding="utf-8")
        for command, output in commands():
            reader.follow(command, output)
            if "violated" in output:
                assert "cells_are_strings" in output
                subprocess.run(
                    ["git", "apply", "-"], cwd=tmp_path, input=change.encode(), check=True
                )
                reader.serve()
                text = settings.replace(PORT, f"127.0.0.1:{reader.port}")
                (tmp_path / "contracts.toml").write_text(text, encoding="utf-8")
        verdicts = list(reader.seen.values())
        assert verdicts == [1, *[0] * (len(verdicts) - 1)]
        assert len(verdicts) == 6
        reader.run("python", ["-m", "pytest", "-q", "test_emulator.py"], "…\n")


def test_the_workflow_floats_nowhere() -> None:
    """Each action is pinned to a commit, each package to a version, and names what is there."""
    path = TOP / "examples" / "github-actions" / "contracts.yml"
    (job,) = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values()
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert len(used) == 3
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)
    (install,) = [step["run"] for step in job["steps"] if step.get("name") == "Install"]
    packages = shlex.split(install)[2:]
    assert packages
    assert all(re.fullmatch(r"[\w\[\]-]+==[\d.]+", package) for package in packages)
    assert {name for name in job["env"] if name.startswith("CONTRACTS_")} <= set(
        ENVIRONMENT.values()
    )


def test_every_folder_of_checks_is_on_the_page() -> None:
    """Whoever reads the table knows what all of it is about, and nothing else."""
    table = PAGE.split("## What it looks at")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {
        check.group for check in all_checks().values()
    }

"""Is what the README shows true?"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mockserver.embedded import running_emulator
from tests.conftest import TOP
from tests.end_to_end.server_process import served

README = (TOP / "README.md").read_text(encoding="utf-8")


def block(language: str, first_line: str) -> str:
    """Return the README's code block of a language that starts with this line."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    (found,) = [code for code in blocks if code.startswith(first_line)]
    return str(found)


def test_the_own_model_works_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Function and declaration, copied to a folder, are a service."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "sentiment.py").write_text(block("python", "# sentiment.py"))
    (tmp_path / "mockserver.yaml").write_text(block("yaml", "# mockserver.yaml"))
    with running_emulator(tmp_path / "mockserver.yaml") as ready:
        services = ready["services"]
        reply = httpx.post(
            f"{services['url']}/workspaces/{services['workspace']}/services/{services['service']}"
            "/execute?api-version=2.0&format=swagger",
            headers={"Authorization": f"Bearer {services['primary_key']}"},
            json={"Inputs": {"input1": [{"Text": "A good book."}]}},
            trust_env=False,
        )
    assert reply.json() == {
        "Results": {"output1": [{"Scored Labels": "positive", "Scored Probabilities": "0.9"}]}
    }


def test_the_embedded_emulator_works_as_printed() -> None:
    """The lines for tests run as they stand."""
    names: dict[str, object] = {}
    exec(block("python", "from mockserver.embedded"), names)
    assert str(names["url"]).startswith("http://127.0.0.1:")


def test_every_make_target_of_the_readme_exists() -> None:
    """No command is shown that make does not know."""
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(), re.MULTILINE))
    shown = set(re.findall(r"\$ make ([a-z-]+)", README)) | set(
        re.findall(r"`make ([a-z-]+)`", README)
    )
    assert {"run", "test"} <= shown <= targets


def test_the_addresses_of_the_readme_are_the_demo_worlds() -> None:
    """The call that is shown is one that the emulator answers."""
    demo = (TOP / "mockserver" / "workspace" / "demo.yaml").read_text()
    (workspace, service) = re.findall(r"/workspaces/(\w{32})/services/(\w{32})/", README)[0]
    assert workspace in demo
    assert service in demo


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first_line", "count"),
    [
        ("$ .venv/bin/mockserver storage put", 4),
        ("$ .venv/bin/python examples/bes_client.py examples/book-reviews.csv results.csv --t", 1),
    ],
    ids=["straight", "through-the-gateway"],
)
def test_the_batch_job_goes_as_printed(tmp_path: Path, first_line: str, count: int) -> None:
    """Each command prints what is shown below it, with any text in the place of a `…`."""
    (tmp_path / "examples").symlink_to(TOP / "examples")
    shown = block("console", first_line).split("$ .venv/bin/")[1:]
    assert len(shown) == count
    with served(tmp_path) as server:
        server.ready()
        for part in shown:
            command, _, output = part.partition("\n")
            program, *arguments = shlex.split(command)
            start = {"mockserver": ["-m", "mockserver"], "python": []}[program]
            done = subprocess.run(
                [sys.executable, *start, *arguments, "--ready-file", "ready.json"],
                cwd=tmp_path,
                capture_output=True,
                encoding="utf-8",
                timeout=120,
                check=False,
            )
            assert done.returncode == ("--through" in arguments), done.stderr
            pattern = re.escape(output).replace("…\\\n", "(.*\n)*").replace("…", ".*")
            assert re.fullmatch(pattern, done.stdout), f"{command}\n{done.stdout}"
    assert (tmp_path / "results.csv").is_file() == (count > 1)

"""Do the tests that `docs/job-timing.md` shows run as they are printed?"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TOP

pytestmark = pytest.mark.alone

PAGE = (TOP / "docs" / "job-timing.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the page's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    """All Python blocks in one file, beside the YAML block, are a test module that passes."""
    (tmp_path / "test_my_batch_client.py").write_text("\n\n".join(blocks("python")), "utf-8")
    (configuration,) = blocks("yaml")
    (tmp_path / "mockserver.yaml").write_text(configuration, "utf-8")
    shown = sum(block.count("def test_") for block in blocks("python"))
    assert shown >= 8
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{shown} passed" in done.stdout


def test_the_page_names_every_timing_and_ending() -> None:
    """What a script may say is on the page, in the words of the code."""
    from mockserver.jobs.timing import PROFILES
    from mockserver.workspace import job_script

    forms = (
        job_script.PollsTiming,
        job_script.SecondsTiming,
        job_script.Fail,
        job_script.FailAtStart,
    )
    words = {*PROFILES, "hang", "score", *(name for form in forms for name in form.model_fields)}
    assert {word for word in words if word not in PAGE} == set()
